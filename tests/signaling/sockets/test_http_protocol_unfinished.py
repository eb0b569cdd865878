"""Clients that begin something and leave it there: each is shown out in time, by a clock that a test moves."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

import pytest

from signaling.site.loading import Site
from signaling.sockets.http_protocol import MAX_PASSED_OVER_BYTES
from signaling.sockets.waiting_clients import Patience, WaitingClients
from tests.signaling.conftest import quick_settings
from tests.signaling.raw_client import KEY, RawClient
from tests.signaling.running import PATIENCE, RunningServer, running

LIMITS = Patience(step=0.005)
"""It is looked often, by a clock that is the test's."""
PAUSE = 0.01
HEAD = "POST /api/login HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
GET = "GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n"
HALF_UPGRADE = f"GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: {KEY}"
LARGE_BYTES = 32_000_000
"""More than the buffers of two sockets hold."""
BYTES_PER_SECOND = 400_000
"""What the buffers hold takes half of the time in which something has to be read."""
T = TypeVar("T")


@dataclass
class Time:
    """The server's clock, which stands unless a test lets it pass."""

    now: float = 0.0
    asked: int = 0
    """How often the server has asked for it."""

    def __call__(self) -> float:
        """Tell the time."""
        self.asked += 1
        return self.now

    async def passes(self, seconds: float) -> None:
        """Let some time pass, and the server look whose is up: it asks for the time then, and seldom otherwise."""
        self.now += seconds
        before = self.asked
        async with asyncio.timeout(PATIENCE):
            while self.asked < before + 5:  # noqa: ASYNC110 - nothing tells that it has looked
                await asyncio.sleep(PAUSE)

    async def passes_until(self, awaited: Awaitable[T]) -> T:
        """Let time pass until something has happened, whatever that takes on this machine."""
        happened = asyncio.ensure_future(awaited)
        async with asyncio.timeout(PATIENCE):
            while not happened.done():
                await asyncio.wait({happened}, timeout=PAUSE)
                self.now += 1.0
        return await happened


@dataclass
class Patient:
    """A server whose time is in the hands of a test."""

    server: RunningServer
    time: Time

    @asynccontextmanager
    async def told(self, text: str) -> AsyncIterator[RawClient]:
        """Connect, and send a text that may not be all."""
        reader, writer = await asyncio.open_connection(self.server.host, self.server.port)
        writer.write(text.encode())
        try:
            yield RawClient(reader, writer)
        finally:
            writer.close()


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[Patient]:
    """A server with a large file."""
    folder = tmp_path_factory.mktemp("data")
    large = folder / "large"
    large.write_bytes(bytes(LARGE_BYTES))
    name, asset = next(iter(site.runtime.items()))
    runtime = {name: asset, "large": replace(asset, content=large, encoded={})}
    time = Time()
    clients = WaitingClients(LIMITS, clock=time)
    with running(quick_settings(folder), replace(site, runtime=runtime), clients) as started:
        yield Patient(started, time)


async def test_silent_connection_is_closed(patient: Patient) -> None:
    """Without a word, since nothing was asked."""
    async with patient.told("") as client:
        assert await patient.time.passes_until(client.end()) == b""


@pytest.mark.parametrize(
    "text",
    ["GET", GET[:-2], HALF_UPGRADE, "\r\n", HEAD + "Content-Length: 2\r\n\r\n{", HEAD + "Content-Length: 2\r\n\r\n"],
    ids=["word", "head", "upgrade", "empty line", "half a body", "no body"],
)
async def test_unfinished_request_is_answered_and_closed(patient: Patient, text: str) -> None:
    """Somebody on a bad line learns that it took too long."""
    async with patient.told(text) as client:
        status, head = await patient.time.passes_until(client.response())
        assert (status, "connection: close" in head.lower()) == (408, True)
        assert "in time" in json.loads(await client.end())["error"]["message"]


async def test_connection_that_asks_nothing_more_is_closed(patient: Patient) -> None:
    """After an answer too, and without another."""
    async with patient.told(GET) as client:
        assert (await patient.time.passes_until(client.end())).count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("more", ["G", "\r", GET[:-2]])
async def test_byte_after_response_does_not_keep_connection(patient: Patient, more: str) -> None:
    """Whatever it is, a whole request has to follow in time."""
    async with patient.told(GET) as client:
        assert (await client.response())[0] == 200
        await client.body()
        client.writer.write(more.encode())
        await patient.time.passes_until(client.end())


