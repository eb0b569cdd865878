"""Runs the real server for the tests: as a process of its own, on a free port, with data of its own."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from e2e.startup import wait_until_it_answers

PROGRAM = Path(sys.executable).parent / "p2p-chat"
"""The console script of the environment that the tests run in."""

PASSWORD = "a password of 8 or more"
JWT_SECRET = "only the tests know these thirty-two bytes or more"

SETTINGS = {
    "P2PCHAT_JWT_SECRET": JWT_SECRET,
    # No STUN server: the tests may not depend on the internet, and on one machine host candidates are enough.
    "P2PCHAT_STUN_URLS": "none",
    # The tests are one address with many people behind it, who need no protection from each other.
    "P2PCHAT_BCRYPT_COST": "4",
    "P2PCHAT_LOGIN_LIMIT": "10000/minute",
    "P2PCHAT_REGISTER_LIMIT": "10000/hour",
    "P2PCHAT_CONNECT_LIMIT": "10000/minute",
}

STOP_SECONDS = 15
LOG_SECONDS = 15
"""For a line that takes a moment."""


class Server:
    """A server process that can be stopped, killed and started again on the same port with the same data."""

    def __init__(
        self,
        folder: Path,
        settings: dict[str, str] | None = None,
        host: str = "127.0.0.1",
        program: Sequence[str | Path] = (PROGRAM,),
        trusting: ssl.SSLContext | None = None,
    ) -> None:
        self.host = host
        self.port = free_port()
        self.url = f"{'https' if trusting else 'http'}://{host}:{self.port}"
        self.log = folder / "server.log"
        self.settings = {"P2PCHAT_DATA_DIR": str(folder / "data"), **SETTINGS, **(settings or {})}
        self._program = program
        self._verify = trusting or True
        """What clients believe the certificate by, where the settings name one."""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process, and wait until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  (our own command, without a shell)
                [*self._program, "serve", "--host", self.host, "--port", str(self.port)],
                env={**os.environ, **self.settings},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until_it_answers(self._process, self._answers, self.log)

    def stop(self) -> None:
        """Let it shut down in order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(STOP_SECONDS)
            self._process = None

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
            self._process = None

    @property
    def pid(self) -> int:
        """The process, while it runs."""
        assert self._process is not None
        return self._process.pid

    def register(self, username: str, password: str = PASSWORD) -> dict[str, str]:
        """Make an account; gives what the server answered."""
        body = {"username": username, "password": password}
        answer = httpx.post(f"{self.url}/api/register", json=body, verify=self._verify, trust_env=False)
        assert answer.is_success, answer.text
        login: dict[str, str] = answer.json()
        return login

    def logged(self, text: str) -> str:
        """Wait until a line with this text is in the log, and return the last one: it is written after the answer."""
        deadline = time.monotonic() + LOG_SECONDS
        while not (lines := [line for line in self.log.read_text().splitlines() if text in line]):
            assert time.monotonic() < deadline, f"{text} is not logged"
            time.sleep(0.01)
        return lines[-1]

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", verify=self._verify, trust_env=False).is_success
        except httpx.TransportError:
            return False


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
