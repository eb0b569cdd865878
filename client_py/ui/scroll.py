"""Keeps a scrolling element at its end, until the reader scrolls away from it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from client_py.ports import Document, Element

SLACK = 48.0
"""CSS pixels from the end that still count as the end: about a line, and what rounding and a bouncing scroll add."""


class ScrollEnd:
    """Follows the end of an element's content; `changed` is called when the reader leaves the end or comes back."""

    def __init__(self, document: Document, element: Element, changed: Callable[[], None]) -> None:
        self.at_end = True
        self._element = element
        self._changed = changed
        self._listeners = ExitStack()
        self._listeners.callback(element.on("scroll", lambda _event: self.look()))
        # A phone's keyboard, or a turned phone, takes room from the element without scrolling it.
        self._listeners.callback(document.on("resize", lambda _event: self.keep()))

    def keep(self) -> None:
        """Go to the end again if that is where the reader was; for whatever has changed a height."""
        if self.at_end:
            self.go()

    def go(self) -> None:
        """Go to the end."""
        self._element.scroll_top = self._element.scroll_height
        self._settle(at_end=True)

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Keep what the reader looks at where it is, while content comes in or goes above it."""
        top, height = self._element.scroll_top, self._element.scroll_height
        yield
        if self.at_end:
            self.go()
        else:
            # Set as a whole, not added to: a browser may have moved it by itself by now (CSS Scroll Anchoring).
            self._element.scroll_top = top + self._element.scroll_height - height

    def look(self) -> None:
        """See where the reader is now."""
        element = self._element
        self._settle(at_end=element.scroll_height - element.scroll_top - element.client_height <= SLACK)

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _settle(self, *, at_end: bool) -> None:
        if at_end is not self.at_end:
            self.at_end = at_end
            self._changed()
