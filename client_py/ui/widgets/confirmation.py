"""Shows a question in place, before something that cannot be undone."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from client_py.words.page import CANCEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from client_py.ports.page import Document, DomEvent, Element
    from client_py.words.phrases import Phrase, Words


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the button that says yes."""

    sentence: Phrase
    yes: Phrase
    test_id: str


class Confirmation:
    """Takes an element's place while it asks; with the answer, the keyboard goes back to `origin`."""

    def __init__(
        self,
        document: Document,
        words: Words,
        question: Question,
        *,
        replaced: Element,
        origin: Element,
        confirmed: Callable[[], None],
    ) -> None:
        self._replaced = replaced
        self._origin = origin
        self._confirmed = confirmed
        create = document.create
        yes = create(
            "button", {"type": "button", "class": "destroy", "data-testid": question.test_id}, words.say(question.yes)
        )
        self._no = create("button", {"type": "button"}, words.say(CANCEL))
        self._question = create(
            "div",
            {"class": "question", "role": "group", "aria-label": words.say(question.sentence)},
            create("p", {}, words.say(question.sentence)),
            create("div", {"class": "buttons"}, yes, self._no),
        )
        self._question.hidden = True
        self.element = create("div", {"class": "confirmation"}, replaced, self._question)
        self._listeners = ExitStack()
        self._listeners.callback(yes.on("click", self._accepted))
        self._listeners.callback(self._no.on("click", self._refused))

    def ask(self) -> None:
        """Ask."""
        self._show(asking=True)
        self._no.focus()

    def rest(self) -> None:
        """Take the question back, if it is there."""
        self._show(asking=False)

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _accepted(self, event: DomEvent) -> None:
        self._refused(event)
        self._confirmed()

    def _refused(self, _event: DomEvent) -> None:
        self.rest()
        self._origin.focus()

    def _show(self, *, asking: bool) -> None:
        self._question.hidden = not asking
        self._replaced.hidden = asking
