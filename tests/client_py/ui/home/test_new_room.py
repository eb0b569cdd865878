from __future__ import annotations

import pytest

from client_py.ui.page import Page
from tests.client_py.ui.view_context import DIRECTLY, World
from tests.fakes.document import FakeElement


def form(world: World) -> FakeElement:
    """Return the form."""
    return world.document.by_id("stage").one(tag="form")


def button(world: World, text: str) -> FakeElement:
    """Return the first button of a text."""
    return next(each for each in world.document.html.every(tag="button") if each.text == text)


def test_form_opens_the_room_that_was_named(world: World, page: Page) -> None:
    """The browser is kept from submitting, and the application goes to the room."""
    page.show_start("alice", DIRECTLY)
    world.document.by_test_id("room-name").type("https://chat.example/chat/den")
    assert form(world).fire("submit")
    assert world.asked.calls == [("open_room", "den")]


@pytest.mark.parametrize("name", ["", "two words", "x" * 65, "ümlaut"])
def test_form_says_what_is_wrong_with_a_name(world: World, page: Page, name: str) -> None:
    """A name that no room can have is not gone to, and the sentence goes when the name is mended."""
    page.show_start("alice", DIRECTLY)
    field = world.document.by_test_id("room-name")
    field.type(name)
    form(world).fire("submit")
    assert world.asked.calls == []
    assert "1 to 64 characters" in world.document.by_id("room-fault").text
    field.type("den")
    assert world.document.by_id("room-fault").text == ""


def test_form_says_that_a_link_is_of_another_server(world: World, page: Page) -> None:
    """The room of that name here is another one, where nobody would come."""
    page.show_start("alice", DIRECTLY)
    world.document.by_test_id("room-name").type("https://other.example:8443/chat/den")
    form(world).fire("submit")
    assert world.asked.calls == []
    assert "other.example:8443" in world.document.by_id("room-fault").text


def test_form_makes_a_name_up(world: World, page: Page) -> None:
    """The made-up name stands in the field, to be changed or gone to."""
    page.show_start("alice", DIRECTLY)
    button(world, "Make one up").fire("click")
    assert world.document.by_test_id("room-name").value == "amiable-amber-badger-000"
    form(world).fire("submit")
    assert world.asked.calls == [("open_room", "amiable-amber-badger-000")]


def test_home_says_who_one_is_and_signs_out(world: World, page: Page) -> None:
    """Another tab of the same browser may be someone else."""
    page.show_start("alice", DIRECTLY)
    account = world.document.by_test_id("account")
    assert (account.get("data-name"), account.get("title")) == ("alice", "You are alice")
    world.document.by_test_id("logout").fire("click")
    assert world.asked.calls == [("sign_out",)]


def test_form_takes_the_keyboard_to_the_name(world: World, page: Page) -> None:
    """A name can be typed at once."""
    page.show_start("alice", DIRECTLY)
    assert world.document.focused is world.document.by_test_id("room-name")
