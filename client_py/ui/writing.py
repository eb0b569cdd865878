"""Shows who is writing just now, on a line that keeps its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from client_py.ports import Document


def writing_sentence(usernames: Sequence[str]) -> str:
    """Word who is writing, or say nothing."""
    if len(usernames) > 1:
        return f"{', '.join(usernames[:-1])} and {usernames[-1]} are typing…"
    return f"{usernames[0]} is typing…" if usernames else ""


class WritingLine:
    """The line between the transcript and the composer."""

    def __init__(self, document: Document) -> None:
        self._text = document.create("span")
        dots = (document.create("i") for _ in range(3))
        self._dots = document.create("span", {"class": "dots", "aria-hidden": "true"}, *dots)
        self.element = document.create("p", {"class": "writing"}, self._dots, self._text)
        self.show(())

    def show(self, usernames: Sequence[str]) -> None:
        """Show these and nobody else."""
        self._text.text = writing_sentence(usernames)
        self._dots.hidden = not usernames
