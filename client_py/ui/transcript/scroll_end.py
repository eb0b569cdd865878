"""Keeps a scrolling element at its end, until the reader scrolls away from it, and tells when a side runs short."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from client_py.ui.widgets.once_per_frame import OncePerFrame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from client_py.ports.page import Document, Element

SLACK = 48.0
"""CSS pixels from the end that still count as the end: about a line, and what rounding and a bouncing scroll add."""

MARGIN = 16.0
"""CSS pixels above what is brought to the upper edge."""

REACH = 1.5
"""In heights of the element, on either side of what is seen: where the reader may come next."""


class ScrollEnd:
    """Follows the end of an element's content; `changed` is called when the reader leaves the end or comes back.

    `moved` is called whenever the reader may have come nearer to either side.
    """

    def __init__(
        self,
        document: Document,
        element: Element,
        changed: Callable[[], None],
        moved: Callable[[], None] = lambda: None,
    ) -> None:
        self.at_end = True
        self.goes_on = False
        """Whether more follows than what is in the element, so that its end is not the end."""
        self.near_start = False
        self.near_end = True
        self._element = element
        self._changed = changed
        self._moved = moved
        self._top = 0.0
        """Where the end was found last."""
        # Once a frame: to find the end, the page has to be laid out.
        self._following = OncePerFrame(document, self.follow)
        self._listeners = ExitStack()
        self._listeners.callback(self._following.dispose)
        self._listeners.callback(element.on("scroll", lambda _event: self._scrolled()))
        # A phone's keyboard, or a turned phone, takes room from the element without scrolling it.
        self._listeners.callback(document.on("resize", lambda _event: self.keep()))

    def keep(self) -> None:
        """Go to the end again if that is where the reader was; for whatever has changed a height."""
        if self.at_end:
            self.go()

    def go(self) -> None:
        """Go to the end."""
        self._settle(at_end=True)
        self._following.ask()

    def follow(self) -> None:
        """Go to the end now, where the reader is there, with all that has come in."""
        if self.at_end:
            self._element.scroll_top = self._element.scroll_height
            self._top = self._element.scroll_top

    def stand_at(self, part: Element) -> None:
        """Bring a part of the content to the upper edge, as far as what follows it is enough."""
        self._element.scroll_top += part.top - self._element.top - MARGIN
        self.look()

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Keep what the reader looks at where it is, while content comes in or goes above it."""
        top, height = self._element.scroll_top, self._element.scroll_height
        yield
        if self.at_end:
            self.follow()
        else:
            # Set as a whole, not added to: a browser may have moved it by itself by now (CSS Scroll Anchoring).
            self._element.scroll_top = top + self._element.scroll_height - height

    def look(self) -> None:
        """See where the reader is now."""
        element = self._element
        if not element.client_height:
            return  # it is not on the page, where everything is at every end
        top, seen = element.scroll_top, element.client_height
        below = element.scroll_height - top - seen
        self.near_start, self.near_end = top < REACH * seen, below < REACH * seen
        self._settle(at_end=below <= SLACK and not self.goes_on)
        self._moved()

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _scrolled(self) -> None:
        # What came in since the last frame has put the end further off, and the reader has not moved.
        if not (self._following.is_due and self._element.scroll_top >= self._top):
            self.look()

    def _settle(self, *, at_end: bool) -> None:
        if at_end is not self.at_end:
            self.at_end = at_end
            self._changed()
