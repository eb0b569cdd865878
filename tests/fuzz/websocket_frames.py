"""Plays bytes to an open WebSocket: both ways of ours hear what `websockets`, which is a third one, reads in them.

The first byte of a script says in pieces of how many bytes the rest comes, and 0 that it comes at once.
"""

from __future__ import annotations

from itertools import chain

from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from signaling.sockets.frame_heads import FrameHeads
from tests.fuzz.server_connection import MAX_MESSAGE_BYTES, Connection, connect, pieces

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2l4dGVlbiBieXRlcyBvaw==\r\n\r\n"
)
CONTROL = frozenset({Opcode.PING, Opcode.PONG, Opcode.CLOSE})
Heard = list[str | None]


def play(data: bytes) -> None:
    """Have picows, and the meter of the other way, read the frames in the bytes."""
    connection = connect(chain([HANDSHAKE], pieces(data)))
    assert connection.is_websocket
    assert len(connection.codes) == 1
    frames, fault = read_by_websockets(data[1:])
    heard, broken_off = messages(frames)
    _look_at_messages(connection, heard, is_whole=not fault and not broken_off)
    _look_at_heads(data, frames)


def _look_at_messages(connection: Connection, heard: Heard, *, is_whole: bool) -> None:
    """What picows tells is the beginning of what there is, and all of it where the client kept to the rules."""
    assert connection.messages == heard[: len(connection.messages)], (connection.messages, heard)
    assert not is_whole or connection.messages == heard, (connection.messages, heard)


def _look_at_heads(data: bytes, frames: list[Frame]) -> None:
    """The meter finds the frames that there are, however they come."""
    heads, begun = FrameHeads(), 0
    for piece in pieces(data):
        rest = memoryview(piece)
        while rest:
            rest, has_begun = heads.next(rest)
            begun += has_begun
    assert begun >= len(frames)
    assert heads.message_bytes <= len(data)


def read_by_websockets(data: bytes) -> tuple[list[Frame], bool]:
    """Return the frames in bytes, up to where a rule is broken, and whether one is."""
    protocol = ServerProtocol(state=OPEN, max_size=MAX_MESSAGE_BYTES)
    protocol.receive_data(data)
    frames = [event for event in protocol.events_received() if isinstance(event, Frame)]
    return frames, protocol.parser_exc is not None


def messages(frames: list[Frame]) -> tuple[Heard, bool]:
    """Return what frames say, up to a close frame, and whether they break off before the end of a text's rules."""
    heard: Heard = []
    parts: list[bytes] = []
    is_text = True
    for frame in frames:
        if frame.opcode is Opcode.CLOSE:
            return heard, False
        if frame.opcode in CONTROL:
            continue
        if frame.opcode is not Opcode.CONT:
            parts, is_text = [], frame.opcode is Opcode.TEXT
        parts.append(bytes(frame.data))
        if frame.fin:
            try:
                heard.append(b"".join(parts).decode() if is_text else None)
            except UnicodeDecodeError:
                return heard, True
    return heard, False
