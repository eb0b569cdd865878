"""What the pure parts of signaling ask to have done; the switchboard does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from protocol.codes import CloseCode
from signaling.relay import Told

ConnectionId = NewType("ConnectionId", int)
"""One WebSocket, counted by the switchboard; it is never told to anyone."""


@dataclass(frozen=True, slots=True)
class Deliver:
    """Send an event to a connection, after everything that was sent to it before."""

    connection: ConnectionId
    event: Told


@dataclass(frozen=True, slots=True)
class Close:
    """Close a connection, after everything that was sent to it before."""

    connection: ConnectionId
    code: CloseCode


@dataclass(frozen=True, slots=True)
class HoldPlace:
    """Come back with `ticket` when the grace time is over."""

    ticket: int


Effect = Deliver | Close | HoldPlace
