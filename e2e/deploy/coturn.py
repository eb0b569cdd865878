"""Runs coturn as deploy/coturn.sh starts it, in a network of its own, and uses it as browsers do."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aioice.turn import TurnTransport, create_turn_endpoint

from signaling.sessions.ice_servers import turn_server
from tests.project import ROOT

ADDRESS = "203.0.113.10"
"""The machine's, as deploy/.env.example has it. What is relayed from one person to another goes to it."""
PORT = 3478
TLS_PORT = 5349
SECRET = "only the tests' server and its relay know this"
LIFE_SECONDS = 600
"""Of the credentials: longer than any test."""
PATIENCE = 20.0
"""Seconds for what takes one at most."""

Peer = tuple[str, int]


class Coturn:
    """A coturn of the files in deploy/."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "certificate"
        self.log = folder / "coturn.log"
        self.environment = {
            "PATH": os.environ["PATH"],
            "TMPDIR": str(folder),
            "CHAT_HOST": "chat.example.org",
            "PUBLIC_ADDRESS": ADDRESS,
            "PRIVATE_ADDRESS": "",
            "TURN_SECRET": SECRET,
            "CERTIFICATE": str(self.certificate),
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """Return the running process."""
        assert self._process is not None
        return self._process

    def start(self, check: str) -> None:
        """Start it, and wait until a health check, a line for a shell, is content."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  (our own script)
                ["/bin/sh", ROOT / "deploy" / "coturn.sh"], env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + PATIENCE
        # The check waits for an answer over UDP, which nobody gives to what came too early.
        while not self._listens() or self.check(check) != 0:
            assert self.process.poll() is None, f"coturn ended at once:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, f"coturn does not answer:\n{self.log.read_text()}"

    def check(self, check: str) -> int:
        """Run a health check; gives its exit status."""
        command = ["/bin/sh", "-c", check]
        return subprocess.run(command, env=self.environment, check=False, timeout=PATIENCE).returncode  # noqa: S603

    def _listens(self) -> bool:
        try:
            socket.create_connection((ADDRESS, PORT), PATIENCE).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End the process, and wait for its end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None


class Inbox(asyncio.DatagramProtocol):
    """Keeps what a relay hands on, and what it refuses."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[tuple[bytes, Peer]] = asyncio.Queue()
        self.errors: asyncio.Queue[Exception] = asyncio.Queue()
        self.closed = asyncio.Event()

    def error_received(self, error: Exception) -> None:
        """Keep the answer to something that could not be sent."""
        self.errors.put_nowait(error)

    def connection_lost(self, error: Exception | None) -> None:
        """Note that the relayed address has been given back."""
        assert error is None
        self.closed.set()

    def datagram_received(self, data: bytes | str, address: Peer) -> None:
        """Keep one datagram with the address that it came from."""
        assert isinstance(data, bytes)
        self.messages.put_nowait((data, address))


@asynccontextmanager
async def allocation(
    transport: str = "udp", *, secret: str = SECRET, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[TurnTransport, Inbox]]:
    """Get a relayed address with the credentials that the server gives its pages."""
    credentials = turn_server(["turn:unused"], secret, "account", int(time.time()) + LIFE_SECONDS)
    relayed, inbox = await asyncio.wait_for(
        create_turn_endpoint(
            Inbox,
            server_addr=(ADDRESS, TLS_PORT if tls else PORT),
            username=credentials.username,
            password=credentials.credential,
            ssl=tls,
            transport=transport,
        ),
        PATIENCE,
    )
    try:
        yield relayed, inbox
    finally:
        relayed.close()
        await asyncio.wait_for(inbox.closed.wait(), PATIENCE)


def make_certificate(path: Path) -> None:
    """Make a certificate as Caddy would put it there, but signed by itself."""
    names = ["-subj", "/CN=chat.example.org", "-addext", "subjectAltName=DNS:chat.example.org"]
    files = ["-keyout", f"{path}.key", "-out", f"{path}.crt"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *files]
    subprocess.run(command, check=True, timeout=PATIENCE, capture_output=True)  # noqa: S603
