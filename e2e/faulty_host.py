"""An HTTP proxy before the server, which spoils the answers to some requests as networks and servers do."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass
from enum import StrEnum

LINGER = struct.pack("ii", 1, 0)
"""A connection that is closed with this is reset (SO_LINGER of no time)."""
DRIPS = 9


class Fault(StrEnum):
    """What becomes of an answer."""

    STATUS = "status"
    """502, as by a proxy whose server is away."""
    RESET = "reset"
    """The connection is reset in the middle."""
    STALL = "stall"
    """Half of it comes, and then nothing."""
    SILENCE = "silence"
    """Nothing comes at all."""
    TRUNCATED = "truncated"
    """The connection ends in the middle."""
    SHORT = "short"
    """Half of it, which says that it is the whole."""
    TYPE = "type"
    """It says that it is text."""
    PORTAL = "portal"
    """A page comes in its place, as of a network that wants a login first."""
    DRIP = "drip"
    """All of it comes, in pieces with pauses between."""


INSTEAD = {
    Fault.STATUS: b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    Fault.PORTAL: b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
    b"<!doctype html><title>Please log in to this network</title>",
}
"""Answers that have nothing of the server's in them."""


@dataclass
class Spoiling:
    """Which answers are spoilt, and how often; always, without a number."""

    name: str
    fault: Fault
    times: int | None = None
    pause: float = 0.0
    """Between the pieces, in seconds."""


class FaultyHost:
    """Stands between pages and a server, on a port of its own; one request for each connection."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()
        self.spoilings: list[Spoiling] = []
        self.url = ""

    async def start(self) -> None:
        """Take connections."""
        self._listener = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        """End those that stand still too."""
        if self._listener is not None:
            self._listener.close()
        self._over.set()
        await asyncio.gather(*self._connections)

    def spoil(self, name: str, fault: Fault, times: int | None = None, *, pause: float = 0.0) -> None:
        """Spoil the answers for a file from now on."""
        self.spoilings.append(Spoiling(name, fault, times, pause))

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the browser has closed it
        finally:
            self._connections.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        path = request.split(b" ", 2)[1].decode().partition("?")[0]
        spoiling = self._spoiling(path)
        head, body = await self._ask(request)
        if spoiling is None:
            writer.write(_with_length(head, len(body)) + body)
        else:
            await self._spoil(writer, spoiling, head, body)
        await writer.drain()

    def _spoiling(self, path: str) -> Spoiling | None:
        for spoiling in self.spoilings:
            if path.endswith(f"/{spoiling.name}") and spoiling.times != 0:
                if spoiling.times is not None:
                    spoiling.times -= 1
                return spoiling
        return None

    async def _ask(self, request: bytes) -> tuple[bytes, bytes]:
        """Ask the server, and return the head and the body of its answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        lines = [line for line in request.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        writer.write(b"\r\n".join([*lines[:-2], b"Connection: close", b"", b""]))
        head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
        writer.close()
        return head, body

    async def _spoil(self, writer: asyncio.StreamWriter, spoiling: Spoiling, head: bytes, body: bytes) -> None:
        fault, half = spoiling.fault, body[: len(body) // 2]
        if fault in INSTEAD:
            writer.write(INSTEAD[fault])
        elif fault is Fault.TYPE:
            writer.write(_with_length(head, len(body), b"text/plain") + body)
        elif fault is Fault.SHORT:
            writer.write(_with_length(head, len(half)) + half)
        elif fault is Fault.DRIP:
            await _drip(writer, spoiling.pause, _with_length(head, len(body)), body)
        else:
            if fault is not Fault.SILENCE:
                writer.write(_with_length(head, len(body)) + half)
            await writer.drain()
            if fault in (Fault.STALL, Fault.SILENCE):
                await self._over.wait()
            if fault is Fault.RESET:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER)
                writer.transport.abort()


def _with_length(head: bytes, length: int, media_type: bytes | None = None) -> bytes:
    """Return the head of an answer with its length, and of another type."""
    dropped = (b"content-length:", b"connection:", *([b"content-type:"] if media_type else []))
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(dropped)]
    lines += [b"Content-Length: %d" % length, b"Connection: close"]
    lines += [b"Content-Type: " + media_type] if media_type else []
    return b"\r\n".join([*lines, b"", b""])


async def _drip(writer: asyncio.StreamWriter, pause: float, head: bytes, body: bytes) -> None:
    writer.write(head)
    size = -(-len(body) // DRIPS)
    for start in range(0, len(body), size):
        writer.write(body[start : start + size])
        await asyncio.sleep(pause)
