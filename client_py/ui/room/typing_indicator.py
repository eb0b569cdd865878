"""Shows who is writing just now, on a line that keeps its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.words.room import typing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from client_py.ports.page import Document
    from client_py.words.phrases import Words


class TypingIndicator:
    """The line between the transcript and the composer."""

    def __init__(self, document: Document, words: Words) -> None:
        self._words = words
        self._text = document.create("span")
        dots = (document.create("i") for _ in range(3))
        self._dots = document.create("span", {"class": "dots", "aria-hidden": "true"}, *dots)
        self.element = document.create("p", {"class": "writing"}, self._dots, self._text)
        self.show(())

    def show(self, usernames: Sequence[str]) -> None:
        """Show these and nobody else."""
        self._text.text = typing(self._words, usernames)
        self._dots.hidden = not usernames
