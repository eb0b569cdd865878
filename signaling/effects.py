"""What the pure parts of signaling ask to have done; the switchboard does it."""

from __future__ import annotations

from typing import NewType

import msgspec

from protocol.codes import CloseCode
from signaling.relay import Told

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


Effect = Deliver | Close | HoldPlace
