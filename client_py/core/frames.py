"""What two pages say to each other over the `chat` data channel, unseen by the server; written out in docs/peer.md."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from typing import Annotated

from protocol.codec import Codec
from protocol.errors import MalformedMessage
from protocol.fields import PeerId, Range, Text
from protocol.webrtc import Candidate, Description

MAX_FRAME_BYTES = 16_384
"""RFC 8831 §6.6: larger messages may block the other channels of the connection."""

MAX_MESSAGE_BYTES = 262_144
"""One message of the conversation, in bytes of UTF-8: a chapter of a book; more than that is a file."""

MAX_MESSAGES = 2**52
"""So many messages may be numbered; a mark beyond that would leave no numbers that JSON keeps exact."""

MAX_SIGNAL_SDP_BYTES = 12_288
"""A description that a frame has room for, escapes and all; one that speaks of data alone has about 1 KiB."""

MAX_MOMENT = 8_640_000_000_000
"""A date of JavaScript ends there (ECMA-262, Time Values and Time Range): 100,000,000 days after the epoch."""

VERSION = 1
"""A side that speaks a later version understands this one, and the lower of the two is spoken."""

CHANNEL_LABEL = "chat"
CHANNEL_ID = 0
"""Negotiated beforehand (RFC 8832 is not used): the channel is there as soon as the transport is."""

_PART_BYTES = MAX_FRAME_BYTES - 512
"""What is left for a part's text once it is escaped, beside the other fields of its frame."""

MAX_PARTS = 6 * MAX_MESSAGE_BYTES // (_PART_BYTES - 8) + 1
"""JSON writes one byte of text in six at the most (a control character), and a part ends before what does not fit."""

Number = Annotated[int, Range(1, 2 * MAX_MESSAGES)]
"""A sequence number; JSON numbers are exact up to 2^53."""
HighWaterMark = Annotated[int, Range(0, MAX_MESSAGES)]
"""The sequence number of the last message of which all before it have come too; 0 before the first."""
Moment = Annotated[float, Range(0, MAX_MOMENT)]
"""Seconds since the epoch, by the sender's clock."""
MessageId = Annotated[str, Text(64, r"[A-Za-z0-9_-]{16,64}")]
Part = Annotated[int, Range(1, MAX_PARTS)]


@dataclass(frozen=True, slots=True)
class Hello:
    """The first frame of each side on every new channel: which device is speaking."""

    version: Annotated[int, Range(1, 1_000)]
    device: PeerId
    """128 random bits; a device has its own numbering and its own high-water marks."""


@dataclass(frozen=True, slots=True)
class Resume:
    """The answer to a `hello`: what this side has of that device, so that it knows where to go on."""

    received: HighWaterMark
    """All messages up to this one are stored."""
    read: HighWaterMark
    """All messages up to this one were before the person's eyes."""


@dataclass(frozen=True, slots=True)
class MessagePart:
    """A message, or one part of a long one; the parts of a message follow each other."""

    seq: Number
    """The message's number: one more than that of the message before it."""
    id: MessageId
    """Names the message for ever, on whatever device it arrives."""
    sent_at: Moment
    part: Part
    parts: Part
    text: Annotated[str, Text(MAX_FRAME_BYTES)]


@dataclass(frozen=True, slots=True)
class Ack:
    """All messages up to this one are stored; sent for duplicates too."""

    received: HighWaterMark


@dataclass(frozen=True, slots=True)
class Read:
    """All messages up to this one were before the person's eyes."""

    read: HighWaterMark


@dataclass(frozen=True, slots=True)
class Typing:
    """The person is writing; good for some seconds."""


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


ConversationFrame = Hello | Resume | MessagePart | Ack | Read | Typing
LinkFrame = Ping | Pong | Signal
Frame = ConversationFrame | LinkFrame
FRAMES: Codec[Frame] = Codec(
    {
        "hello": Hello,
        "resume": Resume,
        "message": MessagePart,
        "ack": Ack,
        "read": Read,
        "typing": Typing,
        "ping": Ping,
        "pong": Pong,
        "signal": Signal,
    },
    MAX_FRAME_BYTES,
)


def split_text(text: str) -> list[str]:
    """Cut a text into as few parts as fit into frames; an empty text is one empty part."""
    parts: list[str] = []
    start = 0
    while start < len(text) or not parts:
        end = start + _fitting_length(text, start)
        parts.append(text[start:end])
        start = end
    return parts


def _fitting_length(text: str, start: int) -> int:
    """Give how many characters of a text, from a place on, fit into one part."""
    most = min(len(text) - start, _PART_BYTES)

    def size(length: int) -> int:
        return len(json.dumps(text[start : start + length], ensure_ascii=False).encode())

    return most if size(most) <= _PART_BYTES else bisect_right(range(most), _PART_BYTES, key=size) - 1
