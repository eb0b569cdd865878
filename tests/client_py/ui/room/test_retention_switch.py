from __future__ import annotations

import pytest

from client_py.core.notices import RetentionChanged
from client_py.core.retention import Retention, RetentionFault
from client_py.ui.room.room_screen import RoomScreen
from client_py.words.retention import FAULTS, KEPT, NOT_KEPT
from tests.client_py.ui.view_context import World
from tests.fakes.document import FakeElement

FULL = FAULTS[RetentionFault.FULL]


def switch(world: World) -> FakeElement:
    """Return the switch."""
    return world.document.by_test_id("keep-history")


def hint(world: World) -> str:
    """Return what the switch means."""
    return world.document.by_id(switch(world).get("aria-describedby") or "").text


def question(world: World) -> FakeElement:
    """Return what is asked before nothing is kept any more."""
    return world.document.html.one(class_="keeping").one(class_="question")


def fault(world: World) -> FakeElement:
    """Return the line on what is wrong."""
    return world.document.by_test_id("keeping-fault")


def dismissal(world: World) -> FakeElement:
    """Return the button that takes the line away."""
    return next(each for each in world.document.html.every(tag="button") if each.get("aria-label") == "Dismiss")


@pytest.mark.usefixtures("room")
def test_switch_is_not_there_before_it_is_known_how_it_stands(world: World) -> None:
    """It would else say something that may not be true."""
    assert not switch(world).is_shown()


@pytest.mark.parametrize(("kept", "checked", "meaning"), [(True, "true", KEPT), (False, "false", NOT_KEPT)])
def test_switch_says_what_is_kept(world: World, room: RoomScreen, checked: str, meaning: str, *, kept: bool) -> None:
    """To the eye, to screen readers, and in a sentence."""
    room.apply(RetentionChanged(Retention(kept)))
    assert (switch(world).get("role"), switch(world).get("aria-checked")) == ("switch", checked)
    assert (switch(world).is_shown(), switch(world).disabled) == (True, False)
    assert hint(world) == meaning


def test_switch_that_cannot_be_turned_is_disabled(world: World, room: RoomScreen) -> None:
    """And the sentence says why."""
    room.apply(RetentionChanged(Retention(kept=False, changeable=False, fault=RetentionFault.FULL)))
    assert switch(world).disabled
    assert hint(world) == FULL
    room.apply(RetentionChanged(Retention(kept=True)))
    assert not switch(world).disabled


def test_turning_it_on_needs_no_question(world: World, room: RoomScreen) -> None:
    """The switch itself waits until messages are kept."""
    room.apply(RetentionChanged(Retention(kept=False)))
    switch(world).fire("click")
    assert world.asked.of("set_keeping") == [("set_keeping", True)]
    assert switch(world).get("aria-checked") == "false"
    assert not question(world).is_shown()


def test_turning_it_off_asks_first(world: World, room: RoomScreen) -> None:
    """It forgets what is kept of every room, and the question says so."""
    room.apply(RetentionChanged(Retention(kept=True)))
    switch(world).fire("click")
    assert world.asked.of("set_keeping") == []
    assert "all rooms" in question(world).text
    world.document.by_test_id("confirm-stop-keeping").fire("click")
    assert world.asked.of("set_keeping") == [("set_keeping", False)]
    assert world.document.focused is switch(world)
    assert switch(world).get("aria-checked") == "true"


def test_question_goes_when_it_is_answered_elsewhere(world: World, room: RoomScreen) -> None:
    """The same switch stands in other tabs."""
    room.apply(RetentionChanged(Retention(kept=True)))
    switch(world).fire("click")
    assert question(world).is_shown()
    room.apply(RetentionChanged(Retention(kept=False)))
    assert not question(world).is_shown()


def test_fault_is_shown_in_the_room(world: World, room: RoomScreen) -> None:
    """Who does not open the panel hears of it too; where nothing is wrong, nothing is there."""
    room.apply(RetentionChanged(Retention(kept=True)))
    assert (fault(world).text, dismissal(world).is_shown()) == ("", False)
    room.apply(RetentionChanged(Retention(kept=False, fault=RetentionFault.FULL)))
    assert (fault(world).get("role"), fault(world).text) == ("status", FULL)
    assert dismissal(world).is_shown()
    room.apply(RetentionChanged(Retention(kept=True)))
    assert (fault(world).text, dismissal(world).is_shown()) == ("", False)


def test_dismissed_fault_does_not_come_back_by_itself(world: World, room: RoomScreen) -> None:
    """Another fault does, and the same one once it was gone in between."""
    room.apply(RetentionChanged(Retention(kept=False, fault=RetentionFault.FULL)))
    dismissal(world).fire("click")
    assert (fault(world).text, dismissal(world).is_shown()) == ("", False)
    room.apply(RetentionChanged(Retention(kept=False, fault=RetentionFault.FULL)))
    assert fault(world).text == ""
    room.apply(RetentionChanged(Retention(kept=False, fault=RetentionFault.SILENT)))
    assert fault(world).text == FAULTS[RetentionFault.SILENT]
    room.apply(RetentionChanged(Retention(kept=True)))
    room.apply(RetentionChanged(Retention(kept=False, fault=RetentionFault.FULL)))
    assert fault(world).text == FULL


def test_fault_does_not_cover_the_newest_message(world: World, room: RoomScreen) -> None:
    """The transcript stays at its end when the line takes its room, and when it gives it back."""
    log = world.document.by_test_id("transcript")
    log.scroll_height, log.client_height = 1000, 400
    room.apply(RetentionChanged(Retention(kept=False, fault=RetentionFault.FULL)))
    assert log.scroll_top == 600
    log.scroll_height = 1100
    dismissal(world).fire("click")
    assert log.scroll_top == 700
