"""Writes what a WebSocket client sends, by hand: abusers want frames that no library would write."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Sequence

from protocol.http import TOKEN_SUBPROTOCOL_PREFIX
from protocol.versions import LATEST, SUBPROTOCOLS

TEXT, CONTINUATION, CLOSE, PING, PONG = 0x1, 0x0, 0x8, 0x9, 0xA
FINAL = 0x80
MASKED = 0x80
NO_MASK = bytes(4)
"""A mask that leaves a payload as it is: RFC 6455 §5.3 wants one, and an abuser takes the cheapest."""
LONG, VERY_LONG = 126, 127
LONG_BYTES, VERY_LONG_BYTES = 2, 8
MAX_LONG = 0xFFFF
NORMAL_CLOSURE = (1000).to_bytes(2, "big")


def head(opcode: int, size: int, *, final: bool = True) -> bytes:
    """Return what stands before a payload of `size` bytes, which need not follow in full."""
    first = bytes([opcode | (FINAL if final else 0)])
    if size < LONG:
        return first + bytes([MASKED | size]) + NO_MASK
    if size <= MAX_LONG:
        return first + bytes([MASKED | LONG]) + size.to_bytes(LONG_BYTES, "big") + NO_MASK
    return first + bytes([MASKED | VERY_LONG]) + size.to_bytes(VERY_LONG_BYTES, "big") + NO_MASK


def frame(opcode: int, payload: bytes = b"", *, final: bool = True) -> bytes:
    """Return one whole frame."""
    return head(opcode, len(payload), final=final) + payload


def frames(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Read the whole frames that a server has sent: opcode, payload, and where the next one begins."""
    at = 0
    while len(data) - at >= 2:  # noqa: PLR2004 - the least that a frame has
        size, start = data[at + 1], at + 2
        if size in (LONG, VERY_LONG):
            width = LONG_BYTES if size == LONG else VERY_LONG_BYTES
            size, start = int.from_bytes(data[start : start + width], "big"), start + width
        if start + size > len(data):
            return
        yield data[at] & 0x0F, data[start : start + size], start + size
        at = start + size


def upgrade(host: str, offers: Sequence[str]) -> bytes:
    """Return the request for a WebSocket, as a page of the server itself sends it."""
    lines = [
        "GET /ws HTTP/1.1",
        f"Host: {host}",
        f"Origin: http://{host}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        f"Sec-WebSocket-Protocol: {', '.join(offers)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def token_offers(token: str) -> tuple[str, str]:
    """Return the subprotocols by which a page hands its token over."""
    return SUBPROTOCOLS[LATEST], TOKEN_SUBPROTOCOL_PREFIX + token
