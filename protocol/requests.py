"""What a page asks of the server over the WebSocket."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.codec import Codec
from protocol.errors import MalformedMessage
from protocol.fields import AccessToken, PeerId, ResumeToken, RoomName
from protocol.webrtc import Candidate, Description

MAX_REQUEST_BYTES = 65_536
"""One description is at most 32 KiB, and JSON may double it."""


@dataclass(frozen=True, slots=True)
class Join:
    """Enter a room; with `resume`, as the peer that a lost connection was."""

    room: RoomName
    resume: ResumeToken | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the room; the others are told at once."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Hand a description or a candidate (one of the two) to another peer of the same room."""

    to: PeerId
    description: Description | None = None
    candidate: Candidate | None = None

    def __post_init__(self) -> None:
        if (self.description is None) == (self.candidate is None):
            raise MalformedMessage("a signal carries either a description or a candidate")


@dataclass(frozen=True, slots=True)
class Ping:
    """Ask whether the server still hears this connection; answered with `pong`. A page cannot send WebSocket pings."""


@dataclass(frozen=True, slots=True)
class Renew:
    """Show a fresh token of the same account, by which this connection may stand until that one expires.

    For servers alone whose `welcome` says when the token expires.
    """

    token: AccessToken


Request = Join | Leave | Signal | Ping | Renew
REQUESTS: Codec[Request] = Codec(
    {"join": Join, "leave": Leave, "signal": Signal, "ping": Ping, "renew": Renew}, MAX_REQUEST_BYTES
)
