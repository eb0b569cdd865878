"""A slow line before the server: a bandwidth that all connections share, and a delay, each way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

CHUNK_BYTES = 8 * 1460
"""A few full packets: small enough for connections to share the line, large enough to leave the processor alone."""
QUEUE_SECONDS = 0.05
"""How much may wait before the line; what is more stays with the sender, as in a router of good manners."""


class Line:
    """One direction."""

    def __init__(self, bytes_per_second: float, delay: float) -> None:
        self._bytes_per_second = bytes_per_second
        self._delay = delay
        self._free_at = 0.0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Bring bytes from one end to the other, each in its time, until they end."""
        loop = asyncio.get_running_loop()
        arriving: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivery = asyncio.create_task(_deliver(arriving, writer))
        with suppress(ConnectionError):
            while chunk := await reader.read(CHUNK_BYTES):
                self._free_at = max(self._free_at, loop.time()) + len(chunk) / self._bytes_per_second
                arriving.put_nowait((self._free_at + self._delay, chunk))
                await asyncio.sleep(self._free_at - QUEUE_SECONDS - loop.time())
        arriving.put_nowait((loop.time() + self._delay, b""))
        with suppress(ConnectionError):
            await delivery


async def _deliver(arriving: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    chunk = b"first"
    while chunk:
        time, chunk = await arriving.get()
        await asyncio.sleep(time - loop.time())
        writer.write(chunk)
        await writer.drain()
    writer.close()


@asynccontextmanager
async def slow_line(port: int, megabits: float, round_trip: float) -> AsyncIterator[int]:
    """Lay a line to a server on this machine; gives the port of its other end. The round trip is in seconds."""
    there, back = (Line(megabits * 1e6 / 8, round_trip / 2) for _ in range(2))

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(round_trip)  # SYN and its answer
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(there.carry(reader, server_writer), back.carry(server_reader, writer))

    listener = await asyncio.start_server(connect, "127.0.0.1", 0)
    async with listener:
        yield int(listener.sockets[0].getsockname()[1])
