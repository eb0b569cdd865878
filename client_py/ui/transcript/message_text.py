"""Shows the text of a message with its links; a long one is folded, and unfolded portion by portion."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import islice
from typing import TYPE_CHECKING

from client_py.ui.transcript.hyperlinks import split_links
from client_py.ui.transcript.message_portions import cut_into_portions
from client_py.words.transcript import SHOW_LESS, SHOW_MORE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from client_py.ports.page import Document, DomEvent, Element
    from client_py.ui.transcript.hyperlinks import Part
    from client_py.ui.transcript.message_portions import Portion
    from client_py.words.phrases import Words

FOLDED_FROM = 4_000
"""A message of more characters is folded, so that it does not bury the conversation."""
FOLDED_FROM_LINES = 60
PORTIONS_AT_ONCE = 10
"""How many portions more are shown for each press of the button: a chapter of a book, or 1,000 lines."""


def is_long(text: str) -> bool:
    """Tell whether a message is to be folded."""
    return len(text) > FOLDED_FROM or text.count("\n") > FOLDED_FROM_LINES


def elements_of(document: Document, parts: Iterable[Part]) -> Iterator[Element | str]:
    """Yield what shows these parts."""
    for part in parts:
        if part.is_link:
            attributes = {"href": part.text, "rel": "noopener noreferrer", "target": "_blank"}
            yield document.create("a", attributes, part.text)
        else:
            yield part.text


class LongText:
    """A text of which the browser lays out its first portion, and as many more as a person asks for.

    What is not laid out is there all the same, hidden: `shown` has the whole text at any time.
    """

    def __init__(
        self, document: Document, words: Words, shown: Element, text: str, resized: Callable[[], None]
    ) -> None:
        self._document = document
        self._shown = shown
        self._text = text
        self._resized = resized
        self._rest = document.create("span")
        self._rest.hidden = True
        self._listeners = ExitStack()
        self._more = self._button(words.say(SHOW_MORE), self._show_more)
        self._less = self._button(words.say(SHOW_LESS), self._show_less)
        self._fold()

    @property
    def buttons(self) -> tuple[Element, ...]:
        """What a person unfolds and folds it by."""
        return self._more, self._less

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _button(self, label: str, press: Callable[[], None]) -> Element:
        button = self._document.create("button", {"type": "button", "class": "fold"}, label)

        def pressed(_event: DomEvent) -> None:
            press()
            self._resized()

        self._listeners.callback(button.on("click", pressed))
        return button

    def _fold(self) -> None:
        self._shown.set("data-folded", "")
        self._portions = cut_into_portions(split_links(self._text))
        self._block: Element | None = None
        self._length = 0
        self._shown.replace_children(self._rest)
        self._show(1)
        self._less.hidden = True
        self._more.hidden = False

    def _show_more(self) -> None:
        # Nobody who listens to the messages as they come needs to hear what is only unfolded.
        self._shown.set("aria-live", "off")
        self._shown.set("data-folded", None)
        self._show(PORTIONS_AT_ONCE)
        self._less.hidden = False
        self._more.hidden = self._length == len(self._text)
        if self._more.hidden:
            # A button that is hidden loses the keyboard; who has pressed it goes on reading where the rest begins.
            self._less.focus(scroll=False)

    def _show_less(self) -> None:
        self._fold()
        self._more.focus()

    def _show(self, count: int) -> None:
        for portion in islice(self._portions, count):
            self._add(portion)
        self._rest.text = self._text[self._length :]

    def _add(self, portion: Portion) -> None:
        """Show one more portion: lines of their own are laid out by themselves, and others with those before."""
        if self._block is None:
            self._block = self._document.create("div", {"class": "portion"})
            self._shown.insert_before(self._block, self._rest)
        self._block.append(*elements_of(self._document, portion.parts))
        self._length += portion.length
        if portion.ends_line:
            self._block = None
