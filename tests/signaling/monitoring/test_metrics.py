from __future__ import annotations

import asyncio
import platform
from importlib.metadata import version

import pytest
from prometheus_client.parser import text_string_to_metric_families

from protocol.codes import CloseCode, ErrorCode
from protocol.requests import Leave
from protocol.requests import Signal as SignalRequest
from protocol.webrtc import Candidate
from tests.signaling.conftest import StartServer
from tests.signaling.running import PATIENCE, RunningServer, drop, in_room

TOKEN = "a-token-of-32-bytes-or-even-longer"
RELAYED = 20


class Scraped:
    """What `/metrics` told at one moment."""

    def __init__(self, text: str) -> None:
        families = list(text_string_to_metric_families(text))
        self.types = {family.name: family.type for family in families}
        self.samples = {
            (sample.name, *sorted(f"{name}={value}" for name, value in sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }

    def __call__(self, name: str, **labels: str) -> float:
        """Return the value of a sample of ours, by its labels besides the worker's."""
        pairs = sorted(f"{label}={value}" for label, value in {"worker": "0", **labels}.items())
        return self.samples[f"p2pchat_{name}", *pairs]


async def scraped(server: RunningServer) -> Scraped:
    """Scrape a server as Prometheus does, from its own machine."""
    async with server.http() as client:
        response = await client.get("/metrics")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert response.headers["cache-control"] == "no-store"
    return Scraped(response.text)


async def until(server: RunningServer, name: str, value: float, **labels: str) -> Scraped:
    """Scrape until a sample has a value: what a lost connection changes is told to nobody else."""
    async with asyncio.timeout(PATIENCE):
        while (told := await scraped(server))(name, **labels) != value:
            pass
    return told


async def test_server_tells_what_it_is(server: RunningServer) -> None:
    """The versions are there, of this program and of what runs it."""
    told = await scraped(server)
    assert told("build_info", version=version("p2p-chat"), python=platform.python_version()) == 1
    assert told("worker_up") == 1
    assert any(name == "python_info" and "worker=0" in labels for name, *labels in told.samples)


async def test_connections_rooms_and_peers_are_told(start_server: StartServer) -> None:
    """Who is there is told as it is at the moment: connected, in a room, and awaited after a loss."""
    server = start_server()
    token = await server.register()
    async with server.connect(token) as outside, in_room(server, token, "meet") as (first, _):
        await outside.welcome()
        async with in_room(server, token, "meet") as (second, _):
            await first.receive()
            told = await scraped(server)
            assert [told(name) for name in ("connections", "rooms", "peers", "peers_awaited")] == [3, 1, 2, 0]
            drop(second)
        told = await until(server, "peers_awaited", 1)
        assert [told(name) for name in ("connections", "rooms", "peers")] == [2, 1, 1]
    told = await until(server, "connections", 0)
    assert told("connections_opened_total") == 3


async def test_joins_are_counted(start_server: StartServer) -> None:
    """A join that resumes a peer is told from one that does not."""
    server = start_server()
    token = await server.register()
    async with in_room(server, token, "kitchen") as (client, joined):
        drop(client)
        await until(server, "peers_awaited", 1)
        async with server.connect(token) as again:
            await again.welcome()
            assert (await again.join("kitchen", joined.resume_token)).resumed
            told = await scraped(server)
    assert (told("joins_total", resumed="no"), told("joins_total", resumed="yes")) == (1, 1)


async def test_signals_are_counted_and_timed(start_server: StartServer) -> None:
    """Every signal counts; of the time that they take, something is known from the first one on."""
    server = start_server()
    token = await server.register()
    async with in_room(server, token, "meet") as (first, there), in_room(server, token, "meet") as (second, _):
        await first.receive()
        for _ in range(RELAYED):
            await second.send(SignalRequest(there.peer_id, candidate=Candidate("")))
            await first.receive()
        told = await scraped(server)
    assert told("signals_relayed_total") == RELAYED
    assert 1 <= told("relay_duration_seconds_count") <= RELAYED
    assert told("relay_duration_seconds_bucket", le="+Inf") == told("relay_duration_seconds_count")
    assert 0 < told("relay_duration_seconds_sum") < PATIENCE


async def test_refusals_are_counted(start_server: StartServer) -> None:
    """Refusals count by their code, whichever way they came, and codes that never came are there with 0."""
    server = start_server()
    async with server.connect(await server.register()) as client:
        await client.welcome()
        await client.send(Leave())
        assert await client.refusal() == ErrorCode.NOT_IN_ROOM
    async with server.connect("nonsense") as stranger:
        assert await stranger.close_code() == CloseCode.UNAUTHENTICATED
    await server.post("/api/login", {"username": "nobody", "password": "nothing-at-all"})
    await server.post("/api/login", headers={"Origin": "https://evil.example"})
    await server.post("/api/nothing")
    await server.post("/healthz")
    told = await scraped(server)
    counts = {code: told("refusals_total", code=code) for code in ErrorCode}
    assert {code for code, count in counts.items() if count == 1} == {
        ErrorCode.NOT_IN_ROOM,
        ErrorCode.UNAUTHENTICATED,
        ErrorCode.INVALID_CREDENTIALS,
        ErrorCode.FORBIDDEN_ORIGIN,
        ErrorCode.NOT_FOUND,
        ErrorCode.METHOD_NOT_ALLOWED,
    }
    assert sum(counts.values()) == 6


async def test_closes_are_counted(start_server: StartServer) -> None:
    """Each WebSocket counts once when it ends, by its code; those that a client makes up count together."""
    server = start_server()
    token = await server.register()
    for code in (1000, 1001, 4321, 4999):
        async with server.connect(token) as client:
            await client.welcome()
            await client.socket.close(code)
    async with server.connect(token) as client:
        await client.welcome()
        drop(client)
    async with server.connect("nonsense") as stranger:
        await stranger.close_code()
    told = await until(server, "closes_total", 1, code="1006")
    counts = {code: told("closes_total", code=code) for code in ("1000", "1001", "1006", "4401", "other")}
    assert counts == {"1000": 1, "1001": 1, "1006": 1, "4401": 1, "other": 2}


async def test_requests_are_counted_by_route(start_server: StartServer) -> None:
    """Requests count under the template of their route, and what is none under none: no path stands anywhere."""
    server = start_server()
    async with server.http() as client:
        for path in ("/chat/kitchen", "/chat/cellar", "/nothing", "/nothing-else"):
            await client.get(path)
        await client.request("PROPFIND", "/chat/kitchen")
    told = await scraped(server)
    assert told("http_requests_total", method="GET", route="/chat/{room:path}", status="200") == 2
    assert told("http_requests_total", method="GET", route="none", status="404") == 2
    assert told("http_requests_total", method="other", route="/chat/{room:path}", status="405") == 1
    assert told("http_request_duration_seconds_count", method="GET", route="/chat/{room:path}") == 2
    assert not any("kitchen" in label or "nothing" in label for sample in told.samples for label in sample)


async def test_apps_count_for_themselves(start_server: StartServer) -> None:
    """Two servers in one process have nothing in common."""
    one, other = start_server(), start_server()
    await one.register()
    route = {"method": "POST", "route": "/api/register", "status": "201"}
    assert (await scraped(one))("http_requests_total", **route) == 1
    with pytest.raises(KeyError):
        (await scraped(other))("http_requests_total", **route)
