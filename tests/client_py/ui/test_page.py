from __future__ import annotations

from collections.abc import Callable

import pytest

from client_py.core.conversation.notices import ItemAdded, UnreadChanged
from client_py.core.navigation import NoPlace, NoRoom
from client_py.core.notices import Member, MembersChanged, StatusChanged
from client_py.core.server.access_faults import LoginFault
from client_py.core.status_line import Status, StatusLine
from client_py.ui.page import Page
from tests.client_py.ui.view_context import DIRECTLY, World, incoming, open_room, outgoing

Show = Callable[[Page, World], object]

SCREENS: dict[str, Show] = {
    "sign-in": lambda page, _world: page.show_sign_in(),
    "signing-in": lambda page, _world: page.show_signing_in(),
    "auth-error": lambda page, _world: page.show_access_fault(LoginFault.UNREACHABLE),
    "start": lambda page, _world: page.show_start("alice", DIRECTLY),
    "room": lambda page, world: open_room(page, world.asked),
    "no-place": lambda page, _world: page.show_not_found(NoRoom(), "alice"),
    "no-place-to-a-stranger": lambda page, _world: page.show_not_found(NoRoom()),
}


@pytest.mark.parametrize("first", SCREENS)
@pytest.mark.parametrize("second", SCREENS)
def test_page_shows_one_screen_at_a_time(world: World, page: Page, first: str, second: str) -> None:
    """Whichever follows which, the stage holds one screen, and one status at most."""
    for name in (first, second):
        SCREENS[name](page, world)
        stage = world.document.by_id("stage")
        assert len([child for child in stage.children if not isinstance(child, str)]) == 1
        assert len(world.document.html.every(data_testid="status")) <= 1


@pytest.mark.parametrize("name", SCREENS)
def test_page_leaves_no_listener_of_a_screen_behind(world: World, page: Page, name: str) -> None:
    """After any screen, only those of the page and its form live."""
    lasting = world.document.live_listeners
    room = open_room(page, world.asked)
    if name != "room":
        SCREENS[name](page, world)
    page.show_sign_in()
    page.end_room(room)
    assert world.document.live_listeners == lasting


def test_room_leaves_no_listener_of_its_messages_behind(world: World, page: Page) -> None:
    """Messages that listen, folded ones, end with their room."""
    lasting = world.document.live_listeners
    screen = open_room(page, world.asked)
    screen.apply(ItemAdded(incoming("x" * 100_000)))
    screen.apply(ItemAdded(outgoing("y" * 100_000)))
    page.show_sign_in()
    page.end_room(screen)
    assert world.document.live_listeners == lasting


@pytest.mark.parametrize("name", ["sign-in", "room"])
def test_screen_shows_one_status(world: World, page: Page, name: str) -> None:
    """Where a test asks for the status, there is exactly one, and it is seen."""
    SCREENS[name](page, world)
    assert world.document.by_test_id("status").is_shown()


def test_form_as_served_shows_the_status(world: World) -> None:
    """Before Python comes, the page says already that nobody is signed in."""
    assert world.document.by_test_id("status").get("data-state") == "signed-out"


def test_page_names_the_room_in_its_title(world: World, page: Page) -> None:
    """The title follows the screens."""
    open_room(page, world.asked)
    assert world.document.title == "den · P2P Chat"
    page.show_start("alice", DIRECTLY)
    assert world.document.title == "P2P Chat"


def test_draft_outlives_leaving_the_room(world: World, page: Page) -> None:
    """What stands in the composer stands there again after the lobby, or after signing in again."""
    open_room(page, world.asked)
    world.document.by_test_id("composer").type("half a sen")
    page.show_sign_in(LoginFault.EXPIRED)
    open_room(page, world.asked)
    assert world.document.by_test_id("composer").value == "half a sen"


@pytest.mark.parametrize(("room", "username"), [("hall", "alice"), ("den", "bob")])
def test_draft_belongs_to_its_room_and_its_writer(world: World, page: Page, room: str, username: str) -> None:
    """Neither another room nor another person sees it."""
    open_room(page, world.asked)
    world.document.by_test_id("composer").type("half a sen")
    open_room(page, world.asked, room, username)
    assert world.document.by_test_id("composer").value == ""


@pytest.mark.parametrize(("place", "reason"), [(NoRoom(), "1 to 64 characters"), (NoPlace(), "leads nowhere")])
def test_wrong_address_leads_to_the_lobby(world: World, page: Page, place: NoRoom | NoPlace, reason: str) -> None:
    """An address without a room says why, and where to go."""
    page.show_not_found(place, "alice")
    assert reason in world.document.by_id("stage").one(role="alert").text
    button = world.document.html.one(class_="card").one(tag="button")
    assert world.document.focused is button
    button.fire("click")
    assert world.asked.calls == [("open_home",)]


def test_screen_that_was_left_changes_nothing(world: World, page: Page) -> None:
    """A late notice to a room that was left does not show on the screen that followed."""
    room = open_room(page, world.asked)
    page.show_sign_in()
    page.end_room(room)
    room.apply(StatusChanged(StatusLine(Status.CONNECTED)))
    room.apply(MembersChanged((Member("p" * 16, "bob"),)))
    room.apply(UnreadChanged(3))
    room.apply(ItemAdded(incoming("x" * 100_000)))
    assert world.document.by_test_id("status").get("data-state") == "signed-out"
    assert not world.document.has_test_id("peer")
    assert world.document.title == "P2P Chat"


def test_page_knows_who_moves_by_the_keyboard(world: World, page: Page) -> None:
    """The full ring around the composer is for them alone, until the pointer is used again."""
    open_room(page, world.asked)
    root = world.document.root()
    world.document.fire("keydown", key="a")
    assert root.get("data-keyboard") is None
    world.document.fire("keydown", key="Tab")
    assert root.get("data-keyboard") == ""
    world.document.fire("pointerdown")
    assert root.get("data-keyboard") is None
