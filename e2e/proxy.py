"""A TCP proxy before the server: it keeps every byte that the server receives, and its line can be cut."""

from __future__ import annotations

import asyncio
import contextlib

CHUNK_BYTES = 65_536


class Proxy:
    """Stands between pages and a server, on a port of its own."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self._port = 0
        self.received: list[bytearray] = []
        """What the server has received, by connection."""

    @property
    def url(self) -> str:
        """The address that pages use instead of the server's."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Let connections through; after `cut`, on the same port again."""
        self._listener = await asyncio.start_server(self._connect, "127.0.0.1", self._port)
        self._port = self._listener.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """End all connections without a farewell, and refuse new ones."""
        if self._listener is not None:
            self._listener.close()
        for line in self._lines:
            line.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            writer.transport.abort()  # as a dead server would
            return
        ends = {writer, server_writer}
        self._lines |= ends
        record = bytearray()
        self.received.append(record)
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(
                _pump(reader, server_writer, record),
                _pump(server_reader, writer, bytearray()),
            )
        for end in ends:
            end.close()
        self._lines -= ends


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, record: bytearray) -> None:
    while chunk := await reader.read(CHUNK_BYTES):
        record += chunk
        writer.write(chunk)
        await writer.drain()
    writer.close()
