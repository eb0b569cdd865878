"""Touches one WebSocket, through picows: whole messages come out of its frames, and messages go in, without a task.

What several messages of one read have to tell a client is written together, which costs one call of the system.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from protocol.codes import CloseCode
from signaling.monitoring.counters import Counters
from signaling.rate_limits.address_and_account_quotas import Usage
from signaling.rate_limits.penalties import FLOOD, UNFINISHED
from signaling.rate_limits.request_turns import RequestTurns
from signaling.sockets.accepted_websocket import (
    ABNORMAL_CLOSURE,
    INVALID_TEXT,
    NO_CODE,
    PROTOCOL_ERROR,
    TOO_BIG,
    Receiver,
)
from signaling.sockets.connection_reset import reset
from signaling.sockets.deadlines import Deadlines
from signaling.sockets.keepalive import Keepalive, Pinged
from signaling.sockets.websocket_limits import (
    CLOSE_SECONDS,
    COMPLETE_SECONDS,
    FRAME_LEASE,
    FRAMES_AFTER_CLOSE,
    MAX_WAITING_MESSAGES,
)

READ_BUFFER_BYTES = 2048
"""What picows' buffer of a connection begins with; it doubles for what is larger, and does not shrink."""
READ_AT_ONCE = 4
"""WebSockets that begin to read, or read on after they filled picows' buffer, in one round of the event loop. Its size
doubles then, so one that sends much in an honest way fills it three or four times. A flood of tiny frames fills it two
or three times before it is closed, and costs up to three milliseconds: fifty at once, whose accounts were found in one
look-up, would keep the loop busy for a seventh of a second."""
LONG, VERY_LONG = 126, 65_536
"""RFC 6455 §5.2: from these sizes on, a frame's length takes two or eight more bytes."""
TEXT, CONTINUATION, CLOSE = WSMsgType.TEXT, WSMsgType.CONTINUATION, WSMsgType.CLOSE
CONTROL_FRAMES = frozenset({WSMsgType.PING, WSMsgType.PONG, WSMsgType.CLOSE})


class PicowsServerState:
    """What the WebSockets of one server share, as uvicorn's own connections share its `ServerState`."""

    def __init__(
        self,
        keepalive: Keepalive,
        max_bytes: int,
        patience: float = CLOSE_SECONDS,
        counters: Counters | None = None,
        complete_seconds: float = COMPLETE_SECONDS,
    ) -> None:
        self.keepalive = keepalive
        self.deadlines = Deadlines(complete_seconds)
        self.counters = Counters() if counters is None else counters
        self.next_timed = 0.0
        """By `perf_counter`: a read that begins then or later is worth timing."""
        self.max_bytes = max_bytes
        """Of one message: the connection of a client that sends more is closed."""
        self.patience = patience
        self.is_reading = False
        """Whether messages are being received, so that what is sent can wait for the last of them."""
        self._unwritten: list[PicowsWebSocket] = []
        self.reads = RequestTurns(READ_AT_ONCE)

    def write_soon(self, websocket: PicowsWebSocket) -> None:
        """Have a WebSocket flushed when the read that is under way is done, or in a moment if there is none."""
        if not self._unwritten and not self.is_reading:
            asyncio.get_running_loop().call_soon(self.flush)
        self._unwritten.append(websocket)

    def flush(self) -> None:
        """Write what has been sent."""
        self.is_reading = False
        if self._unwritten:
            shared, self._unwritten = self._unwritten, []
            for websocket in shared:
                websocket.flush()


