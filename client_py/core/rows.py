"""Decides how what is kept of a room is written down: a row of JSON text under an ordered key for each thing.

    account, room, "message", position, id              the transcript, in the order in which this browser came to it
    account, room, "id",      device, author:id         where in it a message stands that this device has stored
    account, room, "receipt", device, id                how far a message of this device has come, until it is read
    account, room, "mark",    device, account, device   how far this device is with one of another member
    account, room, "device",  device                    the devices that have kept something, with their resume token

What belongs to a device is written by nobody else while that device lives, since it holds a lock of its name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from client_py.core.models import Delivery, Direction, Message
from client_py.core.records import Mark, Receipt

Key = tuple[str | int, ...]
Row = tuple[Key, str]

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


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


def message_row(message: Message) -> str:
    """Write a message; how far it has come stands elsewhere."""
    out = message.direction is Direction.OUTGOING
    return _JSON.encode({"from": message.author, "at": message.sent_at, "out": out, "text": message.text})


def read_message(message_id: str, row: str, delivery: Delivery | None = None) -> Message:
    """Read a message; `delivery` is how far it has come if it is one of ours."""
    value = json.loads(row)
    direction = Direction.OUTGOING if value["out"] else Direction.INCOMING
    shown = delivery if value["out"] else None
    return Message(message_id, direction, value["from"], value["text"], value["at"], shown)


def receipt_row(receipt: Receipt) -> str:
    """Write how far a message has come."""
    return _JSON.encode(receipt.owed)


def read_receipt(message_id: str, row: str) -> Receipt:
    """Read how far a message has come; what was on its way when its page ended waits again."""
    owed: Mapping[str, Mapping[str, int]] = json.loads(row)
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


def read_mark(account: str, device: str, row: str) -> Mark:
    """Read how far we are with a device."""
    heard, received, read, acknowledged = json.loads(row)
    return Mark(account, device, heard, received, read, acknowledged)


def device_row(used_at: float, resume_token: str | None) -> str:
    """Write when a device was last in use (seconds since the epoch), and what makes it the same peer again."""
    return _JSON.encode([used_at, resume_token])


def read_device(row: str) -> tuple[float, str | None]:
    """Read when a device was last in use, and its resume token."""
    used_at, resume_token = json.loads(row)
    return used_at, resume_token


def _without_channel(delivery: Delivery) -> Delivery:
    return Delivery.QUEUED if delivery is Delivery.SENT else delivery
