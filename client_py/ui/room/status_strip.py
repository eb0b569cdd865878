"""Shows the connection's state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.core.status_line import Status, StatusLine
from client_py.words.status import status_detail, status_text

if TYPE_CHECKING:
    from client_py.ports.page import Document
    from client_py.words.phrases import Words

ENTERING = StatusLine(Status.CONNECTING)
"""What stands there until the room tells its first state."""


class StatusStrip:
    """A pill with the state in words and in colour, and a line on how or why beside it."""

    def __init__(self, document: Document, words: Words) -> None:
        self._words = words
        self._line = ENTERING
        self._kept = True
        self._pill = document.create("p", {"class": "status", "data-testid": "status", "role": "status"})
        self._detail = document.create("p", {"class": "detail", "data-testid": "status-detail", "aria-live": "polite"})
        self.element = document.create("div", {"class": "strip"}, self._pill, self._detail)
        self.show(ENTERING)

    def show(self, line: StatusLine) -> None:
        """Show a state; what has not changed is not written again, lest it be read out again."""
        self._line = line
        self.element.set("data-state", line.status)
        self._pill.set("data-state", line.status)
        self._detail.set("data-cause", line.cause)
        for element, text in (
            (self._pill, status_text(self._words, line)),
            (self._detail, status_detail(self._words, line, kept=self._kept)),
        ):
            if element.text != text:
                element.text = text

    def show_keeping(self, *, kept: bool) -> None:
        """Say of what waits whether it outlives the page."""
        self._kept = kept
        self.show(self._line)
