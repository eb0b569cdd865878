"""Shows who is writing just now, in a bubble below the last message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.words.room import typing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from client_py.ports.page import Document
    from client_py.words.phrases import Words


class TypingIndicator:
    """The bubble; `resized` is called when it comes or goes."""

    def __init__(self, document: Document, words: Words, resized: Callable[[], None]) -> None:
        self._words = words
        self._resized = resized
        create = document.create
        self._text = create("span", {"dir": "auto"})
        dots = create("span", {"class": "dots", "aria-hidden": "true"}, *(create("i") for _ in range(3)))
        bubble = create("p", {"class": "bubble"}, dots, self._text)
        # It comes and goes all the time: nobody needs to hear it.
        self.element = create("div", {"class": "writing", "data-testid": "typing", "aria-live": "off"}, bubble)
        self.element.hidden = True

    def show(self, usernames: Sequence[str]) -> None:
        """Show these and nobody else."""
        self._text.text = typing(self._words, usernames)
        if self.element.hidden is bool(usernames):
            self.element.hidden = not usernames
            self._resized()
