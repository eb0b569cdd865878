import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bench.load import HOST
from bench.load.abuser import Abuser, Deeds, Orders, attack
from bench.load.websocket import PING, PONG, TEXT, frame
from tests.signaling.running import PATIENCE

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
UNMASKED_PING = bytes([0x80 | PING, 1]) + b"?"


@asynccontextmanager
async def victim(serve: Serve) -> AsyncIterator[Callable[..., Orders]]:
    """A server that does as a test wants with each connection, and orders against it."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(connected, HOST, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield lambda **bounds: Orders(port, PATIENCE, ["127.0.2.1", "127.0.2.2"], [("mallory", "token")], **bounds)


async def close(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """End every connection at once."""


async def wait(abuser: Abuser) -> None:
    """Connect, and wait for the end."""
    await (await abuser.connect()).wait_for_end()


async def test_abuser_goes_on_after_every_close() -> None:
    """It connects again and again, until the attack has made as many connections as it may."""
    async with victim(close) as orders:
        assert await attack([wait], 2, orders(max_connections=7)) == Deeds(connections=7)


async def test_abusers_come_from_all_addresses() -> None:
    """Each has one of the addresses, in turn."""
    seen = set()

    async def look(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.add(writer.get_extra_info("peername")[0])

    async with victim(look) as orders:
        await attack([wait], 2, orders(max_connections=20))
    assert seen == {"127.0.2.1", "127.0.2.2"}


async def test_flood_ends_with_its_last_byte() -> None:
    """An attack sends no more than it may, however much the server takes."""

    async def swallow(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def flood(abuser: Abuser) -> None:
        await (await abuser.connect()).flood(bytes(1_000))

    async with victim(swallow) as orders:
        deeds = await attack([flood], 1, orders(max_bytes=10_500))
    assert deeds == Deeds(connections=1, sent_bytes=10_000)


async def test_refusal_is_counted() -> None:
    """A connection that ends before it should is one that the server refused."""

    async def expect_head(abuser: Abuser) -> None:
        await (await abuser.connect()).head()

    async with victim(close) as orders:
        deeds = await attack([expect_head], 1, orders(max_connections=3))
    assert deeds == Deeds(connections=3, refusals=3)


async def test_abuser_that_stays_answers_pings() -> None:
    """Also pings that come in pieces, or beside something else."""
    answers = []

    async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pong = frame(PONG, b"?")
        writer.write(bytes([0x80 | TEXT, 0]) + UNMASKED_PING + UNMASKED_PING[:1])
        answers.append(await reader.readexactly(len(pong)) == pong)
        writer.write(UNMASKED_PING[1:])
        answers.append(await reader.readexactly(len(pong)) == pong)

    async def stay(abuser: Abuser) -> None:
        await (await abuser.connect()).answer_pings()

    async with victim(ask) as orders:
        await attack([stay], 1, orders(max_connections=1))
    assert answers == [True, True]
