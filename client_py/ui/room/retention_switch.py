"""Shows whether messages are kept in this browser, and lets the person have it otherwise."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.ui.widgets.confirmation import Confirmation, Question
from client_py.ui.widgets.header_button import build_tool
from client_py.ui.widgets.toggle_switch import build_switch
from client_py.words.page import DISMISS
from client_py.words.retention import KEEP, STOP, STOP_QUESTION, retention_fault, retention_hint

if TYPE_CHECKING:
    from collections.abc import Callable

    from client_py.core.retention import Retention
    from client_py.ports.page import Document, DomEvent
    from client_py.ui.actions import RoomActions
    from client_py.words.phrases import Words

STOP_KEEPING = Question(STOP_QUESTION, STOP, "confirm-stop-keeping")


class RetentionSwitch:
    """A switch with a sentence on what it means; it is not there before it is known how it stands."""

    def __init__(self, document: Document, words: Words, actions: RoomActions) -> None:
        self._words = words
        self._actions = actions
        self._kept = False
        create = document.create
        self._switch = build_switch(document, words.say(KEEP), "keep-history", "keeping-hint")
        self._hint = create("p", {"class": "note", "id": "keeping-hint"})
        self._confirmation = Confirmation(
            document, words, STOP_KEEPING, replaced=self._hint, origin=self._switch, confirmed=self._stop_keeping
        )
        self.element = create("div", {"class": "keeping"}, self._switch, self._confirmation.element)
        self.element.hidden = True
        self._listeners = ExitStack()
        self._listeners.callback(self._confirmation.dispose)
        self._listeners.callback(self._switch.on("click", self._switched))

    def show(self, keeping: Retention) -> None:
        """Show how it stands now."""
        self._kept = keeping.kept
        self._switch.set("aria-checked", "true" if keeping.kept else "false")
        self._switch.disabled = not keeping.changeable
        self._hint.text = retention_hint(self._words, keeping)
        self._confirmation.rest()
        self.element.hidden = False

    def rest(self) -> None:
        """Take back a question that was not answered."""
        self._confirmation.rest()

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _switched(self, _event: DomEvent) -> None:
        if self._kept:
            self._confirmation.ask()
        else:
            self._actions.set_keeping(True)

    def _stop_keeping(self) -> None:
        self._actions.set_keeping(False)


class RetentionFaultLine:
    """A line on what keeps the browser from keeping messages; `resized` is called when it comes or goes."""

    def __init__(self, document: Document, words: Words, resized: Callable[[], None]) -> None:
        self._words = words
        self._resized = resized
        self._told = ""
        self._sentence = document.create("p", {"data-testid": "keeping-fault", "role": "status"})
        self._close = build_tool(document, "close", words.say(DISMISS), {})
        self.element = document.create("div", {"class": "strip"}, self._sentence, self._close)
        self._listeners = ExitStack()
        self._listeners.callback(self._close.on("click", lambda _event: self._write("")))
        self._write("")

    def show(self, keeping: Retention) -> None:
        """Show what is wrong, or that nothing is; what the person has dismissed does not come back by itself."""
        sentence = retention_fault(self._words, keeping)
        if sentence != self._told:
            self._told = sentence
            self._write(sentence)

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _write(self, sentence: str) -> None:
        self._sentence.text = sentence
        self.element.hidden = not sentence
        self._resized()
