"""Touches one WebSocket, through picows: whole messages come out of its frames, and messages go in, without a task.

What several messages of one read have to tell a client is written together, which costs one call of the system.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Protocol

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSProtocolError, WSTransport

from protocol.codes import CloseCode
from signaling.keepalive import Asked, Keepalive
from signaling.tally import Tally

MAX_WAITING_MESSAGES = 128
"""For a client that does not read: with descriptions of 32 KiB, some 4 MiB. One that lets more pile up is cut off."""
CLOSE_SECONDS = 5.0
"""For a client to take the close code and to close its side; then its connection is dropped."""
NO_CODE, ABNORMAL_CLOSURE = 1005, 1006
"""RFC 6455 §7.4.1: the client's close frame had no code; there was no close frame."""
PROTOCOL_ERROR, INVALID_TEXT = WSCloseCode.PROTOCOL_ERROR, WSCloseCode.INVALID_TEXT
TOO_BIG = WSCloseCode.MESSAGE_TOO_BIG
LONG, VERY_LONG = 126, 65_536
"""RFC 6455 §5.2: from so many bytes on, a frame's length takes two or eight bytes more."""
TEXT, CONTINUATION = WSMsgType.TEXT, WSMsgType.CONTINUATION
CONTROL_FRAMES = frozenset({WSMsgType.PING, WSMsgType.PONG, WSMsgType.CLOSE})


class Receiver(Protocol):
    """Whoever listens at a wire. None of these waits."""

    def text_received(self, text: str) -> None:
        """A text message came, of whatever size the wire lets through."""

    def binary_received(self) -> None:
        """A binary message came."""

    def closed(self, code: int) -> None:
        """The WebSocket ends with a code: nothing is received or sent any more."""


class Wires:
    """What the wires of one server share."""

    def __init__(
        self, keepalive: Keepalive, max_bytes: int, patience: float = CLOSE_SECONDS, tally: Tally | None = None
    ) -> None:
        self.keepalive = keepalive
        self.tally = Tally() if tally is None else tally
        self.next_timed = 0.0
        """By `perf_counter`: a read that begins then or later is worth timing."""
        self.max_bytes = max_bytes
        """Of one message: the connection of whoever sends more is closed."""
        self.patience = patience
        self.is_reading = False
        """Whether messages are being received, so that what is sent can wait for the last of them."""
        self._unwritten: list[Wire] = []

    def write_soon(self, wire: Wire) -> None:
        """Have a wire flushed when the read that is under way is done, or in a moment if there is none."""
        if not self._unwritten and not self.is_reading:
            asyncio.get_running_loop().call_soon(self.flush)
        self._unwritten.append(wire)

    def flush(self) -> None:
        """Write what has been sent."""
        self.is_reading = False
        if self._unwritten:
            wires, self._unwritten = self._unwritten, []
            for wire in wires:
                wire.flush()


