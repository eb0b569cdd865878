"""Decides what of the conversations makes itself noticed to somebody who looks elsewhere, and when.

What counts is the list, which knows by way of all tabs what is unread: so nothing is told that was seen in another one,
or written by oneself, and what one tab has told, no other tells again. A short wait comes first, in which another tab
may say that somebody reads there, and a burst of messages becomes one notification.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from client_py.core.conversation_list import ConversationRow, LastLine, unread_in
from client_py.core.preferences import Preferences

WAIT_SECONDS = 1.2
"""Until a message makes itself noticed: the list of another tab, which reads it, is written within half a second."""
SOUND_SECONDS = 4.0
"""No sound follows sooner upon another one."""
ALERT_SECONDS = 10.0
"""Within so long, the notification of a room is brought up to date without showing up once more."""


class Permission(StrEnum):
    """Whether the browser lets a page show notifications."""

    GRANTED = "granted"
    DENIED = "denied"
    UNASKED = "default"
    """The person has to be asked, after a click."""
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Announce:
    """Show the notification of a room, in the place of the one that it may have."""

    room: str
    count: int
    """How many messages nobody has seen."""
    last: LastLine | None
    """The last of them; None where the person wants no words of it shown, or there are none."""
    message_id: str
    """Where a click leads; nothing if that is not known."""
    is_alert: bool
    """Whether it shows up again, where it is there already."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take away the notification of a room, which has been looked at."""

    room: str


@dataclass(frozen=True, slots=True)
class PlaySound:
    """Make the soft sound."""


@dataclass(frozen=True, slots=True)
class ShowCount:
    """Show outside of the page how many messages are unread."""

    count: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Call `waited` after a while."""

    seconds: float = WAIT_SECONDS


AttentionEffect = Announce | Withdraw | PlaySound | ShowCount | Wait


@dataclass(slots=True)
class _Told:
    """What the person has been told of one room."""

    unread: int
    """How many of its unread messages they have been told of, or found there when the page was loaded."""
    read_at: float
    """When they had read there last."""
    last_id: str
    """The last message then."""


@dataclass(slots=True)
class Attention:
    """One tab's part in telling its person; of all tabs, one `announces`."""

    _told: dict[str, _Told] | None = None
    """By room; None before the list is known."""
    _announced: dict[str, float] = field(default_factory=dict[str, float])
    """When each room's notification, that may still be shown, showed up last."""
    _is_waiting: bool = False
    _sounded_at: float = float("-inf")
    _count: int = 0

    def list_changed(self, rows: Sequence[ConversationRow], *, announces: bool) -> list[AttentionEffect]:
        """The list is another; what it says first is what the person finds when they come."""
        told = self._told or {}
        is_known = self._told is not None
        self._told = {row.room: self._after(told.get(row.room), row, is_known=is_known) for row in rows}
        effects: list[AttentionEffect] = []
        unread = {row.room for row in rows if row.unread and not row.is_archived}
        for room in [room for room in self._announced if room not in unread]:
            del self._announced[room]
            effects.append(Withdraw(room))
        if (count := unread_in(rows)) != self._count:
            self._count = count
            effects.append(ShowCount(count))
        if not announces:
            self._tell_nothing(rows)
        elif not self._is_waiting and self._untold(rows):
            self._is_waiting = True
            effects.append(Wait())
        return effects

    def waited(
        self, rows: Sequence[ConversationRow], preferences: Preferences, now: float, *, is_shown: bool, in_front: bool
    ) -> list[AttentionEffect]:
        """The wait is over. `in_front`: the person looks at this page, in this tab or in another one.

        `is_shown` says whether the browser lets us show notifications; `now` is in seconds since the epoch.
        """
        self._is_waiting = False
        untold = self._untold(rows)
        self._tell_nothing(rows)
        effects: list[AttentionEffect] = []
        if preferences.notifications and is_shown and not in_front:
            effects += [self._announcement(row, preferences, now) for row in untold]
        if untold and preferences.sound and not 0 <= now - self._sounded_at < SOUND_SECONDS:
            self._sounded_at = now
            effects.append(PlaySound())
        return effects

    def _after(self, told: _Told | None, row: ConversationRow, *, is_known: bool) -> _Told:
        """Return what of a room was told, now that it stands like this."""
        if not is_known or _is_quiet(row):
            return _told_all(row)
        # Somebody has read there, and more has come since. By the time alone, a clock that is set would seem to read.
        is_new = told is None or (row.read_at > told.read_at and _last_id(row) != told.last_id)
        return _Told(0 if is_new or told is None else min(told.unread, row.unread), row.read_at, _last_id(row))

    def _untold(self, rows: Sequence[ConversationRow]) -> list[ConversationRow]:
        assert self._told is not None
        return [row for row in rows if row.unread > self._told[row.room].unread and not _is_quiet(row)]

    def _tell_nothing(self, rows: Sequence[ConversationRow]) -> None:
        """Take for told all that there is: it was, or another tab does it, or nobody is to hear of it later."""
        self._told = {row.room: _told_all(row) for row in rows}

    def _announcement(self, row: ConversationRow, preferences: Preferences, now: float) -> Announce:
        since = now - self._announced.get(row.room, float("-inf"))
        is_alert = not 0 <= since < ALERT_SECONDS
        if is_alert:
            self._announced[row.room] = now
        last = row.last if row.last is not None and not row.last.is_own else None
        message_id = last.item_id if last else ""
        return Announce(row.room, row.unread, last if preferences.notification_text else None, message_id, is_alert)


def _is_quiet(row: ConversationRow) -> bool:
    """Tell whether nothing of a conversation is to make itself noticed now, and nothing of that later."""
    return row.is_muted or row.is_archived or row.is_reading


def _last_id(row: ConversationRow) -> str:
    return row.last.item_id if row.last else ""


def _told_all(row: ConversationRow) -> _Told:
    return _Told(row.unread, row.read_at, _last_id(row))


def is_time_to_ask(preferences: Preferences, permission: Permission, *, was_asked: bool) -> bool:
    """Tell whether to offer notifications to somebody who has just talked, or has several conversations."""
    return preferences.notifications and permission is Permission.UNASKED and not was_asked
