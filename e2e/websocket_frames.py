"""Reads what a client has sent over a WebSocket out of the bytes of its connection (RFC 6455 §5)."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import DATA_OPCODES, Frame
from websockets.streams import StreamReader

HEADERS_END = b"\r\n\r\n"
UPGRADE = re.compile(rb"^GET /ws.*\r\nupgrade: websocket\r\n", re.IGNORECASE | re.DOTALL)
WINDOW_BITS = 15
MAX_MESSAGE_BYTES = 1 << 20


def messages(received: bytes) -> Iterator[bytes]:
    """Yield the payloads, unmasked and inflated, if the connection became a WebSocket; nothing otherwise."""
    handshake, _, stream = received.partition(HEADERS_END)
    if not UPGRADE.match(handshake + b"\r\n"):
        return
    inflate = PerMessageDeflate(
        remote_no_context_takeover=False,
        local_no_context_takeover=False,
        remote_max_window_bits=WINDOW_BITS,
        local_max_window_bits=WINDOW_BITS,
    )
    reader = StreamReader()
    reader.feed_data(stream)
    reader.feed_eof()
    while (frame := _next_frame(reader, inflate)) is not None:
        if frame.opcode in DATA_OPCODES:
            yield bytes(frame.data)


def _next_frame(reader: StreamReader, inflate: PerMessageDeflate) -> Frame | None:
    parse: Generator[None, None, Frame] = Frame.parse(
        reader.read_exact, mask=True, max_size=MAX_MESSAGE_BYTES, extensions=[inflate]
    )
    try:
        next(parse)
    except StopIteration as done:
        frame: Frame = done.value
        return frame
    except EOFError:
        return None  # the connection ended here
    return None
