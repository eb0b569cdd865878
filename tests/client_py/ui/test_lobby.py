from __future__ import annotations

import pytest

from client_py.ui.page import Page
from tests.client_py.ui.view_context import DIRECTLY, World
from tests.fakes.document import FakeElement


def form(world: World) -> FakeElement:
    """Return the lobby's form."""
    return world.document.by_id("stage").one(tag="form")


def button(world: World, text: str) -> FakeElement:
    """Return the first button of a text."""
    return next(each for each in world.document.html.every(tag="button") if each.text == text)


def test_lobby_opens_the_room_that_was_named(world: World, page: Page) -> None:
    """The browser is kept from submitting, and the application goes to the room."""
    page.show_lobby("alice", [], DIRECTLY)
    world.document.by_test_id("room-name").type("https://chat.example/chat/den")
    assert form(world).fire("submit")
    assert world.asked.calls == [("open_room", "den")]


@pytest.mark.parametrize("name", ["", "two words", "x" * 65, "ümlaut"])
def test_lobby_says_what_is_wrong_with_a_name(world: World, page: Page, name: str) -> None:
    """A name that no room can have is not gone to, and the sentence goes when the name is mended."""
    page.show_lobby("alice", [], DIRECTLY)
    field = world.document.by_test_id("room-name")
    field.type(name)
    form(world).fire("submit")
    assert world.asked.calls == []
    assert "1 to 64 characters" in world.document.by_id("room-fault").text
    field.type("den")
    assert world.document.by_id("room-fault").text == ""


def test_lobby_says_that_a_link_is_of_another_server(world: World, page: Page) -> None:
    """The room of that name here is another one, where nobody would come."""
    page.show_lobby("alice", [], DIRECTLY)
    world.document.by_test_id("room-name").type("https://other.example:8443/chat/den")
    form(world).fire("submit")
    assert world.asked.calls == []
    assert "other.example:8443" in world.document.by_id("room-fault").text


def test_lobby_makes_a_name_up(world: World, page: Page) -> None:
    """The made-up name stands in the field, to be changed or gone to."""
    page.show_lobby("alice", [], DIRECTLY)
    button(world, "Make one up").fire("click")
    assert world.document.by_test_id("room-name").value == "amiable-amber-badger-000"
    form(world).fire("submit")
    assert world.asked.calls == [("open_room", "amiable-amber-badger-000")]


def test_lobby_greets_and_signs_out(world: World, page: Page) -> None:
    """The lobby says who is signed in, and ends that."""
    page.show_lobby("alice", [], DIRECTLY)
    assert "alice" in world.document.by_id("stage").one(tag="h1").text
    world.document.by_test_id("logout").fire("click")
    assert world.asked.calls == [("sign_out",)]


def test_lobby_takes_the_keyboard_to_the_name(world: World, page: Page) -> None:
    """A name can be typed at once."""
    page.show_lobby("alice", [], DIRECTLY)
    assert world.document.focused is world.document.by_test_id("room-name")


def test_recent_room_is_opened(world: World, page: Page) -> None:
    """The rooms stand in the order that they were given in, and each leads back."""
    page.show_lobby("alice", ["den", "hall"], DIRECTLY)
    rooms = world.document.html.every(class_="recent-room")
    assert [each.get("data-room") for each in rooms] == ["den", "hall"]
    rooms[1].fire("click")
    assert world.asked.calls == [("open_room", "hall")]


def test_recent_room_is_forgotten(world: World, page: Page) -> None:
    """A room that was taken off is gone at once; with the last one goes the heading."""
    page.show_lobby("alice", ["den", "hall"], DIRECTLY)
    recent = world.document.html.one(class_="recent")
    world.document.focused = None
    for room in ("den", "hall"):
        assert recent.is_shown()
        world.document.html.one(aria_label=f"Remove {room} from this list").fire("click")
        assert world.document.html.every(data_room=room) == []
    assert world.asked.calls == [("forget_room", "den"), ("forget_room", "hall")]
    assert not recent.is_shown()
    assert world.document.focused is world.document.by_test_id("room-name")


def test_recent_rooms_are_not_spoken_of_where_there_are_none(world: World, page: Page) -> None:
    """Someone new sees no empty list."""
    page.show_lobby("alice", [], DIRECTLY)
    assert not world.document.html.one(class_="recent").is_shown()


def test_recent_rooms_follow_other_tabs(world: World, page: Page) -> None:
    """A room that another tab has visited is offered here too, and one that it has taken off the list is not."""
    page.show_lobby("alice", ["den", "attic"], DIRECTLY)
    page.show_recent_rooms(["cellar", "den"])
    assert [room.get("data-room") for room in world.document.html.every(class_="recent-room")] == ["cellar", "den"]
    world.document.html.every(class_="recent-room")[0].fire("click")
    assert world.asked.calls == [("open_room", "cellar")]
    page.show_recent_rooms([])
    assert not world.document.html.one(class_="recent").is_shown()


def test_recent_rooms_that_are_shown_already_are_left_alone(world: World, page: Page) -> None:
    """Whatever else another tab has written takes no keyboard from a button of the list."""
    page.show_lobby("alice", ["den"], DIRECTLY)
    button_before = world.document.html.one(class_="recent-room")
    page.show_recent_rooms(["den"])
    assert world.document.html.one(class_="recent-room") is button_before


def test_recent_rooms_are_of_the_lobby(world: World, page: Page) -> None:
    """Where no lobby is shown, there is nothing to follow."""
    page.show_recent_rooms(["den"])
    assert world.document.html.every(class_="recent-room") == []
