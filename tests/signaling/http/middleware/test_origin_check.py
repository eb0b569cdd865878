import asyncio
import json
import logging
from dataclasses import dataclass

import pytest
from websockets.exceptions import InvalidStatus

from tests.signaling.conftest import StartServer
from tests.signaling.running import RunningServer

FRIEND = "https://friend.example"
EVIL = "https://evil.example"
WRONG_LOGIN = {"username": "Nobody", "password": "correct horse"}


@dataclass(frozen=True)
class Preflight:
    """What a browser asks before it lets a foreign page send JSON."""

    origin: str
    method: str = "POST"

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the question."""
        return {
            "Origin": self.origin,
            "Access-Control-Request-Method": self.method,
            "Access-Control-Request-Headers": "content-type,authorization",
        }


async def test_own_page_may_log_in(server: RunningServer) -> None:
    """The server's own page sends its origin with a login, and is let through."""
    response = await server.post("/api/login", WRONG_LOGIN, headers={"Origin": server.url})
    assert response.status_code == 401


@pytest.mark.parametrize("origin", [EVIL, "null", "http://127.0.0.1:1", "https://friend.example.evil.example"])
async def test_foreign_page_may_not_log_in(start_server: StartServer, origin: str) -> None:
    """A page of an origin that is not allowed is refused before anything is looked at."""
    server = start_server(allowed_origins=(FRIEND,))
    response = await server.post("/api/login", WRONG_LOGIN, headers={"Origin": origin})
    assert (response.status_code, response.json()["error"]["code"]) == (403, "forbidden_origin")
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    ("host", "asked"), [("app:3000", "as app:3000"), ("", "without a Host header")], ids=["foreign", "none"]
)
async def test_refusal_names_both_sides(
    server: RunningServer, caplog: pytest.LogCaptureFixture, host: str, asked: str
) -> None:
    """Where a proxy has changed the Host header, or left it out, answer and log say what met what, and what to do."""
    caplog.set_level(logging.INFO)
    refusals = server.app.state.counters.refusals
    before = refusals["forbidden_origin"]
    request = f"POST /api/login HTTP/1.0\r\nOrigin: {FRIEND}\r\n" + (f"Host: {host}\r\n" if host else "") + "\r\n"
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(request.encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    error = json.loads(body)["error"]
    assert head.split()[1] == b"403"
    assert (error["origin"], error["host"]) == (FRIEND, host)
    assert error["message"].startswith(f"Pages of {FRIEND} may not use this server, which was asked {asked}.")
    [line] = [record.getMessage() for record in caplog.records if "forbidden_origin" in record.getMessage()]
    assert f"origin={FRIEND} host={host or json.dumps('')} " in line
    assert "P2PCHAT_ALLOWED_ORIGINS" in line
    assert refusals["forbidden_origin"] == before + 1


async def test_refusal_repeats_the_beginning_of_an_origin(server: RunningServer) -> None:
    """Nobody has the server write as much as they like."""
    response = await server.post("/api/login", WRONG_LOGIN, headers={"Origin": f"https://{'x' * 10_000}.example"})
    assert response.status_code == 403
    assert len(response.content) < 1_500


async def test_allowed_page_may_log_in(start_server: StartServer) -> None:
    """A page of an allowed origin is answered, and its browser lets it read the answer."""
    server = start_server(allowed_origins=(FRIEND,))
    response = await server.post("/api/login", WRONG_LOGIN, headers={"Origin": FRIEND})
    assert response.status_code == 401
    assert response.headers["access-control-allow-origin"] == FRIEND
    assert "Retry-After" in response.headers["access-control-expose-headers"]
    assert "Origin" in response.headers["vary"]


async def test_browser_is_told_who_is_allowed(start_server: StartServer) -> None:
    """A preflight from an allowed origin is granted for what the API takes, and from any other it is not."""
    server = start_server(allowed_origins=(FRIEND,))
    async with server.http() as client:
        granted = await client.options("/api/login", headers=Preflight(FRIEND).headers)
        refused = await client.options("/api/login", headers=Preflight(EVIL).headers)
        odd = await client.options("/api/login", headers=Preflight(FRIEND, "DELETE").headers)
    assert granted.status_code == 200
    assert granted.headers["access-control-allow-origin"] == FRIEND
    assert "authorization" in granted.headers["access-control-allow-headers"].lower()
    assert (refused.status_code, odd.status_code) == (400, 400)
    assert "access-control-allow-origin" not in refused.headers


async def test_foreign_page_reads_nothing_by_default(server: RunningServer) -> None:
    """Without a setting no other origin is allowed anything."""
    async with server.http() as client:
        response = await client.get("/robots.txt", headers={"Origin": FRIEND})
    assert response.status_code == 200
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(("origin", "allowed"), [(FRIEND, True), (EVIL, False), ("null", False)])
async def test_foreign_page_reads_whether_it_is_allowed(
    start_server: StartServer, origin: str, *, allowed: bool
) -> None:
    """So it can tell a server that does not want it from one that is away, and say so to a person."""
    server = start_server(allowed_origins=(FRIEND,))
    async with server.http() as client:
        response = await client.get("/healthz", headers={"Origin": origin})
    assert (response.status_code, response.json()) == (200, {"status": "ok", "origin_allowed": allowed})
    assert response.headers["access-control-allow-origin"] == (origin if allowed else "*")


async def test_own_page_reads_that_it_is_allowed(server: RunningServer) -> None:
    """Its browser names its origin in some requests."""
    async with server.http() as client:
        response = await client.get("/healthz", headers={"Origin": server.url})
    assert response.json()["origin_allowed"] is True


async def test_own_page_may_signal(server: RunningServer) -> None:
    """The server's own page opens a WebSocket."""
    async with server.connect(await server.register(), origin=server.url) as client:
        await client.welcome()


async def test_foreign_page_may_not_signal(server: RunningServer) -> None:
    """A WebSocket of a foreign page is refused in its handshake."""
    with pytest.raises(InvalidStatus) as caught:
        async with server.connect(await server.register(), origin=EVIL):
            raise AssertionError
    assert caught.value.response.status_code == 403
    assert json.loads(caught.value.response.body)["error"]["code"] == "forbidden_origin"


async def test_allowed_page_may_signal(start_server: StartServer) -> None:
    """A page of an allowed origin opens a WebSocket too."""
    server = start_server(allowed_origins=(FRIEND,))
    async with server.connect(await server.register(), origin=FRIEND) as client:
        await client.welcome()
