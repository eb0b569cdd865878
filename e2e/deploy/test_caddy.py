"""Caddy as the compose file runs it: TLS in front, and nothing that the server needs is lost on the way."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from e2e.deploy.caddy import CADDYFILE, HOST, PATIENCE, Caddy
from e2e.deploy.compose import read_compose
from e2e.deploy.sockets import open_socket
from e2e.server import Server
from protocol.events import EVENTS, Welcome
from tests.deploy.variables import FILLED

pytestmark = pytest.mark.skipif(shutil.which("caddy") is None, reason="Needs Caddy; on Debian: apt-get install caddy.")

SLOW_SECONDS = 20.0
"""By then somebody who sends a request byte by byte has been shown out, after ten seconds."""


@pytest.fixture(scope="module")
def caddy(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caddy]:
    """Run one Caddy in front of the server of all tests."""
    running = Caddy(tmp_path_factory.mktemp("caddy"), f"127.0.0.1:{server.port}")
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def client(caddy: Caddy) -> Iterator[httpx.Client]:
    """Yield a client that believes Caddy's certificate."""
    with httpx.Client(base_url=caddy.url, verify=caddy.authority, trust_env=False) as connected:
        yield connected


async def test_caddy_passes_websockets(caddy: Caddy, server: Server) -> None:
    """A page of the address that people type opens its WebSocket: TLS outside, and the same origin inside."""
    token = server.register("behind-caddy")["token"]
    assert isinstance(EVENTS.decode(await open_socket(caddy.url, token, caddy.url, caddy.authority)), Welcome)


async def test_caddy_keeps_origins_apart(caddy: Caddy, server: Server) -> None:
    """A page of another site does not get in by the proxy."""
    token = server.register("behind-caddy-too")["token"]
    with pytest.raises(InvalidStatus):
        await open_socket(caddy.url, token, "https://elsewhere.example", caddy.authority)


def test_caddy_serves_page_to_be_had_by_tls_only(client: httpx.Client) -> None:
    """The page comes, as the server has compressed it, and browsers are told to come by https from now on."""
    response = client.get("/chat/x", headers={"Accept-Encoding": "br"})
    assert response.status_code == httpx.codes.OK
    assert response.headers["content-encoding"] == "br"
    assert response.headers["strict-transport-security"] == "max-age=31536000"


def test_caddy_tells_server_who_asks(client: httpx.Client, server: Server) -> None:
    """What counts attempts sees the visitor's address, and not what the visitor writes there."""
    client.get("/who-asks-caddy", headers={"X-Forwarded-For": "198.51.100.7"})
    line = server.logged("/who-asks-caddy")
    assert "127.0.0.1" in line
    assert "198.51.100.7" not in line


def test_caddy_is_healthy_by_its_own_word(caddy: Caddy) -> None:
    """What the compose file's health check asks for is there."""
    *_, address = read_compose(FILLED)["services"]["caddy"]["healthcheck"]["test"]
    assert address == "http://127.0.0.1:2019/config/"
    assert httpx.get(caddy.health_address, trust_env=False).status_code == httpx.codes.OK


def test_caddy_waits_for_no_one(caddy: Caddy) -> None:
    """A request that does not come to the end of its headers does not keep its connection."""
    begun = time.monotonic()
    with (
        socket.create_connection((HOST, caddy.port), PATIENCE) as connection,
        caddy.authority.wrap_socket(connection, server_hostname=HOST) as stream,
    ):
        stream.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        while stream.recv(1024):
            pass
    assert time.monotonic() - begun < SLOW_SECONDS


def test_caddy_has_time_limits(caddy: Caddy) -> None:
    """For a head, for the whole of a request, and for a connection without one."""
    [server] = caddy.configuration()["apps"]["http"]["servers"].values()
    limits = {name: seconds / 10**9 for name, seconds in server.items() if name.endswith("_timeout")}
    assert limits == {"read_header_timeout": 10, "read_timeout": 30, "idle_timeout": 15}


def test_caddyfile_is_formatted(tmp_path: Path) -> None:
    """It looks as Caddy itself would write it."""
    copy = tmp_path / "Caddyfile"
    shutil.copy(CADDYFILE, copy)
    Caddy(tmp_path, "unused").format(copy)
    assert copy.read_text(encoding="utf-8") == CADDYFILE.read_text(encoding="utf-8")
