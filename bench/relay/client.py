"""A WebSocket client that costs next to nothing: it frames what it sends once, and only counts what it receives."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable

LEAST_SIGNAL_BYTES = 150
"""Smaller messages are not what is counted: heartbeats, and who comes and goes."""
MASK = b"\x5a\xc3\x17\x88"
"""RFC 6455 §5.3 wants another in each frame, against proxies that are misled; there is no proxy here."""
LONG, VERY_LONG = 126, 127
TEXT = 0x81
CLOSE = bytes([0x88, 0x82]) + MASK + bytes(byte ^ MASK[index] for index, byte in enumerate(b"\x03\xe8"))


def frame(text: str) -> bytes:
    """Return the masked frame of a message."""
    payload = text.encode()
    size = len(payload)
    length = bytes([0x80 | size]) if size < LONG else bytes([0x80 | LONG]) + size.to_bytes(2, "big")
    mask = (MASK * (size // 4 + 1))[:size]
    masked = (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")).to_bytes(size, "big")
    return bytes([TEXT]) + length + MASK + masked


class Client(asyncio.Protocol):
    """One connection. `told` gets every message until `signalled` is set; then that gets the number of large ones."""

    def __init__(self, target: str, headers: tuple[str, ...], told: Callable[[Client, str], None]) -> None:
        self._request = _request(target, headers)
        self.told = told
        self.signalled: Callable[[int], None] | None = None
        self.closed: Callable[[], None] | None = None
        self.transport: asyncio.Transport
        self._is_open = False
        self._rest = b""
        self.opened: Callable[[Client], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        self.transport = transport  # type: ignore[assignment]  # uvloop's is none of asyncio's classes
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Read what came, in whole frames."""
        data = self._rest + data if self._rest else data
        if not self._is_open:
            head, separator, data = data.partition(b"\r\n\r\n")
            if not separator:
                self._rest = head
                return
            if b" 101 " not in head[:16]:
                raise ConnectionError(head.decode("latin-1"))
            self._is_open = True
            if self.opened is not None:
                self.opened(self)
        self._rest = self._read(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - a close is a close
        """Tell the one who asked to know."""
        if self.closed is not None:
            self.closed()

    def send(self, framed: bytes) -> None:
        """Send a frame."""
        self.transport.write(framed)

    def leave(self) -> None:
        """Close with 1000, and do not wait."""
        self.closed = None
        self.transport.write(CLOSE)
        self.transport.close()

    def _read(self, data: bytes) -> bytes:
        at, end, signals = 0, len(data), 0
        while end - at >= 2:  # noqa: PLR2004 - the least that a frame has
            size, start = data[at + 1], at + 2
            if size == LONG:
                size, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            elif size == VERY_LONG:
                size, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            if start + size > end:
                break
            if size >= LEAST_SIGNAL_BYTES and self.signalled is not None:
                signals += 1
            elif data[at] == TEXT:
                self.told(self, data[start : start + size].decode())
            at = start + size
        if signals and self.signalled is not None:
            self.signalled(signals)
        return data[at:]


def _request(target: str, headers: tuple[str, ...]) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {target} HTTP/1.1",
        "Host: 127.0.0.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {key}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode()
