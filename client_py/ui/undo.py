"""Shows for a while what has just been done, and takes it back on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.words.home import UNDO

if TYPE_CHECKING:
    from collections.abc import Callable

    from client_py.ports.disposal import Dispose
    from client_py.ui.view_context import ViewContext

SHOWN_SECONDS = 10.0


class UndoOffer:
    """One line with a button; what comes next takes its place."""

    def __init__(self, context: ViewContext) -> None:
        create = context.document.create
        self._clock = context.clock
        self._undo: Callable[[], None] = lambda: None
        self._forget: Dispose = lambda: None
        self._sentence = create("p", {"role": "status"})
        self._button = create("button", {"type": "button", "data-testid": "undo"}, context.words.say(UNDO))
        self.element = create("div", {"class": "undo"}, self._sentence, self._button)
        self.element.hidden = True
        self._stop_listening = self._button.on("click", lambda _event: self._take_back())

    def show(self, sentence: str, undo: Callable[[], None]) -> None:
        """Say what was done, and do this if the person wants it undone."""
        self._undo = undo
        self._button.hidden = False
        self.element.hidden = False
        self._sentence.text = sentence
        self._forget()
        self._forget = self._clock.call_later(SHOWN_SECONDS, self._rest)

    def tell(self, sentence: str) -> None:
        """Say something that there is nothing to undo of."""
        self.show(sentence, lambda: None)
        self._button.hidden = True

    def dispose(self) -> None:
        """Stop listening and waiting."""
        self._forget()
        self._stop_listening()

    def _take_back(self) -> None:
        undo = self._undo
        self._forget()
        self._rest()
        undo()

    def _rest(self) -> None:
        self._undo = lambda: None
        self.element.hidden = True
        self._sentence.text = ""
