"""Runs a real PostgreSQL for the tests: a server of its own, with a private data folder, on a free port."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from e2e.provision import postgresql_programs
from e2e.server import free_port
from e2e.startup import wait_until_it_answers

SUPERUSER = "postgres"
USER, DATABASE = "chat", "chat"
PASSWORD = "p@ss:w/rd %?"
"""With everything in it that a URL writes in another way."""
UNPRIVILEGED = "postgres"
"""PostgreSQL refuses to run as root. Debian's package makes this user."""
STOP_SECONDS = 30
COMMAND_SECONDS = 60
OPTIONS = {
    # The data is gone with the tests, so no disk is waited for.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
}


class Postgresql:
    """A PostgreSQL that can be stopped, and started again on the same port with the same data."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.port = free_port()
        self.url = self.url_of(DATABASE)
        """Of a database that is empty at first, as P2PCHAT_DATABASE_URL takes it."""
        self.log = folder / "postgresql.log"
        self._folder = folder
        self._data = folder / "data"
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None

    def url_of(self, database: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Make an empty database of the user's, and give its URL."""
        self.run("createdb", f"--owner={USER}", name)
        return self.url_of(name)

    def run(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs on this server, as its superuser; gives what it wrote."""
        place = ["--host", str(self._folder), "--port", str(self.port), "--username", SUPERUSER]
        return self._run([str(self._programs / program), *place, *arguments])

    def initialize(self) -> None:
        """Make the data folder, the user, who needs the password, and the database, which is that user's."""
        options = [
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]
        self._run([str(self._programs / "initdb"), f"--pgdata={self._data}", f"--username={SUPERUSER}", *options])
        self.start()
        self.run("psql", "--quiet", f"--command=CREATE ROLE {USER} LOGIN PASSWORD '{PASSWORD}'")
        self.create_database(DATABASE)

    def start(self) -> None:
        """Start the process, and wait until it takes connections."""
        options = [f"--{name}={value}" for name, value in OPTIONS.items()]
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self.port), *options]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  (our own command, without a shell)
                [*command, f"--unix_socket_directories={self._folder}"],
                cwd=self._folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                **unprivileged(),
            )
        wait_until_it_answers(self._process, self._answers, self.log)

    def stop(self) -> None:
        """End the process as the system does for an upgrade: all clients are cut off."""
        self._end(signal.SIGINT)

    @contextmanager
    def frozen(self, *backends: int) -> Iterator[None]:
        """Have the server, and some of its processes, take what comes and do nothing until the block is left."""
        assert self._process is not None
        stopped = [self._process.pid, *backends]
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)

    def discard(self) -> None:
        """End the process without care for its data."""
        self._end(signal.SIGQUIT)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(STOP_SECONDS)
            self._process = None

    def _answers(self) -> bool:
        command = [str(self._programs / "pg_isready"), "--quiet", "--host", "127.0.0.1", "--port", str(self.port)]
        return subprocess.run(command, check=False, timeout=COMMAND_SECONDS).returncode == 0  # noqa: S603

    def _run(self, command: list[str]) -> str:
        finished: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603  (our own commands, without a shell)
            command,
            check=False,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            **unprivileged(),
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout


@contextmanager
def postgresql() -> Iterator[Postgresql]:
    """Run a PostgreSQL until the block is left; `postgresql_fault` says where that cannot be."""
    programs = postgresql_programs()
    assert programs is not None, "PostgreSQL is not installed"
    # Not in pytest's folder: that is root's alone, and the path of a Unix socket may have 107 bytes only.
    with tempfile.TemporaryDirectory(prefix="p2p-chat-postgresql-", ignore_cleanup_errors=True) as name:
        server = Postgresql(Path(name), programs)
        hand_over(Path(name))
        try:
            server.initialize()
            yield server
        finally:
            server.discard()


def unprivileged() -> dict[str, Any]:
    """Return the user as whom subprocess runs PostgreSQL's programs; nothing for our own."""
    return {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []} if os.geteuid() == 0 else {}


def hand_over(path: Path) -> None:
    """Let a file or folder be that user's."""
    if os.geteuid() == 0:
        shutil.chown(path, UNPRIVILEGED, UNPRIVILEGED)
