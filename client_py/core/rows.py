"""Decides how what is kept of a room is written down: a row of JSON text under an ordered key for each thing.

    account, room, "message", position, id              the transcript, in the order in which this browser came to it
    account, room, "id",      device, author:id         where in it a message stands that this device has stored
    account, room, "receipt", device, id                how far a message of this device has come, until it is read
    account, room, "mark",    device, account, device   how far this device is with one of another member
    account, room, "device",  device                    the devices that have kept something, with their resume token

What belongs to a device is written by nobody else while that device lives, since it holds a lock of its name.

A row may be spoilt, or come from a release that let anything in. It is read by the bounds of whoever consumes it, and
one that does not keep them takes no other along: a message is shown as one that cannot be shown, and what else cannot
be read is taken for not there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import get_args

from client_py.core.frames import MAX_MESSAGE_BYTES, MAX_MOMENT, HighWaterMark, Moment
from client_py.core.models import Delivery, Direction, Message
from client_py.core.records import Mark, Receipt
from protocol.errors import MalformedMessage
from protocol.fields import USERNAME, ResumeToken, Text
from protocol.json_text import parse_json

Key = tuple[str | int, ...]
Row = tuple[Key, str]

MAX_POSITION = 1_000 * MAX_MOMENT
"""Positions are milliseconds of a clock; IndexedDB and JSON keep them exact."""

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_AUTHOR, _TEXT = USERNAME, Text(MAX_MESSAGE_BYTES)
_MOMENT, _COUNT, _RESUME_TOKEN = (get_args(kind)[1] for kind in (Moment, HighWaterMark, ResumeToken))
_STATES = frozenset(Delivery)


@dataclass(frozen=True, slots=True)
class Place:
    """Whose conversation it is, and in which room."""

    account: str
    room: str

    @property
    def prefix(self) -> Key:
        """All rows of the room."""
        return (self.account, self.room)

    @property
    def messages(self) -> Key:
        """The transcript."""
        return (*self.prefix, "message")

    @property
    def receipts(self) -> Key:
        """The receipts of all devices."""
        return (*self.prefix, "receipt")

    @property
    def devices(self) -> Key:
        """The devices that have kept something here."""
        return (*self.prefix, "device")

    def message(self, position: int, message_id: str) -> Key:
        """One message."""
        return (*self.messages, position, message_id)

    def ids_of(self, device: str) -> Key:
        """The messages that a device has stored."""
        return (*self.prefix, "id", device)

    def receipts_of(self, device: str) -> Key:
        """How far a device's messages have come."""
        return (*self.receipts, device)

    def marks_of(self, device: str) -> Key:
        """How far a device is with the others."""
        return (*self.prefix, "mark", device)

    def device(self, device: str) -> Key:
        """One device."""
        return (*self.devices, device)


def position_of(key: Key) -> int | None:
    """Return where in the transcript a row stands; None if its key is none that `Place.message` makes."""
    match key:
        case (_, _, "message", int(position), str()) if 0 <= position <= MAX_POSITION:
            return position
    return None


def read_position(row: str | None) -> int:
    """Read where a message stands that a device has stored; 0, where none does, if that is not known."""
    position = _value(row or "")
    return position if type(position) is int and 0 <= position <= MAX_POSITION else 0


def message_row(message: Message) -> str:
    """Write a message; how far it has come stands elsewhere."""
    out = message.direction is Direction.OUTGOING
    return _JSON.encode({"from": message.author, "at": message.sent_at, "out": out, "text": message.text})


def read_message(message_id: str, row: str, delivery: Delivery | None = None, *, position: int = 0) -> Message:
    """Read a message; `delivery` is how far it has come if it is one of ours.

    Of a row that cannot be read, there is a message all the same, from when it came to `position`, to stand there.
    """
    match _value(row):
        case {"from": str(author), "at": int() | float() as sent_at, "out": bool(out), "text": str(text)} if (
            _AUTHOR.admits(author) and _MOMENT.admits(sent_at) and _TEXT.admits(text)
        ):
            direction = Direction.OUTGOING if out else Direction.INCOMING
            return Message(message_id, direction, author, text, sent_at, delivery if out else None)
    return Message(message_id, Direction.INCOMING, "", "", position / 1000, readable=False)


def receipt_row(receipt: Receipt) -> str:
    """Write how far a message has come."""
    return _JSON.encode(receipt.owed)


def read_receipt(message_id: str, row: str) -> Receipt | None:
    """Read how far a message has come; None if that cannot be told.

    What was on its way when its page ended waits again.
    """
    owed = _value(row)
    if not isinstance(owed, dict) or not all(map(_is_devices, owed.values())):
        return None
    return Receipt(
        message_id,
        {
            account: {device: _without_channel(Delivery(state)) for device, state in devices.items()}
            for account, devices in owed.items()
        },
    )


def mark_row(mark: Mark) -> str:
    """Write how far we are with a device."""
    return _JSON.encode([mark.heard, mark.received, mark.read, mark.acknowledged])


def read_mark(account: str, device: str, row: str) -> Mark | None:
    """Read how far we are with a device; None if it is no mark, and both are put in step anew then."""
    match _value(row):
        case [int(heard), int(received), int(read), int(acknowledged)] as numbers if all(map(_is_count, numbers)):
            return Mark(account, device, heard, received, read, acknowledged)
    return None


def device_row(used_at: float, resume_token: str | None) -> str:
    """Write when a device was last in use (seconds since the epoch), and what makes it the same peer again."""
    return _JSON.encode([used_at, resume_token])


def read_device(row: str) -> tuple[float, str | None]:
    """Read when a device was last in use, and its resume token.

    What cannot be read was used long ago, and has no token; but the device is there, with all that it has kept.
    """
    match _value(row):
        case [int() | float() as used_at, str() | None as resume_token] if _MOMENT.admits(used_at):
            return used_at, resume_token if resume_token is not None and _RESUME_TOKEN.admits(resume_token) else None
    return 0.0, None


def _value(row: str) -> object:
    """Return the value of a row; None, which no row of ours is, if it is no JSON."""
    try:
        return parse_json(row)
    except MalformedMessage:
        return None


def _is_devices(value: object) -> bool:
    return isinstance(value, dict) and all(type(state) is int and state in _STATES for state in value.values())


def _is_count(value: object) -> bool:
    # What JSON writes as true and false is of a kind of its own, which Python takes for a number.
    return type(value) is int and _COUNT.admits(value)


def _without_channel(delivery: Delivery) -> Delivery:
    return Delivery.QUEUED if delivery is Delivery.SENT else delivery
