"""Keeps what is begun in a room and not sent yet, for as long as messages are kept; for this tab, and for the next."""

from __future__ import annotations

from client_py.core.conversation.database_rows import Place
from client_py.core.drafts import format_drafts, parse_drafts, with_draft
from client_py.core.retention import Retention, RetentionFault
from client_py.drivers.timers import Timers
from client_py.ports.storage import Store
from client_py.ports.time import Clock

PAUSE_SECONDS = 0.5
"""Not every letter is written down."""
WRITE = "write"
DRAFTS_KEY = "p2pchat.drafts:"
"""Where drafts stand in localStorage and sessionStorage, with whose they are after it."""


class DraftStorage:
    """The draft of one room; it has to be told whether anything is to be kept."""

    def __init__(self, place: Place, store: Store, tab: Store, clock: Clock) -> None:
        self._room = place.room
        self._key = DRAFTS_KEY + place.account
        self._stores = (tab, store)
        self._timers = Timers(clock)
        self._unwritten: str | None = None
        self._is_kept = False

    def read(self) -> str:
        """Return what was begun in this tab, or else in this browser; nothing if something has been begun since."""
        if not self._is_kept or self._unwritten is not None:
            return ""
        drafts = (parse_drafts(store.get(self._key)).get(self._room, "") for store in self._stores)
        return next(filter(None, drafts), "")

    def changed(self, text: str) -> None:
        """Another text stands in the composer."""
        is_due = self._unwritten is not None
        self._unwritten = text
        if self._is_kept and not is_due:
            self._timers.start(WRITE, PAUSE_SECONDS, self.write)

    def write(self) -> None:
        """Keep what is begun, now: the page may be about to end."""
        self._timers.stop(WRITE)
        if self._unwritten is None or not self._is_kept:
            return
        for store in self._stores:
            drafts = with_draft(parse_drafts(store.get(self._key)), self._room, self._unwritten)
            store.put(self._key, format_drafts(drafts))
        self._unwritten = None

    def retention_changed(self, keeping: Retention) -> None:
        """Keep what is begun from now on, or nothing; the person who wants nothing kept has all rooms forgotten."""
        self._is_kept = keeping.kept
        if keeping.kept:
            self.write()
        elif keeping.fault in (None, RetentionFault.NOT_REMOVED):
            for store in self._stores:
                store.remove(self._key)

    def close(self) -> None:
        """Keep what is begun, and wait for nothing more."""
        self.write()
        self._timers.stop_all()
