"""Decides how what is kept of a room is written down: a row of JSON text under an ordered key for each thing.

    account, room, "message", position, id              the items, in the order in which this browser came to keep them
    account, room, "position", author:id                where among them one stands, whichever tab has stored it first
    account, room, "id",      device, author:id         that this device has stored one; before 0.2, where it stands
    account, room, "outbox",  device, id                an item of this device, until nobody is owed it any more
    account, room, "receipt", device, id                how far an item of this device has come, until it is read
    account, room, "mark",    device, account, device   how far this device is with one of another member
    account, room, "device",  device                    the devices that have kept something, with their resume token

What belongs to a device is written by nobody else while that device lives, since it holds a lock of its name.

A row may be damaged, or come from a release that let anything in. It is read with the bounds of its consumer, and one
that breaks them takes no other along: an item is shown as one that cannot be shown, and anything else that cannot be
read counts as absent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import get_args

from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.history_records import Mark, Receipt
from client_py.core.conversation.item_order import MAX_POSITION
from client_py.core.conversation.items import Body, Item, Text, Unreadable, body_of, content_of
from client_py.core.frames import MAX_ITEM_BYTES, HighWaterMark, Moment, Name
from protocol.fields import USERNAME, ResumeToken
from protocol.fields import Text as TextBound
from protocol.json_text import parse_json_or_none

Key = tuple[str | int, ...]
Row = tuple[Key, str]

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_AUTHOR, _CONTENT = USERNAME, TextBound(MAX_ITEM_BYTES)
_MOMENT, _COUNT, _RESUME_TOKEN, _KIND = (get_args(kind)[1] for kind in (Moment, HighWaterMark, ResumeToken, Name))
_OWN_DEVICES = ""
"""Stands among the accounts of a receipt for our own, which no account is called."""
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
        """The items."""
        return (*self.prefix, "message")

    @property
    def positions(self) -> Key:
        """Where each item stands among the items."""
        return (*self.prefix, "position")

    @property
    def receipts(self) -> Key:
        """The receipts of all devices."""
        return (*self.prefix, "receipt")

    def outbox_of(self, device: str) -> Key:
        """What of a device somebody has yet to get."""
        return (*self.prefix, "outbox", device)

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
    """Read where a message stands; 0, where none does, if that is not known."""
    position = parse_json_or_none(row or "")
    return position if type(position) is int and 0 <= position <= MAX_POSITION else 0


def item_row(item: Item) -> str:
    """Write an item; how far it has come stands elsewhere."""
    kind, content = content_of(item.body)
    said = {"text": content} if isinstance(item.body, Text) else {"kind": kind, "content": content}
    out = item.direction is Direction.OUTGOING
    other = {"other": True} if item.from_other_device else {}
    return _JSON.encode({"from": item.author, "at": item.sent_at, "out": out, **other, **said})


def read_item(item_id: str, row: str, delivery: Delivery | None = None, *, position: int = 0) -> Item:
    """Read an item; `delivery` is how far it has come if it was written on this device.

    Of a row that cannot be read, there is an item all the same, from when it came to `position`, to stand there.
    """
    match parse_json_or_none(row):
        case {"from": str(author), "at": int() | float() as sent_at, "out": bool(out), **said} if (
            _AUTHOR.admits(author) and _MOMENT.admits(sent_at) and (body := _body(said)) is not None
        ):
            direction = Direction.OUTGOING if out else Direction.INCOMING
            is_other = out and "other" in said
            item = Item(item_id, direction, author, body, sent_at, from_other_device=is_other, position=position)
            return replace(item, delivery=delivery) if item.is_written_here else item
    return Item(item_id, Direction.INCOMING, "", Unreadable(), position / 1000, position=position)


def receipt_row(receipt: Receipt) -> str:
    """Write how far an item has come."""
    own = {_OWN_DEVICES: receipt.mirrored} if receipt.mirrored else {}
    return _JSON.encode({**receipt.owed, **own})


def read_receipt(item_id: str, row: str) -> Receipt | None:
    """Read how far an item has come; None if that cannot be told.

    What was on its way when its page ended waits again.
    """
    value = parse_json_or_none(row)
    if not isinstance(value, dict) or not all(map(_is_devices, value.values())):
        return None
    owed = {
        account: {device: _without_channel(Delivery(state)) for device, state in devices.items()}
        for account, devices in value.items()
    }
    mirrored = owed.pop(_OWN_DEVICES, {})
    return Receipt(item_id, owed, mirrored)


def mark_row(mark: Mark) -> str:
    """Write how far we are with a device."""
    return _JSON.encode([mark.heard, mark.received, mark.read, mark.acknowledged])


def read_mark(account: str, device: str, row: str) -> Mark | None:
    """Read how far we are with a device; None if it is no mark, and both are put in step again then."""
    match parse_json_or_none(row):
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
    match parse_json_or_none(row):
        case [int() | float() as used_at, str() | None as resume_token] if _MOMENT.admits(used_at):
            return used_at, resume_token if resume_token is not None and _RESUME_TOKEN.admits(resume_token) else None
    return 0.0, None


def _body(said: Mapping[object, object]) -> Body | None:
    """Return what an item says; None if that is out of bounds."""
    match said:
        case {"text": str(text)} if _CONTENT.admits(text):
            return Text(text)
        case {"kind": str(kind), "content": str(content)} if _KIND.admits(kind) and _CONTENT.admits(content):
            return body_of(kind, content)
    return None


def _is_devices(value: object) -> bool:
    return isinstance(value, dict) and all(type(state) is int and state in _STATES for state in value.values())


def _is_count(value: object) -> bool:
    # What JSON writes as true and false is of a kind of its own, which Python takes for a number.
    return type(value) is int and _COUNT.admits(value)


def _without_channel(delivery: Delivery) -> Delivery:
    return Delivery.QUEUED if delivery is Delivery.SENT else delivery
