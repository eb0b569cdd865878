"""nginx as deploy/nginx.conf sets it up: it loses nothing that the server needs, and nobody keeps it waiting."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from e2e.deploy.nginx import NginxProxy, example, least
from e2e.deploy.sockets import PATIENCE, open_socket
from e2e.nginx import nginx_fault
from e2e.server import Server
from protocol.events import EVENTS, Welcome

pytestmark = pytest.mark.skipif(nginx_fault() is not None, reason=nginx_fault() or "")

SLOW_SECONDS = 20.0
"""By then somebody who sends a request byte by byte has been shown out, after ten seconds."""


@pytest.fixture(scope="module")
def nginx(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NginxProxy]:
    """Run one nginx in front of the server of all tests."""
    running = NginxProxy(tmp_path_factory.mktemp("nginx"), f"127.0.0.1:{server.port}", example())
    try:
        running.start()
        yield running
    finally:
        running.stop()


def test_nginx_takes_example(nginx: NginxProxy) -> None:
    """Nginx itself has nothing to say against it."""
    checked = nginx.check()
    assert (checked.returncode, "warn" in checked.stderr) == (0, False), checked.stderr


async def test_nginx_passes_websockets(nginx: NginxProxy, server: Server) -> None:
    """A page of the address that people type opens its WebSocket, and one of another site does not."""
    token = server.register("behind-nginx")["token"]
    assert isinstance(EVENTS.decode(await open_socket(nginx.url, token, nginx.url)), Welcome)
    with pytest.raises(InvalidStatus):
        await open_socket(nginx.url, token, "https://elsewhere.example")


async def test_least_configuration_serves(server: Server, tmp_path: Path) -> None:
    """What the page on proxies has people write is whole: nginx takes it, and a WebSocket comes through."""
    nginx = NginxProxy(tmp_path, f"127.0.0.1:{server.port}", least())
    checked = nginx.check()
    assert (checked.returncode, "warn" in checked.stderr) == (0, False), checked.stderr
    nginx.start()
    try:
        token = server.register("behind-least")["token"]
        assert isinstance(EVENTS.decode(await open_socket(nginx.url, token, nginx.url)), Welcome)
    finally:
        nginx.stop()


def test_nginx_tells_server_who_asks(nginx: NginxProxy, server: Server) -> None:
    """What counts attempts sees the visitor's address, and not what the visitor writes there."""
    httpx.get(f"{nginx.url}/who-asks-nginx", headers={"X-Forwarded-For": "198.51.100.9"}, trust_env=False)
    line = server.logged("/who-asks-nginx")
    assert "127.0.0.1" in line
    assert "198.51.100.9" not in line


def test_nginx_upgrades_nothing_else(nginx: NginxProxy, server: Server) -> None:
    """A body after an upgrade stays a body, and never becomes a request that nobody has vouched for."""
    inner = b"GET /robots.txt HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 198.51.100.10\r\n\r\n"
    head = b"POST /api/login HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, close\r\nUpgrade: h2c\r\n"
    with socket.create_connection(("127.0.0.1", nginx.port), PATIENCE) as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(inner) + inner)
        with connection.makefile("rb") as answered:
            assert answered.read().startswith(b"HTTP/1.1 415 ")
    assert "198.51.100.10" not in server.log.read_text()


@pytest.mark.parametrize("rest", [b"", b"Content-Length: 9\r\n\r\n"], ids=["head", "body"])
def test_nginx_waits_for_no_one(nginx: NginxProxy, rest: bytes) -> None:
    """A request that does not come to its end does not keep its connection."""
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", nginx.port), PATIENCE) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\n" + rest)
        with contextlib.suppress(ConnectionResetError):
            while connection.recv(1024):
                pass
    assert time.monotonic() - begun < SLOW_SECONDS
