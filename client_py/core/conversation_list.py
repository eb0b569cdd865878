"""Decides what the list of conversations shows: which there are, in which order, and how each of them stands."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.items import Item, Text
from client_py.core.conversation.notices import (
    DeliveryChanged,
    HistoryCleared,
    HistoryLoaded,
    ItemAdded,
    NewestLoaded,
    TypingChanged,
)
from client_py.core.notices import (
    DraftLoaded,
    MembersChanged,
    Notice,
    ReadingChanged,
    RetentionChanged,
    StatusChanged,
)
from client_py.core.status_line import Status
from protocol.json_text import parse_json_or_none
from protocol.room_names import canonical_room, is_room_name

MAX_CONVERSATIONS = 100
"""How many the list has at most; the one that nothing has happened in for longest goes first."""
MAX_LINE = 160
"""How many characters of a message or of a draft the list keeps: more than fit into a line."""
MAX_UNREAD = 9_999
MAX_SECONDS = 8.64e12
"""A date of JavaScript ends there."""
TICK_SECONDS = 0.001
"""By so much is what is done later at least later."""
MAX_OPEN = 8
"""How many rooms stay connected: each has a WebSocket, and a connection to everyone who is there."""


@dataclass(frozen=True, slots=True)
class LastLine:
    """What was said last in a conversation."""

    item_id: str
    text: str
    """Its beginning, in one line; empty where it is nothing that has words."""
    is_own: bool
    author: str
    at: float
    """When it stands in the transcript, in seconds since the epoch."""
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """One conversation of the list."""

    room: str
    used_at: float = 0.0
    """When the room was entered, or something was said in it, whichever came last; in seconds since the epoch."""
    last: LastLine | None = None
    unread: int = 0
    """How many messages of others came in since the person last looked."""
    read_at: float = 0.0
    """When the person looked last."""
    draft: str = ""
    """The beginning of what is written and not sent."""
    is_archived: bool = False
    is_left: bool = False
    """It is off the list, and remembered for the sake of other tabs, which have it on theirs."""
    placed_at: float = 0.0
    """When it was entered, archived or left last: of two tabs, the later one knows where it belongs."""
    is_forgotten: bool = False
    """Whether all of it is to be deleted from this browser; it was left, and whoever enters it again has changed their
    mind."""
    is_muted: bool = False
    """Whether nothing that is said there is to make itself noticed."""
    muted_at: float = 0.0
    """When it was muted last, or no longer; of two tabs, the later one knows."""
    is_kept: bool = True
    """Whether what was said may be kept beyond the page."""
    is_reading: bool = False
    """Whether the newest message is before the person's eyes."""
    status: Status | None = None
    """How the connection stands, where the room is open."""
    others: tuple[str, ...] = ()
    """Who else is there."""
    typing: tuple[str, ...] = ()
    """Who is writing just now."""

    @property
    def is_somebody_here(self) -> bool:
        """Whether there is a connection to somebody else."""
        return self.status is Status.CONNECTED and bool(self.others)


Rows = Mapping[str, ConversationRow]


def noticed(row: ConversationRow, notice: Notice, own_name: str, now: float) -> ConversationRow:  # noqa: C901 - a table
    """Return how a conversation stands after a notice of its room."""
    match notice:
        case ItemAdded(item):
            return _after_item(row, item, now) if item.is_shown else row
        case HistoryLoaded(items, before="") | NewestLoaded(items) if shown := _last_shown(items):
            return replace(row, last=_line_of(shown)) if row.last is None or _is_later(row.last, shown) else row
        case HistoryCleared(items):
            shown = _last_shown(items)
            return replace(row, last=_line_of(shown) if shown else None, unread=0)
        case DeliveryChanged(item_id, delivery) if row.last is not None and row.last.item_id == item_id:
            return replace(row, last=replace(row.last, delivery=delivery))
        case TypingChanged(usernames):
            return replace(row, typing=usernames)
        case ReadingChanged(reading):
            return (
                replace(row, is_reading=reading, unread=0, read_at=now) if reading else replace(row, is_reading=False)
            )
        case DraftLoaded(text):
            return replace(row, draft=one_line(text))
        case MembersChanged(members):
            return replace(row, others=tuple(dict.fromkeys(m.username for m in members if m.username != own_name)))
        case StatusChanged(line):
            return replace(row, status=line.status)
        case RetentionChanged(keeping):
            return replace(row, is_kept=keeping.kept)
        case _:
            return row


def closed(row: ConversationRow) -> ConversationRow:
    """Return how a conversation stands once its room is not open any more."""
    return _forgotten(row) if row.is_left else replace(row, status=None, others=(), typing=(), is_reading=False)


