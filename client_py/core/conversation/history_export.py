"""Decides how a room's history is written into a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.items import Item, Text, content_of
from protocol.usernames import isolated


class ExportFormat(StrEnum):
    """What a history can be exported as; the values are file name extensions."""

    JSON = "json"
    TEXT = "txt"


MEDIA_TYPES = {ExportFormat.JSON: "application/json", ExportFormat.TEXT: "text/plain;charset=utf-8"}

UNREADABLE = "unreadable"
"""Says in JSON that a message was kept, and cannot be read any more."""


@dataclass(frozen=True, slots=True)
class ExportWords:
    """What stands in a file for a person where there is nothing else to tell."""

    unreadable: str
    """A message was kept, and cannot be read any more."""
    unknown: str
    """A message is of a kind that this version does not know."""
    unknown_time: str
    """Its clock said what is no moment of a calendar."""
    person: Callable[[str], str] = str
    """Returns what somebody is called who has this name in the conversation."""


def file_name(room: str, form: ExportFormat) -> str:
    """Return the name of the file that a room is exported to."""
    return f"p2p-chat-{room}.{form}"


def export(room: str, items: Iterable[Item], form: ExportFormat, words: ExportWords) -> str:
    """Write items, the oldest first: all of them for a program (JSON), the messages for a person."""
    if form is ExportFormat.JSON:
        return json.dumps({"room": room, "messages": [record_of(item) for item in items]}, indent=2) + "\n"
    return "".join(_paragraph(item, words) for item in items if item.is_shown)


def record_of(item: Item) -> dict[str, object]:
    """Return what a program is told of an item."""
    if not item.is_readable:
        return {"id": item.id, "fault": UNREADABLE}
    moment = _moment(item)
    kind, content = content_of(item.body)
    record: dict[str, object] = {
        "id": item.id,
        "direction": item.direction.value,
        "author": item.author,
        "sent_at": moment.isoformat() if moment else None,
        **({"text": content} if isinstance(item.body, Text) else {"kind": kind, "content": content}),
    }
    if item.is_written_here:
        record["delivery"] = (item.delivery or Delivery.QUEUED).label
    return record


def _paragraph(item: Item, words: ExportWords) -> str:
    moment = _moment(item)
    when = f"[{moment:%Y-%m-%d %H:%M:%S} UTC]" if moment else f"[{words.unknown_time}]"
    if not item.is_readable:
        return f"{when} {words.unreadable}\n"
    first, *others = (item.text if isinstance(item.body, Text) else words.unknown).split("\n")
    head = f"{when} {isolated(words.person(item.author))}: {first}\n"
    return head + "".join(f"    {line}\n" for line in others)


def _moment(item: Item) -> datetime | None:
    """Return when an item was written; None where Python's calendar, which ends with the year 9999, has no such day."""
    try:
        return datetime.fromtimestamp(item.sent_at, UTC)
    except (OverflowError, ValueError, OSError):
        return None