async def test_beginning_of_next_request_does_not_keep_connection(patient: Patient) -> None:
    """Its time begins when the request before it is answered."""
    async with patient.told(GET + "GET /he") as client:
        assert (await client.response())[0] == 200
        await client.body()
        assert (await patient.time.passes_until(client.end())).startswith(b"HTTP/1.1 408 ")


async def test_body_of_answered_request_does_not_keep_connection(patient: Patient) -> None:
    """Nobody reads it; it has its time nevertheless, and no second answer."""
    async with patient.told("POST /nothing HTTP/1.1\r\nHost: here\r\nContent-Length: 99\r\n\r\nx") as client:
        assert (await patient.time.passes_until(client.end())).count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    ("beginning", "piece"),
    [
        (GET[:-2] + "X: ", "x"),
        (GET[:-2], "X: y\r\n"),
        (HEAD + "Content-Length: 4000\r\n\r\n", " "),
        (HEAD + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"),
        (HEAD + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "x: y\r\n"),
        ("POST /nothing HTTP/1.1\r\nHost: here\r\nContent-Length: 4000\r\n\r\n", " "),
    ],
    ids=["header", "headers", "body", "chunks", "trailer", "answered"],
)
async def test_dripping_request_does_not_keep_connection(patient: Patient, beginning: str, piece: str) -> None:
    """The time is for the whole of it, and not between two bytes."""
    async with patient.told(beginning) as client:

        async def drip() -> None:
            while True:
                client.writer.write(piece.encode())
                await asyncio.sleep(PAUSE)

        dripping = asyncio.create_task(drip())
        try:
            with contextlib.suppress(ConnectionResetError):  # by what is sent after the end
                await patient.time.passes_until(client.end())
        finally:
            dripping.cancel()


async def test_requests_on_one_connection_have_time_each(patient: Patient) -> None:
    """A connection that is used may stay for longer than any one of them has."""
    async with patient.told("") as client:
        for _ in range(10):
            client.writer.write(GET.encode())
            assert (await client.response())[0] == 200
            await client.body()
            await patient.time.passes(LIMITS.head - 1)


async def test_refusal_is_told_in_a_moment(patient: Patient) -> None:
    """Who is told at once what was wrong, and does nothing else, is back at once."""
    async with patient.told("GARBAGE\r\n\r\n") as client:
        answer = asyncio.create_task(client.end())
        await patient.time.passes(0)
        assert not answer.done()
        assert (await patient.time.passes_until(answer)).startswith(b"HTTP/1.1 400 ")


async def test_flood_that_is_refused_waits_as_long_as_the_others(patient: Patient) -> None:
    """It is not read, and not answered, but a connection that ended at once would be followed by the next."""
    async with patient.told("GARBAGE\r\n\r\n" + "x" * 16 * MAX_PASSED_OVER_BYTES) as client:
        answer = asyncio.create_task(client.end())
        await patient.time.passes(0)
        assert not answer.done()
        with contextlib.suppress(ConnectionResetError):
            assert await patient.time.passes_until(answer) == b""


async def test_websocket_outlives_these_limits(patient: Patient) -> None:
    """They end with the handshake."""
    async with patient.server.connect(await patient.server.register()) as websocket, patient.told("") as other:
        await websocket.welcome()
        await patient.time.passes_until(other.end())
        patient.time.now += 10 * LIMITS.reading
        await websocket.join("kitchen")


async def test_client_that_does_not_read_is_dropped(patient: Patient) -> None:
    """A file is not kept open for somebody who takes none of it."""
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        slow.connect((patient.server.host, patient.server.port))
        slow.sendall(b"GET /pyodide/1.2.3/large HTTP/1.1\r\nHost: here\r\n\r\n")
        await patient.time.passes_until(until_reset(slow))


async def test_client_that_reads_slowly_gets_everything(patient: Patient) -> None:
    """As long as it goes on, it may take many times as long."""
    reader, writer = await asyncio.open_connection(patient.server.host, patient.server.port, limit=2**20)
    writer.write(b"GET /pyodide/1.2.3/large HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    begun, received = patient.time.now, 0
    while piece := await asyncio.wait_for(reader.read(2**20), PATIENCE):
        received += len(piece)
        patient.time.now += len(piece) / BYTES_PER_SECOND
        await asyncio.sleep(PAUSE / 10)
    writer.close()
    assert received > LARGE_BYTES
    assert patient.time.now - begun > LIMITS.reading


async def until_reset(connection: socket.socket) -> None:
    """Wait until the other end has reset a connection on which nothing is read."""
    while not connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):  # noqa: ASYNC110 - nothing may be read
        await asyncio.sleep(PAUSE)
