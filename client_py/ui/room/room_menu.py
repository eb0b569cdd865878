"""Shows what can be done with a room: keep its messages or not, export them, delete them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.conversation.history_export import ExportFormat
from client_py.ui.keep_name import build_opener
from client_py.ui.room.retention_switch import RetentionSwitch
from client_py.ui.widgets.confirmation import Confirmation, Question
from client_py.ui.widgets.header_button import build_tool
from client_py.ui.widgets.icons import icon
from client_py.ui.widgets.popover import Popover
from client_py.words.history import (
    CLEAR,
    CLEAR_HISTORY,
    CLEAR_QUESTION,
    EXPORT_JSON,
    EXPORT_TEXT,
    HISTORY_FAULTS,
    export_words,
)
from client_py.words.home import ARCHIVE, FORGET, FORGET_NOW, FORGET_QUESTION, LEAVE, MUTE, UNMUTE
from client_py.words.room import ROOM_MENU, ROOM_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from client_py.core.conversation.faults import HistoryFault
    from client_py.core.retention import Retention
    from client_py.ports.page import DomEvent, Element
    from client_py.ui.actions import PageActions, RoomActions
    from client_py.ui.view_context import ViewContext
    from client_py.words.phrases import Phrase

QUESTION = Question(CLEAR_QUESTION, CLEAR, "confirm-clear")
FORGETTING = Question(FORGET_QUESTION, FORGET_NOW, "confirm-forget")


class RoomMenu:
    """A button in the room's bar that opens all that over the page."""

    def __init__(
        self,
        context: ViewContext,
        room: str,
        actions: RoomActions,
        page_actions: PageActions,
        *,
        is_guest: bool = False,
    ) -> None:
        self._document = document = context.document
        self._words = context.words
        self._actions = actions
        self._listeners = ExitStack()
        self._keeping = RetentionSwitch(document, self._words, actions)
        self._fault = document.create("p", {"class": "fault", "role": "alert"})
        clear = self._button(CLEAR_HISTORY, "clear-history")
        clear.set("class", "danger")
        self._clearing = Confirmation(
            document, self._words, QUESTION, replaced=clear, origin=clear, confirmed=actions.clear_history
        )
        self._mute = self._item("mute", MUTE, "mute", lambda: self._set_muted(room, page_actions))
        self._is_muted = False
        forget = self._item("remove", FORGET, "forget", self._ask_to_forget)
        forget.set("data-danger", "")
        self._forgetting = Confirmation(
            document,
            self._words,
            FORGETTING,
            replaced=forget,
            origin=forget,
            confirmed=lambda: page_actions.forget_room(room),
        )
        archive = self._item("archive", ARCHIVE, "archive", lambda: page_actions.set_archived(room, True))  # noqa: FBT003
        leave = self._item("leave", LEAVE, "leave-room", lambda: page_actions.leave_room(room))
        keep_name = [build_opener(document, self._words)] if is_guest else []
        opener = build_tool(document, "more", self._words.say(ROOM_MENU), {"data-testid": "room-menu"})
        popover = Popover(
            document,
            self._words,
            "room",
            ROOM_SETTINGS,
            opener,
            self._keeping.element,
            document.create(
                "div",
                {"class": "buttons"},
                self._export(EXPORT_TEXT, "export-text", ExportFormat.TEXT),
                self._export(EXPORT_JSON, "export-json", ExportFormat.JSON),
            ),
            self._fault,
            document.create("div", {"class": "items"}, *keep_name, self._mute, archive, leave),
            # What cannot be undone stands last, and apart from what can.
            document.create("div", {"class": "end"}, self._clearing.element, self._forgetting.element),
        )
        self._panel = popover.panel
        self.element: Element = document.create("div", {}, opener, popover.panel)
        for part in (self._keeping, self._clearing, self._forgetting):
            self._listeners.callback(part.dispose)
        self._listeners.callback(clear.on("click", self._ask_to_clear))
        self._listeners.callback(popover.panel.on("beforetoggle", lambda _event: self._rest()))

    def show_fault(self, fault: HistoryFault) -> None:
        """Show what could not be done, until something else is asked for."""
        self._fault.text = self._words.say(HISTORY_FAULTS[fault])

    def show_muted(self, *, muted: bool) -> None:
        """Offer the other way."""
        if muted is not self._is_muted:
            self._is_muted = muted
            label = self._words.say(UNMUTE if muted else MUTE)
            self._mute.replace_children(icon(self._document, "ring" if muted else "mute"), label)

    def show_keeping(self, keeping: Retention) -> None:
        """Show whether messages are kept."""
        self._keeping.show(keeping)

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _item(self, drawing: str, label: Phrase, test_id: str, act: Callable[[], None]) -> Element:
        attributes = {"type": "button", "class": "item", "data-testid": test_id}
        item = self._document.create("button", attributes, icon(self._document, drawing), self._words.say(label))
        self._listeners.callback(item.on("click", lambda _event: act()))
        return item

    def _button(self, label: Phrase, test_id: str) -> Element:
        return self._document.create("button", {"type": "button", "data-testid": test_id}, self._words.say(label))

    def _export(self, label: Phrase, test_id: str, form: ExportFormat) -> Element:
        button = self._button(label, test_id)
        words = export_words(self._words)

        def ask(_event: DomEvent) -> None:
            self._fault.text = ""
            self._actions.export(form, words)

        self._listeners.callback(button.on("click", ask))
        return button

    def _ask_to_clear(self, _event: DomEvent) -> None:
        self._fault.text = ""
        self._clearing.ask()

    def _set_muted(self, room: str, page_actions: PageActions) -> None:
        self._panel.hide_popover()  # what can be taken back is said below it
        page_actions.set_muted(room, not self._is_muted)

    def _ask_to_forget(self) -> None:
        self._fault.text = ""
        self._forgetting.ask()

    def _rest(self) -> None:
        """Leave no question open in a panel that is closed, nor what failed before."""
        self._fault.text = ""
        self._keeping.rest()
        self._clearing.rest()
        self._forgetting.rest()
