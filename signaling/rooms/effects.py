"""What the pure parts of signaling ask to have done; the switchboard does it."""

from __future__ import annotations

from typing import NewType

import msgspec

from protocol.codes import CloseCode
from signaling.cluster.process_messages import ProcessId, Written
from signaling.rooms.signal_codec import Told

ConnectionId = NewType("ConnectionId", int)
"""One WebSocket, counted by the switchboard; it is never told to anyone."""


class Deliver(msgspec.Struct, frozen=True):
    """Send an event to a connection, after everything that was sent to it before."""

    connection: ConnectionId
    event: Told


class Close(msgspec.Struct, frozen=True):
    """Close a connection, after everything that was sent to it before."""

    connection: ConnectionId
    code: CloseCode


class HoldPlace(msgspec.Struct, frozen=True):
    """Come back with `ticket` when the grace time is over."""

    ticket: int


class Post(msgspec.Struct, frozen=True):
    """Send a letter to another process, after everything that was sent to it before."""

    process: ProcessId
    letter: Written


class Claim(msgspec.Struct, frozen=True):
    """Ask whose a room is, and make it ours if it is nobody's."""

    room: str


class Release(msgspec.Struct, frozen=True):
    """Let another process have a room: everyone has left it."""

    room: str


OutsideEffect = Post | Claim | Release
"""What reaches beyond this process, if there are others."""
Effect = Deliver | Close | HoldPlace | OutsideEffect
