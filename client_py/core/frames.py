"""What two pages say to each other over the `chat` data channel, unseen by the server; written out in docs/peer.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from protocol.codec import Codec
from protocol.errors import MalformedMessage
from protocol.fields import Items, PeerId, Range, Text
from protocol.webrtc import Candidate, Description

MAX_FRAME_BYTES = 16_384
"""RFC 8831 §6.6: larger messages may block the other channels of the connection."""

MAX_ITEM_BYTES = 262_144
"""The content of one item, in bytes of UTF-8: a chapter of a book; more than that is a file."""

WINDOW_BYTES = 524_288
"""How much may be on its way without acknowledgement: it bounds the channel's buffer, far under the sizes at which
browsers refuse more, and is enough for 100 Mbit/s at 40 ms."""

WINDOW_MESSAGES = 1_000
"""How many, however short they are: the other side has to hold each of them, and we have to await its
acknowledgement."""

MAX_ITEMS = 2**52
"""How many items may be numbered; a mark beyond that would leave no numbers that JSON keeps exact."""

MAX_SIGNAL_SDP_BYTES = 12_288
"""A description that a frame has room for, escapes and all; one that speaks of data alone has about 1 KiB."""

MAX_MOMENT = 8_640_000_000_000
"""A date of JavaScript ends there (ECMA-262, Time Values and Time Range): 100,000,000 days after the epoch."""

VERSION = 2
"""A side that speaks a later version understands this one, and the lower of the two is spoken."""

FIRST_VERSION_WITH_ITEMS = 2
"""Before it there are texts alone, no features, and nothing may be added to what is sent."""

MAX_FEATURES = 64
"""Many more than there will ever be."""

PART_BYTES = MAX_FRAME_BYTES - 512
"""What is left for a part's text once it is escaped, beside the other fields of its frame."""

MAX_PARTS = 6 * MAX_ITEM_BYTES // (PART_BYTES - 8) + 1
"""JSON writes one byte of text in six at the most (a control character), and a part ends before what does not fit."""

Number = Annotated[int, Range(1, 2 * MAX_ITEMS)]
"""A sequence number; JSON numbers are exact up to 2^53."""
HighWaterMark = Annotated[int, Range(0, MAX_ITEMS)]
"""The sequence number of the last item of which all before it have come too; 0 before the first."""
Moment = Annotated[float, Range(0, MAX_MOMENT)]
"""Seconds since the epoch, by the sender's clock."""
ItemId = Annotated[str, Text(64, r"[A-Za-z0-9_-]{16,64}")]
Name = Annotated[str, Text(32, r"[a-z][a-z0-9-]*")]
"""Of a feature, or of a kind of item."""
Part = Annotated[int, Range(1, MAX_PARTS)]
DisplayName = Annotated[str, Text(256)]
"""More than is shown of it (`display_names.py`), so that another page may show more."""
Hue = Annotated[int, Range(0, 255)]
"""One of the colours that a page has for people, from 1 on. One that it does not have counts as 0, which is the colour
of the account's name."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame of each side on every new channel: which device is speaking."""

    version: Annotated[int, Range(1, 1_000)]
    device: PeerId
    """128 random bits; a device has its own numbering and its own high-water marks."""


@dataclass(frozen=True, slots=True)
class Features:
    """What this side can do beyond what every page can; said to a side of version 2 or later, before its `resume`."""

    names: Annotated[tuple[Name, ...], Items(0, MAX_FEATURES)]


@dataclass(frozen=True, slots=True)
class Resume:
    """The answer to a `hello`: what this side has of that device, so that it knows where to go on."""

    received: HighWaterMark
    """All items up to this one are stored."""
    read: HighWaterMark
    """All items up to this one were before the person's eyes."""


@dataclass(frozen=True, slots=True)
class ItemPart:
    """An item, or one part of a long one; the parts of an item follow each other."""

    seq: Number
    """The item's number: one more than that of the item before it."""
    id: ItemId
    """Names the item for ever, on whatever device it arrives."""
    sent_at: Moment
    kind: Name
    """How to read the content; of an unknown kind, it is kept as it came."""
    part: Part
    parts: Part
    content: Annotated[str, Text(MAX_FRAME_BYTES)]

    def as_message(self) -> MessagePart:
        """Return the same as a side of version 1 takes it, if it is a text."""
        return MessagePart(self.seq, self.id, self.sent_at, self.part, self.parts, self.content)


@dataclass(frozen=True, slots=True)
class MessagePart:
    """A text, as a side of version 1 sends and takes it: an item of the kind `text`."""

    seq: Number
    id: ItemId
    sent_at: Moment
    part: Part
    parts: Part
    text: Annotated[str, Text(MAX_FRAME_BYTES)]

    def as_item(self) -> ItemPart:
        """Return the same as a part of an item."""
        return ItemPart(self.seq, self.id, self.sent_at, "text", self.part, self.parts, self.text)


@dataclass(frozen=True, slots=True)
class Ack:
    """All items up to this one are stored; sent for duplicates too."""

    received: HighWaterMark


@dataclass(frozen=True, slots=True)
class Read:
    """All items up to this one were before the person's eyes."""

    read: HighWaterMark


@dataclass(frozen=True, slots=True)
class Typing:
    """The person is writing; good for some seconds."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What the person wants to be called, beside the name of the account; the last one that was said counts."""

    name: DisplayName = ""
    hue: Hue = 0


@dataclass(frozen=True, slots=True)
class Ping:
    """Ask whether the channel still carries anything; answered with a `pong`."""


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a `ping`."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A description or a candidate (one of the two) for this very connection, while the server cannot be reached."""

    description: Description | None = None
    candidate: Candidate | None = None

    def __post_init__(self) -> None:
        if (self.description is None) == (self.candidate is None):
            raise MalformedMessage("a signal carries either a description or a candidate")


ConversationFrame = Hello | Features | Resume | ItemPart | MessagePart | Ack | Read | Typing | Profile
LinkFrame = Ping | Pong | Signal
Frame = ConversationFrame | LinkFrame
FRAMES: Codec[Frame] = Codec(
    {
        "hello": Hello,
        "features": Features,
        "resume": Resume,
        "item": ItemPart,
        "message": MessagePart,
        "ack": Ack,
        "read": Read,
        "typing": Typing,
        "profile": Profile,
        "ping": Ping,
        "pong": Pong,
        "signal": Signal,
    },
    MAX_FRAME_BYTES,
)
"""What is written: nothing that is not declared here."""

LENIENT_FRAMES: Codec[Frame] = Codec(FRAMES.types, MAX_FRAME_BYTES, lenient=True)
"""What is read: the other side may be newer, and say more than is declared here."""
