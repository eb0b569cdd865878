"""Touches a WebSocket of uvicorn's own from below: counts its frames and times its messages, which ASGI does not show.

It knows nothing of uvicorn's but that a WebSocket is an asyncio protocol, made by name, whose `app_state` the app sees,
and that it pings: a client that is silent has not answered. uvicorn closes such a one too, but waits for as long as the
system does for what that client has yet to read.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Protocol

from signaling.rate_limits.penalties import FLOOD, UNFINISHED
from signaling.sockets.connection_reset import reset
from signaling.sockets.deadlines import Deadlines
from signaling.sockets.frame_heads import FrameHeads
from signaling.sockets.websocket_limits import FRAME_LEASE, FRAMES_AFTER_CLOSE

METER = "p2p_chat.meter"
"""Where the state in the scope of a WebSocket has its meter."""
FRAMES_BEFORE = 64
"""Of a client that has not been let in yet, and so has nothing to say."""


class Metered(Protocol):
    """Whose frames are counted. None of these waits."""

    def admit_frames(self, count: int) -> bool:
        """Count frames; False if they are too many."""

    def keep(self, unfinished_bytes: int) -> bool:
        """Count what has come of a message; False if too much is kept for this client's address or account."""

    def give_up(self, points: int) -> None:
        """Close a client that breaks a limit, and hold it against where it comes from."""


@dataclass(frozen=True, slots=True, eq=False)
class Silence:
    """A client from which nothing comes."""

    transport: asyncio.Transport

    def deadline_passed(self) -> None:
        """Drop the connection: a living client would have answered the pings."""
        reset(self.transport)


class FrameMeter(asyncio.Protocol):
    """One connection, from the handshake on: what is admitted goes on to the protocol of the server."""

    def __init__(self, deadlines: Deadlines, silences: Deadlines) -> None:
        self._deadlines = deadlines
        self._silences = silences
        self._silence: Silence
        self._transport: asyncio.Transport
        self.protocol: asyncio.Protocol
        self._websocket: Metered | None = None
        self._heads = FrameHeads()
        self._left = FRAMES_BEFORE
        self._is_open = False
        self._is_deaf = False
        self._is_timed = False

    # The WebSocket

    def watch(self, websocket: Metered) -> None:
        """Have a WebSocket admit what comes."""
        self._websocket = websocket
        if self._is_deaf:
            websocket.give_up(FLOOD)

    def wind_up(self) -> None:
        """Let the client's close frame pass, and what was on its way before it."""
        self._websocket, self._left = None, FRAMES_AFTER_CLOSE

    # The transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # likewise uvicorn's
        """Take the connection."""
        self._transport = transport
        self._silence = Silence(transport)
        self.protocol.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Let a read pass, if all of it may."""
        self._silences.start(self._silence)
        if self._is_open:
            self._measure(data)
        self._is_open = True  # the handshake is what comes first, and by itself
        if not self._is_deaf:
            self.protocol.data_received(data)
        elif not self._transport.is_closing():
            self._transport.pause_reading()

    def eof_received(self) -> bool | None:
        """The client sends nothing more."""
        return self.protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._time(is_unfinished=False)
        self._silences.stop(self._silence)
        self._websocket = None
        self.protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        """The client reads more slowly than it is written to."""
        self.protocol.pause_writing()

    def resume_writing(self) -> None:
        """The client has read most of it."""
        self.protocol.resume_writing()

    def deadline_passed(self) -> None:
        """Close: a message has not come to its end in time."""
        self._is_timed = False
        self._give_up(UNFINISHED)

    # What these are made of

    def _measure(self, data: bytes) -> None:
        rest, ended = memoryview(data), self._heads.ended
        while rest and not self._is_deaf:
            rest, has_begun = self._heads.next(rest)
            if has_begun and not self._admit():
                self._give_up(FLOOD)
        if self._heads.ended != ended:
            self._time(is_unfinished=False)  # what was under way before has come to its end
        self._time(is_unfinished=self._heads.is_unfinished and not self._is_deaf)
        if self._websocket is not None and not self._websocket.keep(self._heads.message_bytes):
            self._give_up(UNFINISHED)

    def _admit(self) -> bool:
        self._left -= 1
        if self._left < 0 and self._websocket is not None and self._websocket.admit_frames(FRAME_LEASE):
            self._left = FRAME_LEASE - 1
        return self._left >= 0

    def _time(self, *, is_unfinished: bool) -> None:
        if is_unfinished and not self._is_timed:
            self._deadlines.start(self)
        elif self._is_timed and not is_unfinished:
            self._deadlines.stop(self)
        self._is_timed = is_unfinished

    def _give_up(self, points: int) -> None:
        """Read no more; what comes waits in the kernel, and the client there."""
        websocket, self._websocket, self._is_deaf = self._websocket, None, True
        if websocket is not None:
            websocket.give_up(points)
        if not self._transport.is_closing():
            self._transport.pause_reading()


def metered(deadlines: Deadlines, silences: Deadlines, make: Any, /, **options: Any) -> FrameMeter:
    """Make a server's protocol for a WebSocket with a meter before it, for messages that end and clients that speak."""
    meter = FrameMeter(deadlines, silences)
    options["app_state"] = {**options.get("app_state", {}), METER: meter}
    meter.protocol = make(**options)
    return meter
