"""Decides what of a room's history answers a search, and how all of it is written into a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from client_py.core.models import Delivery, Direction, ExportFormat, Message

MEDIA_TYPES = {ExportFormat.JSON: "application/json", ExportFormat.TEXT: "text/plain;charset=utf-8"}

UNREADABLE = "This message cannot be shown."
"""Stands where a message was kept, and cannot be read any more: in the transcript, and in a file."""


def search_words(query: str) -> tuple[str, ...]:
    """Give the words that a message has to have, in any order and case."""
    return tuple(query.casefold().split())


def answers(message: Message, words: Sequence[str]) -> bool:
    """Tell whether a message has all the words, each also as a part of a longer one."""
    text = message.text.casefold()
    return all(word in text for word in words)


def file_name(room: str, form: ExportFormat) -> str:
    """Give the name of the file that a room is exported to."""
    return f"p2p-chat-{room}.{form}"


def export(room: str, messages: Iterable[Message], form: ExportFormat) -> str:
    """Write messages, the oldest first, for a program (JSON) or for a person."""
    if form is ExportFormat.JSON:
        return json.dumps({"room": room, "messages": [_record(message) for message in messages]}, indent=2) + "\n"
    return "".join(map(_paragraph, messages))


def _record(message: Message) -> dict[str, object]:
    if not message.readable:
        return {"id": message.id, "fault": UNREADABLE}
    moment = _moment(message)
    record: dict[str, object] = {
        "id": message.id,
        "direction": message.direction.value,
        "author": message.author,
        "sent_at": moment.isoformat() if moment else None,
        "text": message.text,
    }
    if message.direction is Direction.OUTGOING:
        record["delivery"] = (message.delivery or Delivery.QUEUED).label
    return record


def _paragraph(message: Message) -> str:
    moment = _moment(message)
    when = f"[{moment:%Y-%m-%d %H:%M:%S} UTC]" if moment else "[unknown time]"
    if not message.readable:
        return f"{when} {UNREADABLE}\n"
    first, *others = message.text.split("\n")
    head = f"{when} {message.author}: {first}\n"
    return head + "".join(f"    {line}\n" for line in others)


def _moment(message: Message) -> datetime | None:
    """Give when a message was written; None where Python's calendar, which ends with the year 9999, has no such day."""
    try:
        return datetime.fromtimestamp(message.sent_at, UTC)
    except (OverflowError, ValueError, OSError):
        return None
