from __future__ import annotations

import pytest

from client_py.core.conversation.faults import HistoryFault
from client_py.core.conversation.history_export import ExportFormat
from client_py.core.conversation.notices import HistoryFailed
from client_py.core.notices import RetentionChanged
from client_py.core.retention import Retention
from client_py.ui.room.room_screen import RoomScreen
from client_py.words.history import HISTORY_FAULTS
from client_py.words.room import ROOM_MENU
from tests.client_py.ui.view_context import World
from tests.fakes.document import FakeElement


@pytest.fixture
def panel(world: World, room: RoomScreen) -> FakeElement:
    """Return the panel that it opens."""
    room.apply(RetentionChanged(Retention(kept=True)))
    return world.document.by_id(world.document.by_test_id("room-menu").get("popovertarget") or "")


def asks(panel: FakeElement) -> bool:
    """Tell whether any question is open."""
    return any(question.is_shown() for question in panel.every(class_="question"))


def test_menu_is_opened_and_closed_by_the_browser(world: World, panel: FakeElement) -> None:
    """Both buttons name the panel."""
    opener = world.document.by_test_id("room-menu")
    closer = panel.one(popovertarget=panel.get("id") or "")
    assert (opener.get("aria-label"), opener.get("aria-haspopup")) == (ROOM_MENU, "dialog")
    assert (closer.get("popovertargetaction"), closer.get("aria-label")) == ("hide", "Close")
    assert (panel.get("popover"), panel.get("role")) == ("", "dialog")


def test_panels_are_apart(world: World, panel: FakeElement) -> None:
    """Menu, search, connection, account and invitation have ids of their own."""
    ids = [each.get("id") for each in world.document.html.all() if each.get("id")]
    assert len(ids) == len(set(ids))
    assert panel.get("id") == "room-panel"


@pytest.mark.parametrize(("handle", "form"), [("export-text", ExportFormat.TEXT), ("export-json", ExportFormat.JSON)])
def test_history_is_exported(world: World, panel: FakeElement, handle: str, form: ExportFormat) -> None:
    """Each button asks for its own form."""
    panel.by_test_id(handle).fire("click")
    assert world.asked.of("export") == [("export", form)]


def test_clearing_asks_first(world: World, panel: FakeElement) -> None:
    """The question says what is forgotten and what is not; without a yes, nothing is."""
    panel.by_test_id("clear-history").fire("click")
    assert not panel.by_test_id("clear-history").is_shown()
    assert world.asked.of("clear_history") == []
    assert "Those that are not delivered yet stay." in panel.text
    panel.by_test_id("confirm-clear").fire("click")
    assert world.asked.of("clear_history") == [("clear_history",)]
    assert world.document.focused is panel.by_test_id("clear-history")


def test_forgetting_asks_first(world: World, panel: FakeElement) -> None:
    """The question says what is lost; without a yes, nothing is."""
    panel.by_test_id("forget").fire("click")
    assert world.asked.of("forget_room") == []
    assert "have not been delivered yet are lost" in panel.text
    panel.by_test_id("confirm-forget").fire("click")
    assert world.asked.of("forget_room") == [("forget_room", "den")]


def test_room_is_muted_and_heard_again(world: World, room: RoomScreen, panel: FakeElement) -> None:
    """The same button offers the other way."""
    button = panel.by_test_id("mute")
    assert button.text == "Mute"
    button.fire("click")
    assert world.document.hidden_popovers[-1] == "room-panel"
    for _ in range(2):
        room.show_muted(muted=True)
    assert button.text == "Unmute"
    button.fire("click")
    assert world.asked.of("set_muted") == [("set_muted", "den", True), ("set_muted", "den", False)]


@pytest.mark.parametrize("fault", HistoryFault)
@pytest.mark.parametrize("handle", ["export-text", "export-json", "clear-history"])
def test_failure_is_told_until_something_else_is_asked(
    room: RoomScreen, panel: FakeElement, handle: str, fault: HistoryFault
) -> None:
    """Who waits for a file, or for messages to go, is told that nothing has come of it."""
    alert = panel.one(role="alert")
    room.apply(HistoryFailed(fault))
    assert alert.text == HISTORY_FAULTS[fault]
    panel.by_test_id(handle).fire("click")
    assert alert.text == ""


def test_failure_does_not_outlast_the_panel(room: RoomScreen, panel: FakeElement) -> None:
    """What failed the last time says nothing of the next."""
    room.apply(HistoryFailed(HistoryFault.NOT_EXPORTED))
    panel.fire("beforetoggle")
    assert panel.one(role="alert").text == ""


@pytest.mark.parametrize("handle", ["clear-history", "keep-history", "forget"])
def test_question_does_not_outlast_the_panel(panel: FakeElement, handle: str) -> None:
    """Who opens the panel again is not one click away from what they did not mean."""
    panel.by_test_id(handle).fire("click")
    assert asks(panel)
    panel.fire("beforetoggle")
    assert not asks(panel)
