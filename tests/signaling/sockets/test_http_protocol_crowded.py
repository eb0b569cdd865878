"""A server of which all open files are wanted: others still get in, and the log says what happens."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest

from signaling.site.loading import Site
from signaling.sockets.waiting_clients import Patience, WaitingClients
from tests.project import ROOT
from tests.signaling.conftest import quick_settings
from tests.signaling.running import PATIENCE, RunningServer, running

FILES = 300
FEWEST_FILES = 128
SCRIPT = 'ulimit -n "$1" && shift && exec "$@"'
BEGINNINGS = {
    "silent": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: here\r\n",
    "half a body": b"POST /api/login HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\n{",
    "half an upgrade": b"GET /ws HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\n",
    "a byte after the response": b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\nG",
}
ANSWERED = BEGINNINGS["a byte after the response"]
LONG = Patience(head=600, body=600, body_start=600, idle=600, reading=600, step=0.01)


@contextlib.contextmanager
def serving(folder: Path, files: int) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """Run `p2p-chat serve` with a limit on open files, and give its process and its port."""
    command = ["sh", "-c", SCRIPT, "sh", str(files), sys.executable, "-m", "signaling", "serve", "--port", "0"]
    with subprocess.Popen(  # noqa: S603 - our own command
        command,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "P2PCHAT_DATA_DIR": str(folder), "P2PCHAT_BCRYPT_COST": "4"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            greeting = process.stdout.readline()
            match = re.search(r"http://\S+:(\d+)", greeting)
            assert match is not None, greeting
            yield process, int(match[1])
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_others_get_in_beside_crowd(tmp_path: Path, beginning: bytes) -> None:
    """More connections than the server may have, none of which goes on: somebody else is answered, and it is logged."""
    with serving(tmp_path, FILES) as (process, port), contextlib.ExitStack() as crowd:
        for _ in range(FILES + 50):
            connection = crowd.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
            connection.sendall(beginning)
            if beginning == ANSWERED:
                # While it is answered it waits for nobody, and somebody who does would have to go in its place.
                with contextlib.suppress(ConnectionResetError):
                    connection.recv(1)
        for _ in range(3):
            response = httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=PATIENCE)
            assert response.status_code == httpx.codes.OK
        assert process.stderr is not None
        lines = iter(process.stderr.readline, "")
        line = next(line for line in lines if "connections_shed" in line)
        assert "level=warning" in line
        # Of which there are too many first depends on how many have had their turn when the others come.
        assert re.search("reason=(too_many_waiting|too_few_files)", line)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_server_tells_of_dropped_connections(tmp_path: Path) -> None:
    """What the event loop drops for want of files stands in the log, and in a metric."""
    with serving(tmp_path, FEWEST_FILES) as (process, port), contextlib.ExitStack() as crowd:
        process.send_signal(signal.SIGSTOP)  # so that all of them are there at once
        for _ in range(FILES):
            crowd.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
        process.send_signal(signal.SIGCONT)
        assert process.stderr is not None
        line = next(line for line in iter(process.stderr.readline, "") if "files_exhausted" in line)
        assert f"limit={FEWEST_FILES} count=" in line
        metrics = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, timeout=PATIENCE).text
        for counted in (r'connections_shed_total\{reason="too_few_files",', r"files_exhausted_total\{"):
            assert re.search(rf'^p2pchat_{counted}worker="0"\}} [1-9]', metrics, re.MULTILINE)


def crowded(folder: Path, site: Site, most: int, files: int | None) -> AbstractContextManager[RunningServer]:
    """Run a server that waits for long, but not for many."""
    return running(quick_settings(folder), site, WaitingClients(LONG, most, files))


def test_oldest_connection_makes_way(tmp_path: Path, site: Site) -> None:
    """The one that has waited longest is closed, and the others are not."""
    with crowded(tmp_path, site, 2, None) as server, contextlib.ExitStack() as crowd:
        first, second, third = (
            crowd.enter_context(socket.create_connection((server.host, server.port), PATIENCE)) for _ in range(3)
        )
        assert first.recv(1) == b""
        for connection in (second, third):
            connection.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert connection.recv(12) == b"HTTP/1.1 200"


def test_connection_without_file_is_told_so(tmp_path: Path, site: Site) -> None:
    """Where nobody else could make way, it is answered before it asks."""
    with (
        crowded(tmp_path, site, 100, 0) as server,
        socket.create_connection((server.host, server.port), PATIENCE) as connection,
        connection.makefile("rb") as answered,
    ):
        answer = answered.read()
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: " in answer.lower()
    assert b"no room for another connection" in answer
