from __future__ import annotations

import asyncio
import re

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from client_py.core.notices import StatusChanged
from client_py.core.status_line import Status, StatusLine
from client_py.ui.page import Page
from client_py.ui.room.invite import QUIET_ZONE, path_of
from client_py.words.invite import COPIED, COPY, NOT_COPIED
from tests.client_py.ui.view_context import World, open_room
from tests.fakes.document import FakeElement

LINK = "https://chat.example/chat/den"
MATRICES = st.integers(1, 12).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 1), min_size=n, max_size=n), max_size=12)
)


@pytest.fixture
def invite(world: World, page: Page) -> FakeElement:
    """Return the invite of a room that is on the page."""
    open_room(page, world.asked)
    return world.document.by_test_id("invite")


def panel(invite: FakeElement) -> FakeElement:
    """Return what the invite opens."""
    return invite.one(popover="")


def dark_modules(path: str) -> set[tuple[int, int]]:
    """Read the drawing of a code back, and see that it is made of such strokes only."""
    strokes = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", path)
    assert "".join(f"M{x} {y}h{run}v1h-{back}z" for x, y, run, back in strokes) == path
    assert all(run == back for _, _, run, back in strokes)
    return {(int(x) + step, int(y)) for x, y, run, _ in strokes for step in range(int(run))}


@given(MATRICES)
def test_path_covers_the_dark_modules_and_no_others(matrix: list[list[int]]) -> None:
    """Every dark module is drawn in its place, within the quiet zone."""
    dark = {(x + QUIET_ZONE, y + QUIET_ZONE) for y, row in enumerate(matrix) for x, module in enumerate(row) if module}
    assert dark_modules(path_of(matrix)) == dark


def test_invite_shows_the_link(invite: FakeElement) -> None:
    """The whole address of the room can be read and selected."""
    assert invite.one(class_="link").text == LINK


def test_invite_draws_the_code_when_it_is_opened(invite: FakeElement) -> None:
    """The code is made once, and only for those who look at it."""
    assert invite.every(role="img") == []
    panel(invite).fire("beforetoggle")
    code = invite.one(role="img")
    matrix = segno.make(LINK, error="m", micro=False).matrix
    assert code.one(tag="path").get("d") == path_of(matrix)
    assert code.get("viewBox") == f"0 0 {len(matrix) + 8} {len(matrix) + 8}"
    panel(invite).fire("beforetoggle")
    assert invite.one(role="img") is code


def test_invite_is_opened_and_closed_by_the_browser(invite: FakeElement) -> None:
    """Both buttons name the panel, so that keyboard and Escape work without any listener."""
    opener, closer = invite.every(popovertarget=panel(invite).get("id") or "")
    assert opener.get("aria-label") == "Invite"
    assert (closer.get("popovertargetaction"), closer.get("aria-label")) == ("hide", "Close")


@pytest.mark.parametrize(("works", "words"), [(True, COPIED), (False, NOT_COPIED)])
async def test_copying_says_how_it_went(world: World, invite: FakeElement, *, works: bool, words: str) -> None:
    """The button says for a moment what came of it."""
    world.clipboard.works = works
    button = invite.one(class_="copy")
    assert button.text == COPY
    button.fire("click")
    assert world.clipboard.copied == [LINK], "a browser allows it only within the click"
    await asyncio.sleep(0)
    assert button.text == words
    world.clock.ring()
    assert button.text == COPY


async def test_copying_that_ends_after_the_room_says_nothing(world: World, page: Page, invite: FakeElement) -> None:
    """No timer is started for a screen that is gone."""
    invite.one(class_="copy").fire("click")
    page.dispose()
    await asyncio.sleep(0)
    assert world.clock.waiting == []


async def test_room_that_ends_after_copying_stops_its_timer(world: World, page: Page, invite: FakeElement) -> None:
    """The timer goes with the screen."""
    invite.one(class_="copy").fire("click")
    await asyncio.sleep(0)
    assert len(world.clock.waiting) == 1
    page.dispose()
    assert world.clock.waiting == []


def test_empty_room_shows_the_code_on_demand(world: World, page: Page) -> None:
    """Who waits alone gets the code in place, and the button for it goes."""
    room = open_room(page, world.asked)
    room.apply(StatusChanged(StatusLine(Status.WAITING)))
    alone = world.document.html.one(class_="alone")
    button = next(each for each in alone.every(tag="button") if each.text == "Show a QR code")
    button.fire("click")
    assert alone.one(role="img").is_shown()
    assert not button.is_shown()
