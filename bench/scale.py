"""Measures what several processes with a Redis between them relay, side by side in one run. Run as `make bench-scale`.

On one core: what it costs that two people of a room are on two processes. On all cores: how much more 2 and 4 workers
do than one, which a machine with few cores cannot show in full, since Redis and the clients of the measurement have to
run on it too.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import uvloop

from bench.relay import work
from bench.relay.dialects import OurDialect
from bench.relay.servers import (
    GENERATOR_CORE,
    OURS,
    SERVER_CORE,
    START_SECONDS,
    Kind,
    Running,
    ours,
    register,
    until_it_listens,
)
from bench.report import Report, Table, machine, spread
from e2e.server import free_port
from e2e.services.redis import Redis, redis

ROUNDS = 3
SECONDS = 1.5
WORKERS = (1, 2, 4)
Measure = Callable[[Running, float], Awaitable[work.Figure]]
MEASURES: dict[str, Measure] = {
    "offers of 2 KiB": lambda server, seconds: work.relayed(server, seconds, "description", work.OFFER),
    "candidates of 200 bytes": lambda server, seconds: work.relayed(server, seconds, "candidate", work.CANDIDATE),
    "connects with join": work.connects,
    "whole sessions": work.sessions,
}


@dataclass(frozen=True)
class Setup:
    """A server of one or several processes, on some cores."""

    name: str
    processes: int = 1
    """Each at an address of its own; clients come to them by turns, so that the two of a room are on two."""
    workers: int = 1
    """On each address: whose a client is, the kernel decides."""
    has_redis: bool = True
    cores: str = str(SERVER_CORE)


def setups() -> dict[str, list[Setup]]:
    """Return what is measured, by table."""
    every = f"0-{(os.cpu_count() or 1) - 1}"
    return {
        "On one core, processes and Redis together": [
            Setup("one process, no Redis", has_redis=False),
            Setup("one process, with Redis"),
            Setup("two of a room on two processes", processes=2),
        ],
        "On all cores, with the clients and Redis": [
            Setup("no workers, no Redis", has_redis=False, cores=every),
            *(
                Setup(f"{workers} workers" if workers > 1 else "1 process", workers=workers, cores=every)
                for workers in WORKERS
            ),
        ],
    }


@asynccontextmanager
async def running(setup: Setup) -> AsyncIterator[Running]:
    """Run a server, and a Redis if it has one."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        environment = {**os.environ, **OURS, "P2PCHAT_DATA_DIR": str(folder / "data")}
        store = stack.enter_context(redis(folder)) if setup.has_redis else None
        if store is not None:
            environment["P2PCHAT_BACKPLANE_URL"] = store.url
            os.sched_setaffinity(store.pid, _cores(setup.cores))
        started = []
        ports = [free_port() for _ in range(setup.processes)]
        for port in ports:
            options = ["serve", "--port", str(port), "--workers", str(setup.workers)]
            process = await asyncio.create_subprocess_exec(
                "taskset",
                "-c",
                setup.cores,
                ours(),
                *options,
                env=environment,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            stack.push_async_callback(_end, process)
            await until_it_listens(port, process)
            started.append(process.pid)
        if store is not None:
            await _until_all_serve(store, setup.processes * setup.workers)
        pids = [pid for each in started for pid in _descendants(each)] + ([store.pid] if store else [])
        kind = Kind(setup.name, OurDialect(), lambda _: [])
        yield Running(kind, itertools.cycle(ports), pids, await register(ports[0]))


async def measure_all(rounds: int = ROUNDS, seconds: float = SECONDS) -> Report:
    """Measure every setup in every round."""
    os.sched_setaffinity(0, {GENERATOR_CORE})
    figures: dict[tuple[Setup, str], list[work.Figure]] = defaultdict(list)
    for _ in range(rounds):
        for setup in itertools.chain.from_iterable(setups().values()):
            os.sched_setaffinity(0, {GENERATOR_CORE} if setup.cores == str(SERVER_CORE) else _cores(setup.cores))
            async with running(setup) as server:
                for name, measure in MEASURES.items():
                    figures[setup, name].append(await measure(server, seconds))
    tables = [
        _table(f"{title}: {name} a second", chosen, name, figures)
        for title, chosen in setups().items()
        for name in MEASURES
    ]
    return Report("The server scales out", "make bench-scale", tables)


def _table(caption: str, chosen: list[Setup], name: str, figures: dict[tuple[Setup, str], list[work.Figure]]) -> Table:
    first = median(figure.value for figure in figures[chosen[0], name])
    rows = []
    for setup in chosen:
        values = [figure.value for figure in figures[setup, name]]
        busy = median(figure.server_cpu for figure in figures[setup, name])
        clients = median(figure.generator_cpu for figure in figures[setup, name])
        rows.append((setup.name, spread(values), f"{median(values) / first:.2f}", f"{busy:.0%}", f"{clients:.0%}"))
    return Table(
        caption, ("server", "median (least to most)", "/ the first", "cores of server and Redis", "of clients"), rows
    )


async def _until_all_serve(store: Redis, count: int) -> None:
    """Wait until `count` processes can be reached by way of Redis."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            if store.ask("PUBSUB CHANNELS *").startswith(f"*{count}\r\n"):
                return
            await asyncio.sleep(0.05)


def _descendants(pid: int) -> list[int]:
    """Return a process with its workers."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [pid, *map(int, children)]


async def _end(process: asyncio.subprocess.Process) -> None:
    process.terminate()
    await process.wait()


def _cores(names: str) -> set[int]:
    first, _, last = names.partition("-")
    return set(range(int(first), int(last or first) + 1))


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often ({ROUNDS})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"for how long each ({SECONDS})")
    options = parser.parse_args()
    report = uvloop.run(measure_all(options.rounds, options.seconds))
    sys.stdout.write(f"Measured on {machine()}.\n\n{report}\n")


if __name__ == "__main__":
    main()
