"""What an address may ask for over HTTP, and what it is told when that was too much."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from protocol.http import HEALTH_PATH
from signaling.configuration.values import read_limit
from signaling.site.loading import Site
from signaling.sockets.http_protocol import MAX_PASSED_OVER_BYTES
from signaling.sockets.waiting_clients import Patience, WaitingClients
from tests.signaling.conftest import quick_settings
from tests.signaling.raw_client import RawClient
from tests.signaling.running import RunningServer, running
from tests.signaling.sockets.test_http_protocol import talking
from tests.signaling.sockets.test_http_protocol_unfinished import Time

GET = f"GET {HEALTH_PATH} HTTP/1.1\r\nHost: here\r\n\r\n"
SOON = Patience(refused=0.0, step=0.005)
ATTEMPTS = 200
"""More than an address may make: sixty, and another one each second."""
SOON_BY_CLOCK = Patience(step=0.005)
"""Looked at often, by a clock that is the test's."""


@contextmanager
def limited(folder: Path, site: Site, *proxies: str) -> Iterator[RunningServer]:
    """Run a server that takes three of an address: a connection and two requests, say."""
    settings = quick_settings(folder, request_limit=read_limit("3/hour"), trusted_proxies=proxies)
    with running(settings, site, WaitingClients(SOON)) as server:
        yield server


@pytest.fixture
def server(tmp_path: Path, site: Site) -> Iterator[RunningServer]:
    """A server to which everyone comes directly."""
    with limited(tmp_path, site) as started:
        yield started


@asynccontextmanager
async def having_asked(server: RunningServer, times: int) -> AsyncIterator[RawClient]:
    """Connect, and get some answers."""
    async with talking(server) as client:
        for _ in range(times):
            client.writer.write(GET.encode())
            assert (await client.response())[0] == 200
            await client.body()
        yield client


async def error_of(client: RawClient) -> dict[str, object]:
    """Wait for a refusal, and for the end."""
    status, head = await client.response()
    assert (status, "\r\nconnection: close\r\n" in head.lower()) == (429, True)
    assert "\r\nretry-after: " in head.lower()
    error: dict[str, object] = json.loads(await client.end())["error"]
    return error


async def test_request_too_many_is_refused(server: RunningServer) -> None:
    """With the time to wait, and the connection ends."""
    async with having_asked(server, 2) as client:
        client.writer.write(GET.encode())
        error = await error_of(client)
    assert error["code"] == "rate_limited"
    assert isinstance(error["retry_after"], int)
    assert error["retry_after"] > 0


async def test_connection_too_many_is_refused(server: RunningServer) -> None:
    """Whatever it says, which nobody looks at."""
    async with having_asked(server, 2), talking(server) as another:
        another.writer.write(b"nonsense\r\n\r\n")
        assert (await error_of(another))["code"] == "rate_limited"


async def test_silent_connection_too_many_is_refused(server: RunningServer) -> None:
    """It has not to ask first."""
    async with having_asked(server, 2), talking(server) as another:
        assert (await error_of(another))["code"] == "rate_limited"


async def test_connection_too_many_that_floods_is_held_too(tmp_path: Path, site: Site) -> None:
    """It is not answered, but if it ended at once, the next one would come at once."""
    time = Time()
    settings = quick_settings(tmp_path, request_limit=read_limit("1/hour"), trusted_proxies=())
    with running(settings, site, WaitingClients(SOON_BY_CLOCK, clock=time)) as server:
        async with talking(server), talking(server) as another:
            another.writer.write(b"x" * 16 * MAX_PASSED_OVER_BYTES)
            end = asyncio.create_task(another.end())
            await time.passes(0)
            assert not end.done()
            with contextlib.suppress(ConnectionError):
                assert await time.passes_until(end) == b""


async def test_trusted_proxy_is_not_bounded(tmp_path: Path, site: Site) -> None:
    """It stands for everyone behind it."""
    with limited(tmp_path, site, "127.0.0.1") as server:
        async with having_asked(server, 10):
            pass


async def test_refusals_are_one_line(server: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    """However many there are."""
    caplog.set_level("INFO", logger="p2p_chat")
    async with having_asked(server, 2):
        for _ in range(5):
            async with talking(server) as another:
                await error_of(another)
    assert sum("event=requests_refused" in message for message in caplog.messages) == 1


async def test_what_cannot_be_read_is_held_against_its_address(tmp_path: Path, site: Site) -> None:
    """Where there is too much of it, nothing from there is read any more."""
    with running(quick_settings(tmp_path, trusted_proxies=()), site, WaitingClients(SOON)) as server:
        for _ in range(ATTEMPTS):
            async with talking(server) as client:
                client.writer.write(b"nonsense\r\n\r\n")
                if (await client.response())[0] == 429:
                    break
        async with talking(server) as client:
            client.writer.write(GET.encode())
            assert (await error_of(client))["code"] == "rate_limited"