class PicowsWebSocket(WSListener):
    """One WebSocket, from its acceptance to its end. Closing it takes effect once."""

    __slots__ = (
        "_admitted_frames",
        "_buffer_bytes",
        "_close_code",
        "_connections",
        "_fragments",
        "_frames",
        "_group",
        "_has_ended",
        "_is_deaf",
        "_is_paused",
        "_is_text",
        "_receiver",
        "_source",
        "_timer",
        "_transport",
        "_unwritten_bytes",
        "_usage",
        "_waiting",
        "is_unanswered",
        "is_unfinished",
        "partial_bytes",
        "place_bytes",
        "shared",
    )

    def __init__(self, shared: PicowsServerState, connections: set[Any], source: str = "") -> None:
        self.shared = shared
        self._source = source
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
        self._group: set[Pinged] | None = None
        self.is_unanswered = False
        self._usage: Usage | None = None
        self._admitted_frames = 0
        self._is_deaf = False
        self._buffer_bytes = READ_BUFFER_BYTES
        self._unwritten_bytes = 0
        self.place_bytes = READ_BUFFER_BYTES
        """What one read can bring: where it does, there is probably more."""
        self.partial_bytes = 0
        """What picows keeps of a frame that has not come to its end."""
        self.is_unfinished = False
        """Whether a message or a frame has begun, and has to be complete in time."""

    # What the receiver asks for

    def count_against(self, usage: Usage) -> None:
        """Have frames and buffers admitted by a usage, which is released when the connection is gone."""
        self._usage = usage
        if self._transport.is_disconnected:
            usage.release()

    def listen(self, receiver: Receiver) -> None:
        """Begin to receive; what the client has sent already comes next."""
        self._receiver = receiver
        if self._has_ended:
            receiver.closed(self._close_code or ABNORMAL_CLOSURE)
        else:
            self.shared.reads.take(self._source, self.read_on)

    def send(self, message: bytes) -> bool:
        """Send a text message; False if too many wait already for the client to read."""
        if self._is_paused:
            return self._wait(_text_frame_head(len(message)) + message)
        frames = self._frames
        if not frames:
            self.shared.write_soon(self)
        frames.append(_text_frame_head(len(message)))
        frames.append(message)
        if len(frames) >= 2 * MAX_WAITING_MESSAGES:
            self.flush()
        return True

    def close(self, code: int) -> None:
        """Close after what was sent, or before what waits if the client does not read."""
        if self._close_code is not None or self._has_ended:
            return
        self._begin_to_close(code)
        if code == CloseCode.SLOW_CONSUMER:
            self._waiting = None
            self._count_unwritten()
        if not self._waiting:
            self._send_close(code)

    def offend(self, points: int) -> None:
        """Hold an offence against the address that the client comes from."""
        if self._usage is not None:
            self._usage.offend(time.monotonic(), points)

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
        self._group = self.shared.keepalive.watch(self)
        self._connections.add(self)  # where uvicorn finds whom to shut down

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A frame came. Of several in one read, the last come even if one before them has been the end."""
        self.partial_bytes = frame.tail_size
        self._admitted_frames -= 1
        if self._admitted_frames < 0 and not self._admit_frames():
            return
        kind = frame.msg_type
        if self._close_code is not None:
            if kind is CLOSE:
                self._close_came(transport, frame)
        elif frame.rsv1 or frame.rsv2 or frame.rsv3:
            self._break_off(PROTOCOL_ERROR)  # no extension was agreed on
        elif kind is TEXT and frame.fin and self._fragments is None:
            if self._receiver is not None:
                try:
                    text = frame.get_payload_as_utf8_text()
                except UnicodeDecodeError:
                    self._break_off(INVALID_TEXT)
                else:
                    self._receiver.text_received(text)
        elif kind in CONTROL_FRAMES:
            self._control_frame_came(transport, frame)
        else:
            self._fragment_came(frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows names the parameter
        """The connection is gone."""
        self._connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()
        self._end(self._close_code or ABNORMAL_CLOSURE)
        self._finished()
        if self._usage is not None:
            self._usage.release()

    def buffer_filled(self, size: int) -> None:
        """What picows keeps is more than before: its buffer has grown, and stays as large."""
        if size > self._buffer_bytes:
            self._buffer_bytes = 2 * size
            self._count_buffers()

    def read_ended(self, *, has_frame: bool) -> None:
        """A read has ended within a frame or a message, or with the end of one that others have begun."""
        if self._close_code is not None or not (self.partial_bytes or self._fragments is not None):
            self._finished()
        elif not self.is_unfinished or (has_frame and self._fragments is None):
            self._begun()  # what was under way before has come to its end
        if self._fragments is not None:
            self._count_buffers()

    def let_others_pass(self) -> None:
        """Read no more of this client's before the others have been looked at."""
        if self._is_readable:
            self._transport.underlying_transport.pause_reading()
            asyncio.get_running_loop().call_soon(self.read_on)

    def wait_for_turn(self) -> None:
        """Read no more before it is this client's turn: it has sent more than before, and may be about to flood."""
        if self._is_readable:
            self._transport.underlying_transport.pause_reading()
            self.shared.reads.take_later(self._source, self.read_on)

    def read_on(self) -> None:
        """Read again: it is this client's turn."""
        if self._is_readable:
            self._transport.underlying_transport.resume_reading()

    def deadline_passed(self) -> None:
        """Close: a message has not come to its end in time, whatever else has come meanwhile."""
        self.offend(UNFINISHED)
        self._break_off(CloseCode.RATE_LIMITED)

    def pause_writing(self) -> None:
        """The client reads more slowly than it is written to."""
        self._is_paused = True
        self._count_unwritten()

    def resume_writing(self) -> None:
        """The client has read most of it."""
        self._is_paused = False
        self.flush()
        while self._waiting and not self._is_paused:
            self._write(self._waiting.popleft())
        self._count_unwritten()
        if self._close_code is not None and not self._waiting and not self._has_ended:
            self._send_close(self._close_code)

    def closed_by_picows(self) -> None:
        """A read has ended, and a close frame has been written: by picows, if not by us."""
        if self._close_code is None and not self._has_ended:
            # What follows a frame that breaks the rules cannot be told from it.
            self._fragments = None
            self._finished()
            self._stop_reading()
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
        self._unwritten_bytes += len(frame)
        return self._usage is None or self._usage.buffer(self._buffered_bytes)

    def _write(self, frames: bytes) -> None:
        if not (self._has_ended or self._transport.is_close_frame_sent):
            self._transport.underlying_transport.write(frames)

    def _control_frame_came(self, transport: WSTransport, frame: WSFrame) -> None:
        match frame.msg_type:
            case WSMsgType.PING:
                # Pongs must not pile up for a client that does not read; RFC 6455 §5.5.3 asks for the last one only.
                if not self._is_paused:
                    self._send_pong(frame.get_payload_as_bytes())
            case WSMsgType.PONG:
                self.is_unanswered = False
            case _:
                self._close_came(transport, frame)

    def _close_came(self, transport: WSTransport, frame: WSFrame) -> None:
        self.flush()
        code = _number(frame.get_close_code())
        if self._close_code is None:
            self._admitted_frames = 0  # what follows is not looked at
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
            self._break_off(PROTOCOL_ERROR)  # a fragment without its message, or another message within one
            return
        if self._fragments is None:
            self._fragments, self._is_text = bytearray(), frame.msg_type is TEXT
            self._begun()
        self._fragments += frame.get_payload_as_memoryview()
        if len(self._fragments) > self.shared.max_bytes:
            self._break_off(TOO_BIG)
        elif frame.fin:
            message, self._fragments = self._fragments, None
            self._count_buffers()
            self._message_came(message)

    def _message_came(self, message: bytearray) -> None:
        if self._receiver is None:
            return
        if not self._is_text:
            self._receiver.binary_received()
            return
        try:
            text = message.decode()
        except UnicodeDecodeError:
            self._break_off(INVALID_TEXT)
        else:
            self._receiver.text_received(text)

    def _send_pong(self, content: bytes) -> None:
        """Answer a ping, together with what else is said at the end of this read."""
        if not self._frames:
            self.shared.write_soon(self)
        self._frames += (b"\x8a%c" % len(content), content)

    # What it may cost

    def _admit_frames(self) -> bool:
        """Tell whether a frame may be looked at; close if the client sends too many."""
        if self._is_deaf:
            return False
        if self._close_code is not None:
            self._stop_reading()
            return False
        if self._usage is None or self._usage.admit_frames(time.monotonic(), FRAME_LEASE):
            self._admitted_frames = FRAME_LEASE - 1
            return True
        self.offend(FLOOD)
        self._break_off(CloseCode.RATE_LIMITED)
        return False

    def _begun(self) -> None:
        """A message or frame has begun: the time of the one before it does not count."""
        self.is_unfinished = True
        self.shared.deadlines.start(self)

    def _finished(self) -> None:
        """No message is under way any more."""
        if self.is_unfinished:
            self.is_unfinished = False
            self.shared.deadlines.stop(self)

    @property
    def _buffered_bytes(self) -> int:
        return self._buffer_bytes - READ_BUFFER_BYTES + len(self._fragments or b"") + self._unwritten_bytes

    def _count_buffers(self) -> None:
        """Have what is kept for this client counted; close if its address or account has too much."""
        if self._usage is not None and not self._usage.buffer(self._buffered_bytes):
            self.offend(UNFINISHED)
            self._break_off(CloseCode.RATE_LIMITED)

    def _count_unwritten(self) -> None:
        """Count what the client has not read; there is a moment for refusing more when more is sent."""
        waiting = sum(map(len, self._waiting or ()))
        self._unwritten_bytes = self._transport.underlying_transport.get_write_buffer_size() + waiting
        if self._usage is not None:
            self._usage.buffer(self._buffered_bytes)

    # Its end

    def _begin_to_close(self, code: int) -> None:
        self._close_code = code
        self._fragments = None
        self._admitted_frames = FRAMES_AFTER_CLOSE
        self._finished()
        self._drop_later()

    def _break_off(self, code: int) -> None:
        """Close without looking for the client's close frame: what it sends is not worth reading, or cannot be told."""
        self.close(code)
        self._stop_reading()

    @property
    def _is_readable(self) -> bool:
        return not self._is_deaf and not self._transport.underlying_transport.is_closing()

    def _stop_reading(self) -> None:
        """Leave what comes in the kernel, where the client has to wait; the rest of this read is passed over."""
        self._admitted_frames = 0
        self._is_deaf = True
        if not self._transport.underlying_transport.is_closing():
            self._transport.underlying_transport.pause_reading()

    def _send_close(self, code: int) -> None:
        self.flush()
        if not self._transport.is_close_frame_sent:  # by picows, which has found a broken rule after this frame
            self._transport.send_close(code)  # type: ignore[arg-type]  # any code will do
        self.read_on()  # for the client's close frame, if nobody has listened
        # The caller may be in the middle of something, so the end is reported afterwards.
        asyncio.get_running_loop().call_soon(self._end, code)

    def _close_at_once(self, code: CloseCode) -> None:
        if self._close_code is None:
            self._begin_to_close(code)
            self._waiting = None
            self.flush()
            self._transport.send_close(code)  # type: ignore[arg-type]  # any code will do
        self._end(self._close_code or code)
        self._drop_later()
        self._transport.disconnect()

    def _drop_later(self) -> None:
        """Bound the time that the client has to take what is written and to close its side."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.shared.patience, self._drop)

    def _drop(self) -> None:
        self._end(self._close_code or ABNORMAL_CLOSURE)
        reset(self._transport.underlying_transport)

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
    """Return the number of a close code, of which picows knows some by name."""
    return int(code)


def _text_frame_head(size: int) -> bytes:
    """Return the head of a frame whose text has this many bytes (RFC 6455 §5.2): a server's frame has no mask."""
    if size < LONG:
        return b"\x81%c" % size
    if size < VERY_LONG:
        return b"\x81\x7e" + size.to_bytes(2, "big")
    return b"\x81\x7f" + size.to_bytes(8, "big")
