"""Starts the server that is attacked, with its default limits, on a core of its own, and tells what it costs there."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import bcrypt

from bench.load import HOST, PASSWORD
from bench.relay.servers import SERVER_CORE, cpu_seconds, until_it_listens
from e2e.server import free_port
from protocol.usernames import username_key
from signaling.accounts.access_tokens import AccessTokens
from signaling.accounts.device_marks import DeviceMarks
from signaling.accounts.store import Accounts
from signaling.configuration.settings import Settings
from signaling.storage.data_folder import token_secrets
from signaling.storage.database import Database, chosen_url

ROOT = Path(__file__).parents[2]
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MIB = 2**20
STOP_SECONDS = 10.0
"""For the server to end by itself."""


@dataclass(frozen=True)
class Account:
    """Somebody who can log in, and has."""

    username: str
    token: str
    device_mark: str
    """Of the browser in which they have."""


@dataclass(frozen=True)
class Running:
    """A server that listens."""

    port: int
    pid: int
    log: Path
    accounts: Sequence[Account]

    @property
    def host(self) -> str:
        """What a request calls it."""
        return f"{HOST}:{self.port}"

    def cpu_seconds(self) -> float:
        """Return what it has used of its core."""
        return cpu_seconds(self.pid)

    def memory_mib(self) -> float:
        """Return what it holds of memory (resident), cheaply enough to be looked at ten times a second."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * PAGE_BYTES / MIB

    def log_mib(self) -> float:
        """Return how much it has written."""
        return self.log.stat().st_size / MIB


@asynccontextmanager
async def running(accounts: int, profile: Path | None = None) -> AsyncIterator[Running]:
    """Run a server that knows a number of accounts; where a file is given, its profile is written there at the end.

    Its limits are the defaults, since those are what is attacked. Development mode is off, in which a client from
    loopback is more than others; addresses count for themselves all the same.
    """
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        own = {
            "P2PCHAT_PORT": str(port),
            "P2PCHAT_DATA_DIR": folder,
            "P2PCHAT_STUN_URLS": "none",
            "P2PCHAT_DEVELOPMENT": "off",
            "P2PCHAT_JWT_SECRET": os.urandom(32).hex(),
        }
        settings = Settings.read(own)
        people = await _open_accounts(settings, accounts)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("P2PCHAT_")}
        log = Path(folder, "server.log")
        with log.open("wb") as output:  # noqa: ASYNC230 - nothing is being measured yet
            process = await asyncio.create_subprocess_exec(
                "taskset",
                "-c",
                str(SERVER_CORE),
                sys.executable,
                *(("-m", "cProfile", "-o", str(profile)) if profile else ()),
                "-m",
                "signaling",
                "serve",
                cwd=ROOT,
                env=inherited | own,
                stdout=output,
                stderr=output,
            )
        try:
            await until_it_listens(port, process)
            yield Running(port, process.pid, log, people)
        finally:
            await _stop(process)


async def _open_accounts(settings: Settings, count: int) -> list[Account]:
    """Write accounts into the database: over HTTP an address may open only a few in an hour."""
    database = Database(chosen_url(settings))
    accounts = Accounts(database, with_demo=False)
    tokens = AccessTokens(token_secrets(settings)[0], settings.token_life)
    password_hash = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(settings.bcrypt_cost)).decode()
    await database.open()
    try:
        opened = [await accounts.add(f"person-{number}", password_hash) for number in range(count)]
    finally:
        await database.close()
    marks, now = DeviceMarks(token_secrets(settings)[0]), time.time()
    return [
        Account(
            account.username,
            tokens.issue(account.id).text,
            marks.issue(username_key(account.username), account.id, password_hash, secrets.token_hex(8), now),
        )
        for account in opened
    ]


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
    await process.wait()
