"""nginx as deploy/nginx.conf sets it up: it loses nothing that the server needs, and nobody keeps it waiting."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from e2e.deploy.nginx import Nginx
from e2e.server import Server
from e2e.static_host import nginx_fault
from protocol.events import EVENTS, Welcome
from protocol.http import TOKEN_SUBPROTOCOL_PREFIX
from protocol.versions import LATEST, SUBPROTOCOLS

pytestmark = pytest.mark.skipif(nginx_fault() is not None, reason=nginx_fault() or "")

PATIENCE = 30.0
SLOW_SECONDS = 20.0
"""By then somebody who sends a request byte by byte has been shown out, after ten seconds."""


@pytest.fixture(scope="module")
def nginx(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """Run one nginx in front of the server of all tests."""
    running = Nginx(tmp_path_factory.mktemp("nginx"), f"127.0.0.1:{server.port}")
    try:
        running.start()
        yield running
    finally:
        running.stop()


async def open_socket(nginx: Nginx, token: str, origin: str) -> str:
    """Open the signaling WebSocket as a page of an origin does; gives the first message."""
    offered = [Subprotocol(SUBPROTOCOLS[LATEST]), Subprotocol(TOKEN_SUBPROTOCOL_PREFIX + token)]
    address = f"{nginx.url.replace('http:', 'ws:')}/ws"
    async with connect(address, subprotocols=offered, origin=Origin(origin), proxy=None) as websocket:
        return str(await asyncio.wait_for(websocket.recv(), PATIENCE))


def test_nginx_takes_example(nginx: Nginx) -> None:
    """Nginx itself has nothing to say against it."""
    checked = nginx.check()
    assert (checked.returncode, "warn" in checked.stderr) == (0, False), checked.stderr


async def test_nginx_passes_websockets(nginx: Nginx, server: Server) -> None:
    """A page of the address that people type opens its WebSocket, and one of another site does not."""
    token = server.register("behind-nginx")["token"]
    assert isinstance(EVENTS.decode(await open_socket(nginx, token, nginx.url)), Welcome)
    with pytest.raises(InvalidStatus):
        await open_socket(nginx, token, "https://elsewhere.example")


def test_nginx_tells_server_who_asks(nginx: Nginx, server: Server) -> None:
    """What counts attempts sees the visitor's address, and not what the visitor writes there."""
    httpx.get(f"{nginx.url}/robots.txt", headers={"X-Forwarded-For": "198.51.100.9"}, trust_env=False)
    [line] = [line for line in server.log.read_text().splitlines() if "/robots.txt" in line][-1:]
    assert "127.0.0.1" in line
    assert "198.51.100.9" not in line


def test_nginx_upgrades_nothing_else(nginx: Nginx, server: Server) -> None:
    """A body behind an upgrade stays a body, and never becomes a request that nobody has vouched for."""
    inner = b"GET /robots.txt HTTP/1.1\r\nHost: here\r\nX-Forwarded-For: 198.51.100.10\r\n\r\n"
    head = b"POST /api/login HTTP/1.1\r\nHost: here\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n"
    with socket.create_connection(("127.0.0.1", nginx.port), PATIENCE) as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(inner) + inner)
        with connection.makefile("rb") as answered:
            assert answered.read().startswith(b"HTTP/1.1 415 ")
    assert "198.51.100.10" not in server.log.read_text()


@pytest.mark.parametrize("rest", [b"", b"Content-Length: 9\r\n\r\n"], ids=["head", "body"])
def test_nginx_waits_for_no_one(nginx: Nginx, rest: bytes) -> None:
    """A request that does not come to its end does not keep its connection."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", nginx.port), PATIENCE) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: here\r\n" + rest)
        with contextlib.suppress(ConnectionResetError):
            while connection.recv(1024):
                pass
    assert time.monotonic() - begun < SLOW_SECONDS
