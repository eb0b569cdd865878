from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from client_py.core.invitation_links import Invitation
from client_py.core.notices import StatusChanged
from client_py.core.room_links import GuestAccess, LinkState
from client_py.core.status_line import Status, StatusLine
from client_py.ui.page import Page
from client_py.ui.room.invite import QUIET_ZONE, path_of
from client_py.ui.room.room_screen import RoomScreen
from client_py.words.invite import ACCESS, COPIED, COPY, MAKING, NOT_COPIED
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


# What the application says of the link

READY = LinkState(Invitation("s" * 22, "t" * 22), GuestAccess.READY, expires_at=86_400)
SECRET_LINK = f"{LINK}#{'s' * 22}.g{'t' * 22}"


def show(room: RoomScreen, access: GuestAccess, link: str = LINK) -> None:
    """Let the application say how the link stands."""
    room.show_link(link, LinkState(Invitation("s" * 22), access))


@pytest.fixture
def invited(world: World, page: Page) -> RoomScreen:
    """Return a room whose link nobody has asked for yet."""
    room = open_room(page, world.asked)
    show(room, GuestAccess.UNASKED)
    world.asked.calls.clear()
    return room


def card(world: World) -> FakeElement:
    """Return the card over the page; there is another one in an empty room."""
    return world.document.by_test_id("invite")


@pytest.mark.parametrize("access", GuestAccess)
def test_card_says_who_can_come_by_the_link(world: World, invited: RoomScreen, access: GuestAccess) -> None:
    """In a sentence, and as a code for tests."""
    show(invited, access)
    assert card(world).one(data_testid="invite-access").text == world.words.say(ACCESS[access])
    assert card(world).one(data_testid="invite-link").get("data-access") == access


def test_card_says_until_when_and_how_many_have_come(world: World, invited: RoomScreen) -> None:
    """As far as that is known."""
    invited.show_link(SECRET_LINK, READY)
    assert card(world).one(data_testid="invite-until").text == "Good until: Day 1"
    invited.show_link(SECRET_LINK, replace(READY, guests=3, places=8))
    assert card(world).one(data_testid="invite-access").text.endswith("3 of 8 guests have come.")
    assert card(world).one(class_="link").text == SECRET_LINK


async def test_link_is_made_when_it_is_copied(world: World, invited: RoomScreen) -> None:
    """With the part for guests, which the server is asked for then, and copied as soon as it is there."""
    button = card(world).one(class_="copy")
    world.asked.on_ask = lambda: show(invited, GuestAccess.ASKING)
    button.fire("click")
    assert world.asked.calls == [("ask_link", "den")]
    assert (button.text, world.clipboard.copied) == (MAKING, [])
    invited.show_link(SECRET_LINK, READY)
    assert world.clipboard.copied == [SECRET_LINK]
    await asyncio.sleep(0)
    assert button.text == COPIED
    world.clock.ring()


async def test_link_without_guests_is_copied_too(world: World, invited: RoomScreen) -> None:
    """Where the server lets none in, or cannot be asked; a link that is ready costs no question."""
    world.asked.on_ask = lambda: show(invited, GuestAccess.ASKING)
    card(world).one(class_="copy").fire("click")
    show(invited, GuestAccess.OFF)
    invited.show_link(SECRET_LINK, READY)
    card(world).one(class_="copy").fire("click")
    assert world.clipboard.copied == [LINK, SECRET_LINK]
    assert world.asked.calls == [("ask_link", "den")]
    await asyncio.sleep(0)
    world.clock.ring()


def test_code_follows_the_link(world: World, invited: RoomScreen) -> None:
    """Opening the card asks for the part for guests, and counts them; the code is drawn again with it."""
    panel(card(world)).fire("beforetoggle")
    assert world.asked.calls == [("count_link", "den")]
    invited.show_link(SECRET_LINK, READY)
    matrix = segno.make(SECRET_LINK, error="m", micro=False).matrix
    assert card(world).one(class_="code").one(tag="path").get("d") == path_of(matrix)


async def test_link_is_shared_where_the_system_can(world: World, page: Page) -> None:
    """By its own dialog; elsewhere there is no button for it."""
    world.clipboard.can_share = True
    open_room(page, world.asked)
    button = card(world).one(data_testid="share-link")
    assert button.is_shown()
    button.fire("click")
    assert world.clipboard.shared == [("Talk with me in den", LINK)]
    await asyncio.sleep(0)


def test_link_is_renewed_on_demand(world: World, invited: RoomScreen) -> None:
    """The button says what becomes of the old one."""
    del invited
    renew = card(world).one(data_testid="renew-link")
    assert "The old one stops working." in renew.text
    renew.fire("click")
    assert world.asked.calls == [("renew_link", "den")]
    assert not card(world).one(data_testid="share-link").is_shown()
    assert not card(world).one(data_testid="loopback-hint").is_shown()
