"""Shows one quiet line above everything that offers something, until it is taken or declined."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from client_py.ports.page import Document
    from client_py.words.phrases import Phrase, Words


@dataclass(frozen=True, slots=True)
class OfferWords:
    """What is offered, and the two answers; `name` begins the handles."""

    name: str
    sentence: Phrase
    yes: Phrase
    no: Phrase


class Offer:
    """The line and its two buttons; `taken` is called within the click, and `resized` when it comes."""

    def __init__(
        self,
        document: Document,
        words: Words,
        offered: OfferWords,
        taken: Callable[[], None],
        resized: Callable[[], None],
    ) -> None:
        create = document.create
        self._said = words.say(offered.sentence)
        self._taken = taken
        self._resized = resized
        self._sentence = create("p", {"role": "status"})
        yes = create(
            "button", {"type": "button", "class": "soft", "data-testid": f"{offered.name}-yes"}, words.say(offered.yes)
        )
        no = create(
            "button", {"type": "button", "class": "bare", "data-testid": f"{offered.name}-no"}, words.say(offered.no)
        )
        self._parts = create("div", {"class": "buttons"}, yes, no)
        self.element = create("div", {"class": "offer", "data-testid": offered.name}, self._sentence, self._parts)
        self.element.hidden = True
        self._listeners = ExitStack()
        self._listeners.callback(yes.on("click", lambda _event: self._take()))
        self._listeners.callback(no.on("click", lambda _event: self.rest()))

    def show(self) -> None:
        """Make the offer."""
        self.element.hidden = False
        self._sentence.text = self._said
        self._resized()

    def rest(self) -> None:
        """Take it back."""
        self.element.hidden = True
        self._sentence.text = ""

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _take(self) -> None:
        self.rest()
        self._taken()
