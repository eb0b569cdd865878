"""Runs a real Redis for the tests: a process of its own, on a free port, which keeps nothing when it ends."""

import contextlib
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from e2e.server import free_port
from e2e.startup import wait_until_it_answers

STOP_SECONDS = 10


class Redis:
    """A Redis that can be stopped and started again, empty, on the same port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "redis.log"
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        program = shutil.which("redis-server")
        assert program, "The tests need redis-server; `make browsers` installs it on Debian."
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": self._folder}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  (our own command, without a shell)
                [program, *(word for name, value in options.items() for word in (f"--{name}", str(value)))],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_until_it_answers(self._process, self._answers, self._log)

    def stop(self) -> None:
        """End it, and forget everything."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(STOP_SECONDS)
            self._process = None

    @property
    def pid(self) -> int:
        """The process, while it runs."""
        assert self._process is not None
        return self._process.pid

    def ask(self, command: str) -> str:
        """Have it answer a command of one line (without quoting), and give the answer as it comes."""
        with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
            connection.sendall(f"{command}\r\n".encode())
            return connection.recv(65_536).decode()

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[Redis]:
    """Have a Redis for as long as the block lasts."""
    server = Redis(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