def entered(row: ConversationRow, now: float) -> ConversationRow:
    """Return how a conversation stands whose room a person goes to."""
    on_list = replace(row, is_archived=False, is_left=False, is_forgotten=False)
    return _placed(replace(on_list, used_at=max(row.used_at, now)), now)


def archived(row: ConversationRow, now: float, *, is_archived: bool) -> ConversationRow:
    """Return how a conversation stands that is put away, or taken out again."""
    return _placed(replace(row, is_archived=is_archived), now)


def muted(row: ConversationRow, now: float, *, is_muted: bool) -> ConversationRow:
    """Return how a conversation stands that makes itself noticed no more, or again."""
    return replace(row, is_muted=is_muted, muted_at=max(now, row.muted_at + TICK_SECONDS))


def left(row: ConversationRow, now: float, *, is_forgotten: bool = False) -> ConversationRow:
    """Return what is remembered of a conversation that is taken off the list; perhaps to be deleted in a while."""
    return _placed(replace(_forgotten(row), is_forgotten=is_forgotten), now)


def deleted(row: ConversationRow) -> ConversationRow:
    """Return what is remembered of a conversation of which this browser has nothing any more."""
    return replace(row, is_forgotten=False)


def to_delete(rows: Rows, before: float) -> list[str]:
    """Return the rooms that are to be deleted, and were so before a moment already."""
    return [row.room for row in rows.values() if row.is_forgotten and row.placed_at <= before]


def unread_in(rows: Iterable[ConversationRow]) -> int:
    """Count what is unread of all that may make itself noticed."""
    return sum(row.unread for row in rows if not (row.is_muted or row.is_archived))


def listed(rows: Rows) -> list[ConversationRow]:
    """Return what the list shows, in its order: what was used last comes first."""
    return [row for row in _in_order(rows.values()) if not row.is_left]


def bounded(rows: Rows) -> dict[str, ConversationRow]:
    """Return the rows without those that are too many; those of rooms that were left go first."""
    return {row.room: row for row in _in_order(rows.values())[:MAX_CONVERSATIONS]}


def merged(ours: Rows, kept: Rows, now: float) -> dict[str, ConversationRow]:
    """Return the rows as this tab and the others have them, which write the same list.

    What another tab has read is read, and what it has heard later stands there. A row that another tab does not know
    stays: it may have written without having heard of it, and a room that was left is known as such.
    """
    rows = dict(ours)
    for room, theirs in kept.items():
        mine = ours.get(room)
        rows[room] = theirs if mine is None else _merge(mine, theirs)
    return bounded({room: _not_ahead(row, now) for room, row in rows.items()})


def _in_order(rows: Iterable[ConversationRow]) -> list[ConversationRow]:
    # What is to be deleted has to be remembered until then.
    return sorted(rows, key=lambda row: (row.is_left, not row.is_forgotten, -row.used_at, row.room))


def _forgotten(row: ConversationRow) -> ConversationRow:
    """Return what is left of a row when its room was left: where it belongs, and nothing that was said."""
    return ConversationRow(
        row.room, used_at=row.used_at, placed_at=row.placed_at, is_left=True, is_forgotten=row.is_forgotten
    )


def _placed(row: ConversationRow, now: float) -> ConversationRow:
    # The clock may have been set back since, and what is done now is later all the same.
    return replace(row, placed_at=max(now, row.placed_at + TICK_SECONDS))


def _not_ahead(row: ConversationRow, now: float) -> ConversationRow:
    """Take dates that are yet to come for now: the clock was wrong then, and they would stand above all others."""
    return replace(
        row,
        used_at=min(row.used_at, now),
        read_at=min(row.read_at, now),
        placed_at=min(row.placed_at, now),
        muted_at=min(row.muted_at, now),
    )


def _merge(mine: ConversationRow, theirs: ConversationRow) -> ConversationRow:
    has_read = theirs.read_at > mine.read_at
    unread = theirs.unread if has_read or mine.status is None else mine.unread
    is_ahead = mine.last is None or (theirs.last is not None and theirs.last.at > mine.last.at)
    last = theirs.last if is_ahead and mine.status is None else mine.last
    # All tabs have to settle the same moment alike.
    place = max(mine, theirs, key=lambda row: (row.placed_at, row.is_left, row.is_archived, not row.is_forgotten))
    sound = max(mine, theirs, key=lambda row: (row.muted_at, row.is_muted))
    if place.is_left and mine.status is None:
        return _forgotten(place)
    return replace(
        mine,
        used_at=max(mine.used_at, theirs.used_at),
        read_at=max(mine.read_at, theirs.read_at),
        unread=unread,
        last=last,
        is_archived=place.is_archived,
        is_left=place.is_left,
        is_forgotten=place.is_forgotten,
        placed_at=place.placed_at,
        is_muted=sound.is_muted,
        muted_at=sound.muted_at,
        draft=theirs.draft if mine.status is None else mine.draft,
    )


