from __future__ import annotations

import pytest

from client_py.core.notices import RelayChoiceChanged, StatusChanged
from client_py.core.peer.ice_servers import RelayChoice
from client_py.core.status_line import Cause, Connected, NotConnected, Status, StatusLine
from client_py.ui.page import Page
from client_py.ui.room.room_screen import RoomScreen
from client_py.words.relay import DIRECT, IN_VAIN, NOT_OFFERED, RELAYED
from tests.client_py.ui.view_context import DIRECTLY, World, open_room
from tests.fakes.document import FakeElement

CHOICES = [
    (RelayChoice(only=False), "false", DIRECT, False),
    (RelayChoice(only=False, offered=True), "false", DIRECT, False),
    (RelayChoice(only=True), "true", RELAYED, False),
    (RelayChoice(only=True, offered=True), "true", RELAYED, False),
    (RelayChoice(only=False, offered=False), "false", NOT_OFFERED, True),
    (RelayChoice(only=True, offered=False), "true", IN_VAIN, False),
]


def switch(world: World) -> FakeElement:
    """Return the switch."""
    return world.document.by_test_id("relay-only")


def hint(world: World) -> str:
    """Return what the switch means."""
    return world.document.by_id(switch(world).get("aria-describedby") or "").text


@pytest.mark.usefixtures("room")
def test_switch_is_not_there_before_it_is_known_how_it_stands(world: World) -> None:
    """It would else say something that may not be true."""
    assert not switch(world).is_shown()


@pytest.mark.parametrize(("choice", "checked", "meaning", "disabled"), CHOICES)
def test_room_says_what_is_chosen(
    world: World, room: RoomScreen, choice: RelayChoice, checked: str, meaning: str, *, disabled: bool
) -> None:
    """To the eye, to screen readers, and in a sentence; where there is no relay, it cannot be turned on, only off."""
    room.apply(RelayChoiceChanged(choice))
    assert (switch(world).get("role"), switch(world).get("aria-checked")) == ("switch", checked)
    assert switch(world).disabled is disabled
    assert hint(world) == meaning
    assert world.document.by_test_id("connection").get("popovertarget") == "connection-panel"


@pytest.mark.parametrize(("choice", "checked", "meaning", "disabled"), CHOICES)
def test_lobby_says_what_is_chosen(
    world: World, page: Page, choice: RelayChoice, checked: str, meaning: str, *, disabled: bool
) -> None:
    """People who want to hide choose that before they enter any room; what the server offers may be known later."""
    page.show_start("alice", DIRECTLY)
    assert (switch(world).is_shown(), hint(world)) == (True, DIRECT)
    page.show_relay_choice(choice)
    assert (switch(world).get("aria-checked"), hint(world)) == (checked, meaning)
    assert switch(world).disabled is disabled


def test_switch_asks_for_the_other_choice(world: World, room: RoomScreen) -> None:
    """It stands where it stood until the room says otherwise."""
    room.apply(RelayChoiceChanged(RelayChoice(only=False, offered=True)))
    switch(world).fire("click")
    assert switch(world).get("aria-checked") == "false"
    room.apply(RelayChoiceChanged(RelayChoice(only=True, offered=True)))
    switch(world).fire("click")
    assert world.asked.of("set_relay_only") == [("set_relay_only", True), ("set_relay_only", False)]


def test_choice_that_comes_late_is_shown_nowhere_else(world: World, page: Page) -> None:
    """The server may answer when the lobby has been left."""
    open_room(page, world.asked)
    page.show_relay_choice(RelayChoice(only=True))
    assert not switch(world).is_shown()


def test_status_carries_its_cause(world: World, room: RoomScreen) -> None:
    """A sentence is for people, and its cause for programs."""
    room.apply(StatusChanged(StatusLine(Status.FAILED, NotConnected("bob", Cause.RELAY_REFUSED, relay_only=False))))
    assert world.document.by_test_id("status-detail").get("data-cause") == "relay-refused"
    room.apply(StatusChanged(StatusLine(Status.CONNECTED, Connected("bob", relayed=True))))
    assert world.document.by_test_id("status-detail").get("data-cause") is None
