"""Shows how things stand with the connection: aloud, in a dot and a word beside the names, and in a strip if amiss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.core.status_line import Connected, Status, StatusLine
from client_py.ui.widgets.icons import icon
from client_py.words.status import status_detail, status_text, way_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from client_py.ports.disposal import Dispose
    from client_py.ports.page import Document, Element
    from client_py.ports.time import Clock
    from client_py.words.phrases import Words

ENTERING = StatusLine(Status.CONNECTING)
"""What stands there until the room tells its first state."""
PATIENCE_SECONDS = 3.0
"""What is over sooner is not worth a strip that comes and goes."""

PRESENCE = {
    Status.CONNECTED: "here",
    Status.WAITING: "away",
    Status.CONNECTING: "coming",
    Status.RECONNECTING: "coming",
    Status.FULL: "away",
}
"""The dot of each state; it is a square for all others."""
LEVELS = {
    Status.CONNECTED: "calm",
    Status.CONNECTING: "busy",
    Status.RECONNECTING: "busy",
    Status.OFFLINE: "warn",
    Status.FULL: "warn",
}
"""How a strip speaks of each state; of all others as of what needs a person."""
SIGNS = {"calm": "people", "busy": "spin", "warn": "offline", "bad": "warning"}
QUIET = (Status.WAITING, Status.FULL)
"""What the page says elsewhere: below the messages, or in their place."""


class StatusView:
    """The parts that show the state; `resized` is called when the strip comes or goes."""

    def __init__(self, document: Document, words: Words, clock: Clock, resized: Callable[[], None]) -> None:
        self._document = document
        self._words = words
        self._clock = clock
        self._resized = resized
        self._line = ENTERING
        self._kept = True
        self._forget: Dispose = lambda: None
        create = document.create
        self.aloud = create("p", {"class": "unseen", "data-testid": "status", "role": "status"})
        self.dot = create("i", {"class": "dot", "aria-hidden": "true"})
        self.way = create("span", {"class": "way cut", "aria-hidden": "true"})
        self.sentence = create("p")
        """Says the same in a panel, for anyone who asks how one is connected."""
        self._sign = create("span", {"class": "sign"})
        self._detail = create("p", {"data-testid": "status-detail", "aria-live": "polite"})
        self.strip = create("div", {"class": "strip", "data-quiet": ""}, self._sign, self._detail)
        self.show(ENTERING)

    def show(self, line: StatusLine) -> None:
        """Show a state; what has not changed is not written again, lest it be read out again."""
        was_amiss, self._line = self._is_amiss, line
        self.aloud.set("data-state", line.status)
        self.dot.set("data-presence", PRESENCE.get(line.status, "trouble"))
        self._detail.set("data-cause", line.cause)
        for element, text in (
            (self.aloud, status_text(self._words, line)),
            (self.way, way_text(self._words, line)),
            (self._detail, detail := status_detail(self._words, line, kept=self._kept)),
            (self.sentence, detail),
        ):
            if element.text != text:
                element.text = text
        self._show_level()
        if not self._is_amiss:
            self._forget()
            self._hush(quiet=True)
        elif not was_amiss:
            self._forget = self._clock.call_later(PATIENCE_SECONDS, lambda: self._hush(quiet=False))
        else:
            self._resized()

    def show_keeping(self, *, kept: bool) -> None:
        """Say of what waits whether it outlives the page."""
        self._kept = kept
        self.show(self._line)

    def dispose(self) -> None:
        """Wait for nothing any more."""
        self._forget()

    @property
    def _is_amiss(self) -> bool:
        """Whether there is more to say than the dot and the word do."""
        match self._line:
            case StatusLine(Status.CONNECTED, Connected() as connected):
                return connected.server_away or bool(connected.kept_away or connected.without)
            case StatusLine(Status.CONNECTED):
                return False
            case StatusLine(status):
                return status not in QUIET and self._line != ENTERING

    def _show_level(self) -> None:
        level = LEVELS.get(self._line.status, "bad")
        if level != self.strip.get("data-level"):
            self.strip.set("data-level", level)
            self._sign.replace_children(icon(self._document, SIGNS[level]))

    def _hush(self, *, quiet: bool) -> None:
        if quiet is not (self.strip.get("data-quiet") is not None):
            self.strip.set("data-quiet", "" if quiet else None)
            self._resized()


class WaitingLine:
    """Says below the messages who will get what is written meanwhile."""

    def __init__(self, document: Document, words: Words) -> None:
        self._words = words
        self._kept = True
        self._line = ENTERING
        self.element: Element = document.create("p", {"class": "event", "aria-live": "off"})
        self.element.hidden = True

    def show(self, line: StatusLine) -> None:
        """Follow the connection."""
        self._line = line
        waits = line.status is Status.WAITING
        self.element.text = status_detail(self._words, line, kept=self._kept) if waits else ""
        self.element.hidden = not waits

    def show_keeping(self, *, kept: bool) -> None:
        """Say of what waits whether it outlives the page."""
        self._kept = kept
        self.show(self._line)
