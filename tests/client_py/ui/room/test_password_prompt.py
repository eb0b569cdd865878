from __future__ import annotations

import pytest

from client_py.core.server.access_faults import ServerRefused
from client_py.ui.page import Page
from client_py.ui.room.room_screen import RoomScreen
from tests.client_py.ui.view_context import World
from tests.fakes.document import FakeElement


def prompt(world: World) -> FakeElement:
    """Return what asks for the password."""
    return world.document.by_test_id("password-prompt")


def submit(world: World, password: str) -> None:
    """Type a password and press Enter."""
    world.document.by_test_id("password-again").type(password)
    assert prompt(world).one(tag="form").fire("submit")


def test_room_asks_for_no_password_by_itself(world: World, room: RoomScreen) -> None:
    """Nothing of it is to be seen while the login is good."""
    assert prompt(world).hidden
    room.login_renewed()
    assert prompt(world).hidden


def test_password_is_asked_for_over_the_conversation(world: World, room: RoomScreen) -> None:
    """The composer keeps the keyboard and what stands in it, and the person signs in as who they are."""
    composer = world.document.by_test_id("composer")
    composer.type("half a sent")
    composer.focus()
    room.ask_password()
    assert not prompt(world).hidden
    assert "alice" in prompt(world).text
    assert world.document.focused is composer
    submit(world, "secret")
    assert world.asked.of("sign_in") == [("sign_in", "alice", "secret")]
    room.show_signing_in()
    assert world.document.by_test_id("login-again").disabled
    room.login_renewed()
    assert prompt(world).hidden
    assert world.document.by_test_id("password-again").value == ""
    assert composer.value == "half a sent"


def test_password_that_is_wrong_can_be_entered_again(world: World, room: RoomScreen) -> None:
    """The reason is said, and stays while the server is not asked again."""
    room.ask_password()
    submit(world, "wrong")
    room.show_signing_in()
    room.show_access_fault(ServerRefused("invalid_credentials"))
    fault = world.document.by_test_id("login-again-fault")
    assert "wrong" in fault.text
    room.ask_password()
    assert "wrong" in fault.text
    assert not world.document.by_test_id("login-again").disabled
    world.asked.calls.clear()
    submit(world, "")
    assert "enter your password" in fault.text
    assert world.asked.calls == []


@pytest.mark.usefixtures("room")
def test_password_does_not_outlive_the_room(world: World, page: Page) -> None:
    """What was typed and not submitted is gone with the screen."""
    field = world.document.by_test_id("password-again")
    field.type("secret")
    page.dispose()
    assert field.value == ""
