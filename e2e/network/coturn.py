"""Runs a real TURN server, coturn, for the lab."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

from e2e.network.namespaces import Namespace

PORT = 3478
SECRET = "only the lab's server and its relay know this"
START_SECONDS = 15
STOP_SECONDS = 10
PROBE_SECONDS = 1.0


class Coturn:
    """A coturn over UDP and TCP at one address of a namespace; it takes the credentials that the server makes."""

    def __init__(self, namespace: Namespace, address: str, folder: Path) -> None:
        self.log = folder / "coturn.log"
        self.stun_url = f"stun:{address}:{PORT}"
        self.turn_urls = [f"turn:{address}:{PORT}?transport={transport}" for transport in ("udp", "tcp")]
        self._namespace = namespace
        self._address = address
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process, and wait until it answers."""
        with self._namespace.entered(), self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=subprocess.STDOUT)  # noqa: S603
            deadline = time.monotonic() + START_SECONDS
            while not self._answers():
                assert self._process.poll() is None, f"coturn ended at once:\n{self.log.read_text()}"
                assert time.monotonic() < deadline, f"coturn does not answer:\n{self.log.read_text()}"
                time.sleep(0.05)

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
            self._process = None

    def _command(self) -> list[str]:
        return [
            "turnserver",
            "-n",  # the system's configuration is none of ours
            f"--listening-ip={self._address}",
            f"--relay-ip={self._address}",
            f"--listening-port={PORT}",
            "--min-port=50000",
            "--max-port=50999",
            "--use-auth-secret",
            f"--static-auth-secret={SECRET}",
            "--realm=lab",
            "--no-tls",
            "--no-dtls",
            "--no-cli",
            "--no-multicast-peers",
            f"--userdb={self._folder / 'coturn.sqlite3'}",
            f"--pidfile={self._folder / 'coturn.pid'}",
            "--log-file=stdout",
            "--verbose",  # so that it notes who allocates
        ]

    def _answers(self) -> bool:
        try:
            socket.create_connection((self._address, PORT), PROBE_SECONDS).close()
        except OSError:
            return False
        return True
