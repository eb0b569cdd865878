"""What the pure parts of signaling ask to have done; the effects driver does it."""

from __future__ import annotations

from typing import NewType

import msgspec

from protocol.codes import CloseCode
from signaling.rooms.signal_codec import Told

ConnectionId = NewType("ConnectionId", int)
"""One WebSocket, counted by the effects driver; it is never told to anyone."""


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


class CheckToken(msgspec.Struct, frozen=True):
    """Find out which account a token proves, for the session of a connection."""

    connection: ConnectionId
    token: str


class OutsideEffect(msgspec.Struct, frozen=True):
    """The root of what reaches beyond this process, if there are others; `cluster/effects.py` has the rest of it."""


class Release(OutsideEffect, frozen=True):
    """Let another process have a room: everyone has left it."""

    room: str


Effect = Deliver | Close | HoldPlace | CheckToken | OutsideEffect