class Wire(WSListener):
    """One WebSocket, from its acceptance to its end. Closing it takes effect once."""

    __slots__ = (
        "_close_code",
        "_connections",
        "_fragments",
        "_frames",
        "_group",
        "_has_ended",
        "_is_paused",
        "_is_text",
        "_receiver",
        "_timer",
        "_transport",
        "_waiting",
        "is_unanswered",
        "wires",
    )

    def __init__(self, wires: Wires, connections: set[Any]) -> None:
        self.wires = wires
        self._connections = connections
        self._receiver: Receiver | None = None
        self._transport: WSTransport
        self._frames: list[bytes] = []
        self._is_paused = False
        self._waiting: deque[bytes] | None = None
        self._fragments: bytearray | None = None
        self._is_text = True
        self._close_code: int | None = None
        self._has_ended = False
        self._timer: asyncio.TimerHandle | None = None
        self._group: set[Asked] | None = None
        self.is_unanswered = False

    # Whoever listens

    def listen(self, receiver: Receiver) -> None:
        """Begin to receive; what the client has sent already comes next."""
        self._receiver = receiver
        if self._has_ended:
            receiver.closed(self._close_code or ABNORMAL_CLOSURE)
        elif not self._transport.underlying_transport.is_closing():
            self._transport.underlying_transport.resume_reading()

    def send(self, message: bytes) -> bool:
        """Send a text message; False if too many wait already for the client to read."""
        if self._is_paused:
            return self._wait(_text_frame_head(len(message)) + message)
        frames = self._frames
        if not frames:
            self.wires.write_soon(self)
        frames.append(_text_frame_head(len(message)))
        frames.append(message)
        if len(frames) >= 2 * MAX_WAITING_MESSAGES:
            self.flush()
        return True

    def close(self, code: int) -> None:
        """Close behind what was sent, or before what waits if the client does not read."""
        if self._close_code is not None or self._has_ended:
            return
        self._close_code = code
        self._drop_later()
        if code == CloseCode.SLOW_CONSUMER:
            self._waiting = None
        if not self._waiting:
            self._send_close(code)

    def close_unless_heard(self, code: int) -> None:
        """Close if nobody listens, and nobody will."""
        if self._receiver is None:
            self.close(code)

    def shutdown(self) -> None:
        """The server stops: uvicorn calls this."""
        self._close_at_once(CloseCode.SERVICE_RESTART)

    # The keepalive

    def ask(self) -> None:
        """Send a ping."""
        self.is_unanswered = True
        self._transport.send_ping()

    def give_up(self) -> None:
        """Close: the client did not answer the last ping."""
        self._close_at_once(CloseCode.INTERNAL_ERROR)

    # picows

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done. Nothing is read until someone listens."""
        self._transport = transport
        self._group = self.wires.keepalive.watch(self)
        self._connections.add(self)  # where uvicorn finds whom to shut down

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A frame came; a WSProtocolError closes with its code."""
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            raise WSProtocolError(PROTOCOL_ERROR, "no extension was agreed on")
        kind = frame.msg_type
        if kind is TEXT and frame.fin and self._fragments is None:
            # Of several frames in one read, the last come even if one before them has been the end.
            if self._receiver is not None and self._close_code is None and not transport.is_close_frame_sent:
                self._receiver.text_received(_text(frame))
        elif kind in CONTROL_FRAMES:
            self._control_frame_came(transport, frame)
        elif not transport.is_close_frame_sent:
            self._fragment_came(frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows names the parameter
        """The connection is gone."""
        self._connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        self._end(self._close_code or ABNORMAL_CLOSURE)

    def pause_writing(self) -> None:
        """The client reads more slowly than it is written to."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """The client has read most of it."""
        self._is_paused = False
        self.flush()
        while self._waiting and not self._is_paused:
            self._write(self._waiting.popleft())
        if self._close_code is not None and not self._waiting and not self._has_ended:
            self._send_close(self._close_code)

    def closed_by_picows(self) -> None:
        """A read has ended, and a close frame has been written: by picows, if not by us."""
        if self._close_code is None and not self._has_ended:
            # What comes behind a frame that breaks the rules cannot be told from it.
            self._transport.underlying_transport.pause_reading()
            self._drop_later()
            self._end(_number(self._transport.close_handshake.sent.code))  # type: ignore[union-attr]  # it was sent

    def flush(self) -> None:
        """Write what was sent."""
        if self._frames:
            frames, self._frames = self._frames, []
            self._write(b"".join(frames))

    # What these are made of

    def _wait(self, frame: bytes) -> bool:
        if self._waiting is None:
            self._waiting = deque()
        if len(self._waiting) >= MAX_WAITING_MESSAGES:
            return False
        self._waiting.append(frame)
        return True

    def _write(self, frames: bytes) -> None:
        if not (self._has_ended or self._transport.is_close_frame_sent):
            self._transport.underlying_transport.write(frames)

    def _control_frame_came(self, transport: WSTransport, frame: WSFrame) -> None:
        match frame.msg_type:
            case WSMsgType.PING:
                # Pongs must not pile up for a client that does not read; RFC 6455 §5.5.3 asks for the last one only.
                if not self._is_paused:
                    transport.send_pong(frame.get_payload_as_bytes())
            case WSMsgType.PONG:
                self.is_unanswered = False
            case _:
                self._close_came(transport, frame)

    def _close_came(self, transport: WSTransport, frame: WSFrame) -> None:
        self.flush()
        code = _number(frame.get_close_code())
        if self._close_code is None:
            self._close_code = code or NO_CODE
            # RFC 6455 §5.5.1: answered with the same code, and with none where there was none.
            if code:
                transport.send_close(frame.get_close_code())
            else:
                transport.send(WSMsgType.CLOSE, None)
            self._end(self._close_code)
        self._drop_later()
        transport.disconnect()

    def _fragment_came(self, frame: WSFrame) -> None:
        """Put a message together that comes in several frames, or is not of text."""
        if (frame.msg_type is CONTINUATION) == (self._fragments is None):
            raise WSProtocolError(PROTOCOL_ERROR, "a fragment without its message, or another message within one")
        if self._fragments is None:
            self._fragments, self._is_text = bytearray(), frame.msg_type is TEXT
        self._fragments += frame.get_payload_as_memoryview()
        if len(self._fragments) > self.wires.max_bytes:
            raise WSProtocolError(TOO_BIG, f"over {self.wires.max_bytes} bytes")
        if frame.fin:
            message, self._fragments = self._fragments, None
            self._message_came(message)

    def _message_came(self, message: bytearray) -> None:
        if self._close_code is not None or self._receiver is None:
            return
        if self._is_text:
            self._receiver.text_received(_decoded(message))
        else:
            self._receiver.binary_received()

    def _send_close(self, code: int) -> None:
        self.flush()
        self._transport.send_close(code)  # type: ignore[arg-type]  # any code will do
        self._transport.underlying_transport.resume_reading()  # for the client's close frame, if nobody has listened
        # Whoever closes may be in the middle of something, so its end is told afterwards.
        asyncio.get_running_loop().call_soon(self._end, code)

    def _close_at_once(self, code: CloseCode) -> None:
        if self._close_code is None:
            self._close_code = code
            self._waiting = None
            self.flush()
            self._transport.send_close(code)  # type: ignore[arg-type]  # any code will do
        self._end(self._close_code)
        self._drop_later()
        self._transport.disconnect()

    def _drop_later(self) -> None:
        """Bound the time that the client has to take what is written and to close its side."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.wires.patience, self._drop)

    def _drop(self) -> None:
        self._end(self._close_code or ABNORMAL_CLOSURE)
        self._transport.underlying_transport.abort()

    def _end(self, code: int) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        if self._group is not None:
            self._group.discard(self)
        # Each holds the other, which would keep both until the next collection of garbage.
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.closed(code)


def _number(code: Any) -> int:
    """Give the number of a close code, of which picows knows some by name."""
    return int(code)


def _text(frame: WSFrame) -> str:
    try:
        return frame.get_payload_as_utf8_text()
    except UnicodeDecodeError as error:
        raise WSProtocolError(INVALID_TEXT, "a text message is not UTF-8") from error


def _decoded(message: bytearray) -> str:
    try:
        return message.decode()
    except UnicodeDecodeError as error:
        raise WSProtocolError(INVALID_TEXT, "a text message is not UTF-8") from error


def _text_frame_head(size: int) -> bytes:
    """Give what stands before a text of so many bytes (RFC 6455 §5.2): a server's frame has no mask."""
    if size < LONG:
        return b"\x81%c" % size
    if size < VERY_LONG:
        return b"\x81\x7e" + size.to_bytes(2, "big")
    return b"\x81\x7f" + size.to_bytes(8, "big")