def one_line(text: str) -> str:
    """Return the beginning of a text in one line."""
    return " ".join(text[: 4 * MAX_LINE].split())[:MAX_LINE]


def _after_item(row: ConversationRow, item: Item, now: float) -> ConversationRow:
    last = _line_of(item) if row.last is None or _is_later(row.last, item) else row.last
    row = replace(row, last=last, used_at=max(row.used_at, now))
    if row.is_reading or item.from_other_device:
        # It is read as it comes; and who writes elsewhere has seen there what came before. Other tabs have to know.
        return replace(row, unread=0, read_at=max(row.read_at, now))
    is_new = item.direction is Direction.INCOMING
    return replace(row, unread=min(row.unread + is_new, MAX_UNREAD))


def _is_later(last: LastLine, item: Item) -> bool:
    # The order of a transcript is that of coming; of the line, only the time that its author gave it is known here.
    return item.id == last.item_id or item.sent_at >= last.at


def _line_of(item: Item) -> LastLine:
    text = one_line(item.body.text) if isinstance(item.body, Text) else ""
    is_own = item.direction is Direction.OUTGOING
    return LastLine(item.id, text, is_own, item.author, item.sent_at, item.delivery)


def _last_shown(items: Iterable[Item]) -> Item | None:
    return next((item for item in reversed(tuple(items)) if item.is_shown and item.is_readable), None)


# As the browser keeps them


def places(rows: Rows) -> dict[str, tuple[float | bool, ...]]:
    """Return where the conversations belong, by room; tabs that have heard of each other agree about it."""
    # Whether a room was muted that was left, is not remembered; a tab that has it open still knows for a while.
    return {
        room: (row.placed_at, row.is_archived, row.is_left, row.is_forgotten)
        + ((row.muted_at, row.is_muted) if not row.is_left else ())
        for room, row in rows.items()
    }


def format_rows(rows: Rows, *, with_words: bool = True) -> str:
    """Write the list as the browser keeps it; of a conversation that is not to be kept, nothing that was said."""
    written = [_format_row(row, with_words=with_words and row.is_kept) for row in rows.values()]
    return json.dumps(written, ensure_ascii=False, separators=(",", ":"))


def _format_row(row: ConversationRow, *, with_words: bool) -> dict[str, Any]:
    written: dict[str, Any] = {
        "room": row.room,
        "used_at": row.used_at,
        "unread": row.unread,
        "read_at": row.read_at,
        "placed_at": row.placed_at,
        "archived": row.is_archived,
        "left": row.is_left,
        "forget": row.is_forgotten,
        "muted": row.is_muted,
        "muted_at": row.muted_at,
    }
    if row.last and with_words:
        last = row.last
        delivery = last.delivery.label if last.delivery is not None else None
        written["last"] = [last.item_id, last.text, last.is_own, last.author, last.at, delivery]
    if row.draft and with_words:
        written["draft"] = row.draft
    return written


def parse_rows(text: str | None) -> dict[str, ConversationRow]:
    """Read the list as the browser keeps it; what is no row is left out, and what is no list is an empty one."""
    value = parse_json_or_none(text or "[]")
    if not isinstance(value, list):
        return {}
    rows = (_parse_row(each) for each in value[: 2 * MAX_CONVERSATIONS] if isinstance(each, dict))
    return bounded({row.room: row for row in rows if row is not None})


def _parse_row(value: Mapping[str, Any]) -> ConversationRow | None:
    room = value.get("room")
    if not isinstance(room, str) or not is_room_name(room):
        return None
    return ConversationRow(
        canonical_room(room),
        used_at=_moment(value.get("used_at")),
        last=_parse_last(value.get("last")),
        unread=_count(value.get("unread")),
        read_at=_moment(value.get("read_at")),
        draft=one_line(_text(value.get("draft"))),
        placed_at=_moment(value.get("placed_at")),
        is_archived=value.get("archived") is True,
        is_left=value.get("left") is True,
        is_forgotten=value.get("left") is True and value.get("forget") is True,
        is_muted=value.get("muted") is True,
        muted_at=_moment(value.get("muted_at")),
    )


def _parse_last(value: object) -> LastLine | None:
    match value:
        case [str(item_id), str(text), bool(is_own), str(author), int() | float() as at, (str() | None) as label]:
            delivery = next((each for each in Delivery if each.label == label), None)
            return LastLine(item_id[:MAX_LINE], one_line(text), is_own, author[:MAX_LINE], _moment(at), delivery)
        case _:
            return None


def _moment(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return 0.0
    return float(value) if math.isfinite(value) and abs(value) < MAX_SECONDS else 0.0


def _count(value: object) -> int:
    return min(value, MAX_UNREAD) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
