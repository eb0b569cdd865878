"""Shows that messages could not be read, and lets the person have it tried again."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.words.transcript import NOT_LOADED, TRY_AGAIN

if TYPE_CHECKING:
    from collections.abc import Callable

    from client_py.core.conversation.notices import HistoryPart
    from client_py.ports.page import Document
    from client_py.words.phrases import Words


class LoadingFault:
    """A line with a button; `ask` is called for what could not be read, and `resized` when the line comes or goes."""

    def __init__(
        self, document: Document, words: Words, ask: Callable[[HistoryPart], None], resized: Callable[[], None]
    ) -> None:
        self._words = words
        self._ask = ask
        self._resized = resized
        self.part: HistoryPart | None = None
        """What could not be read, as long as that is shown."""
        self._sentence = document.create("p", {"role": "alert"})
        self._again = document.create("button", {"type": "button", "data-testid": "load-again"}, words.say(TRY_AGAIN))
        self.element = document.create(
            "div", {"class": "strip loading-fault", "data-testid": "loading-fault"}, self._sentence, self._again
        )
        self._listeners = ExitStack()
        self._listeners.callback(self._again.on("click", lambda _event: self._try_again()))
        self._write("")

    def show(self, part: HistoryPart) -> None:
        """Show that a part of the conversation could not be read."""
        self.part = part
        self._write(self._words.say(NOT_LOADED[part]))
        self._resized()

    def rest(self) -> None:
        """Show nothing: it is tried again, or not wanted any more."""
        if self.part is not None:
            self.part = None
            self._write("")
            self._resized()

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _try_again(self) -> None:
        if self.part is not None:
            self._ask(self.part)

    def _write(self, sentence: str) -> None:
        # The line itself stays: an alert has to be there before it speaks.
        self._sentence.text = sentence
        self._again.hidden = not sentence
