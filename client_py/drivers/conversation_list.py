"""Keeps the list of conversations of whoever is signed in, in localStorage, where every tab writes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from client_py.core.conversation_list import (
    ConversationRow,
    archived,
    bounded,
    closed,
    deleted,
    entered,
    format_rows,
    left,
    listed,
    merged,
    muted,
    noticed,
    one_line,
    parse_rows,
    places,
    to_delete,
)
from client_py.core.notices import Notice, RetentionChanged
from client_py.core.recent_rooms import parse_rooms
from client_py.drivers.retention import wishes_to_keep
from client_py.drivers.timers import Timers
from client_py.ports.storage import Store
from client_py.ports.time import Clock

RECENT_ROOMS_KEY = "p2pchat.rooms"
"""Where releases before 0.2 had the recent rooms in localStorage."""
CONVERSATIONS_KEY = "p2pchat.conversations:"
"""Where the list stands in localStorage, with whose it is after it."""
KEEPING_SECONDS = 0.5
"""Not every change of the list is written down by itself."""


class ConversationList:
    """The rows of one person after the other; `show` is told whenever they change."""

    def __init__(self, store: Store, clock: Clock, show: Callable[[Sequence[ConversationRow]], None]) -> None:
        self._store = store
        self._clock = clock
        self._show = show
        self._timers = Timers(clock)
        self._username = ""
        self._rows: dict[str, ConversationRow] = {}
        self._is_written = True

    def row(self, room: str) -> ConversationRow:
        """Return how a conversation stands, as far as is known."""
        return self._rows.get(room, ConversationRow(room))

    @property
    def listed(self) -> list[ConversationRow]:
        """The conversations that are on the list, in its order."""
        return listed(self._rows)

    def load(self, username: str) -> None:
        """Read this person's list, which the first release had as a list of rooms alone."""
        if self._username == username:
            return
        self._username = username
        recent = parse_rooms(self._store.get(RECENT_ROOMS_KEY))
        rows = {room: ConversationRow(room, used_at=float(number)) for number, room in enumerate(reversed(recent))}
        self._rows = bounded(rows | merged({}, self._kept, self._clock.now()))
        self._show(self.listed)

    def unload(self) -> None:
        """Let go of the list: nobody is signed in any more. A browser that keeps none does not say whose it was."""
        self.write()
        if self._username and not self.listed:
            self._store.remove(CONVERSATIONS_KEY + self._username)
        self._rows, self._username = {}, ""

    def write(self) -> None:
        """Write down what has changed, at once: the page may end."""
        self._timers.stop("write")
        self._is_written = True
        if self._username:
            # A room that is open has heard what the person wishes, and one that is not has to be told by the store.
            with_words = wishes_to_keep(self._store, self._username)
            self._store.put(CONVERSATIONS_KEY + self._username, format_rows(self._rows, with_words=with_words))

    def merge(self, shown: str | None) -> list[str]:
        """Take over what other tabs have written; returns the rooms that were archived or left there.

        The one that is shown here is not among them, and stays on the list.
        """
        if not self._username:
            return []
        kept = self._kept
        self._rows = merged(self._rows, kept, self._clock.now())
        if places(self._rows) != places(kept):
            self._write_soon()  # another tab has written before it heard of ours
        put_away = [room for room, row in self._rows.items() if row.is_left or row.is_archived]
        if shown in put_away:
            self.enter(shown)
        self._show(self.listed)
        return [room for room in put_away if room != shown]

    # What becomes of a conversation

    def enter(self, room: str) -> None:
        """The person goes to a room: it is on the list from now on."""
        self._place(entered(self._rows.get(room, ConversationRow(room)), self._clock.now()))

    def leave(self, room: str, *, forget: bool = False) -> ConversationRow | None:
        """Take a conversation off the list, perhaps to delete all of it; returns it as it was, for `come_back`."""
        row = self._rows.get(room)
        self._place(left(row or ConversationRow(room), self._clock.now(), is_forgotten=forget))
        return None if row is None or row.is_left else closed(row)

    def come_back(self, row: ConversationRow) -> None:
        """Put a conversation on the list again, as it was."""
        self._place(entered(replace(row, placed_at=self._rows.get(row.room, row).placed_at), self._clock.now()))

    def set_archived(self, room: str, archive: bool) -> None:  # noqa: FBT001 - the view's name for a state
        """Put a conversation away, or take it out again, unless it is off the list: another tab may have left it."""
        row = self._rows.get(room)
        if row is not None and not row.is_left:
            self._place(archived(row, self._clock.now(), is_archived=archive))

    def set_muted(self, room: str, mute: bool) -> None:  # noqa: FBT001 - the view's name for a state
        """Have a conversation make itself noticed no more, or again."""
        row = self._rows.get(room)
        if row is not None and not row.is_left:
            self._place(muted(row, self._clock.now(), is_muted=mute))

    def to_delete(self, seconds: float) -> list[str]:
        """Return the rooms that were to be deleted so many seconds ago already, as far as other tabs know too."""
        before = self._clock.now() - seconds
        if not to_delete(self._rows, before):
            return []
        self._rows = merged(self._rows, self._kept, self._clock.now())
        return to_delete(self._rows, before)

    def deleted(self, username: str, room: str) -> None:
        """Note that this browser has nothing of this person's room any more; somebody else may be here by now."""
        if username == self._username and room in self._rows:
            self._place(deleted(self._rows[room]))

    def close(self, room: str) -> None:
        """A room is not open any more."""
        if room in self._rows:
            self._put(closed(self._rows[room]))

    def begin(self, room: str, text: str) -> None:
        """Something is begun in a room, and not sent."""
        if room in self._rows:
            self._put(replace(self._rows[room], draft=one_line(text)))

    def notice(self, room: str, notice: Notice, username: str) -> None:
        """Follow what has changed in a room."""
        if room in self._rows:
            self._put(noticed(self._rows[room], notice, username, self._clock.now()))
        if isinstance(notice, RetentionChanged) and not notice.keeping.kept:
            # Of other rooms, the list keeps nothing either.
            self._rows = {name: replace(row, is_kept=False) for name, row in self._rows.items()}
            self.write()  # at once: what is to be gone is not to be found a second later

    @property
    def _kept(self) -> dict[str, ConversationRow]:
        return parse_rows(self._store.get(CONVERSATIONS_KEY + self._username))

    def _place(self, row: ConversationRow) -> None:
        """Change what belongs to the list, which other tabs hear of at once."""
        self._put(row)
        self.write()

    def _put(self, row: ConversationRow) -> None:
        if self._rows.get(row.room) != row:
            self._rows = bounded(self._rows | {row.room: row})
            self._show(self.listed)
            self._write_soon()

    def _write_soon(self) -> None:
        if self._is_written:  # what goes on and on is written all the same
            self._is_written = False
            self._timers.start("write", KEEPING_SECONDS, self.write)
