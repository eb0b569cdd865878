"""Measures whether people still meet while the server is attacked, and how soon. Run as `make bench-load`.

Each attack has a fresh server with the default limits, on a core of its own. People meet again and again: alone first,
then beside the abusers, and then until the server's memory is back. The abusers are a process on the other core, where
the people are too, and come after them there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

import uvloop

from bench.load import HOST
from bench.load.abuser import Deeds, Orders
from bench.load.attacks import ATTACKS, BEGUN, BY_NAME, ELSEWHERE, MIXED_ADDRESSES, MIXED_SECONDS, Attack
from bench.load.honest import PAIRS, Journal, People
from bench.load.results import Outcome, Phase, Recovery, tables, usual_p99
from bench.load.server import Running, running
from bench.relay.servers import GENERATOR_CORE, SERVER_CORE, until_it_listens
from bench.report import Report, machine
from e2e.server import free_port

SECONDS = 10.0
ALONE_SECONDS = 5.0
"""At least, before each attack; half of its time where that is more."""
WARM_SECONDS = 2.0
LOOK_SECONDS = 0.1
LATE_SECONDS = 20.0
"""For an attack to end after its time."""


class Observer:
    """Looks at the server while people live beside it."""

    def __init__(self, server: Running, people: People) -> None:
        self._server = server
        self._people = people
        self.memory_peak = 0.0

    async def watch(self, is_over: Callable[[], bool]) -> Phase:
        """Let a phase pass, and wait for what began in it."""
        self._people.journal = journal = Journal()
        began, cpu_before = time.perf_counter(), self._server.cpu_seconds()
        await self._look(is_over)
        cpu = (self._server.cpu_seconds() - cpu_before) / (time.perf_counter() - began)
        self._people.journal = Journal()
        await self._look(lambda: journal.under_way == 0)
        return Phase(journal, cpu)

    async def _look(self, is_over: Callable[[], bool]) -> None:
        while not is_over():
            self.memory_peak = max(self.memory_peak, self._server.memory_mib())
            await asyncio.sleep(LOOK_SECONDS)


@asynccontextmanager
async def observed(profile: Path | None = None) -> AsyncIterator[tuple[Running, Observer]]:
    """Run a server, and have people live beside it."""
    async with running(2 * PAIRS + MIXED_ADDRESSES, profile) as server:
        people = People(server, server.accounts)
        living = asyncio.create_task(people.live())
        observer = Observer(server, people)
        try:
            await observer.watch(after(WARM_SECONDS))
            yield server, observer
        finally:
            living.cancel()
            await asyncio.wait([living])
        if not living.cancelled():
            living.result()


@asynccontextmanager
async def attacking(attack: Attack, server: Running, port: int, seconds: float) -> AsyncIterator[asyncio.StreamReader]:
    """Have an attack go on, at the server or elsewhere; what it has done can be read at its end."""
    accounts = [(each.username, each.token) for each in server.accounts[2 * PAIRS :][: attack.accounts]]
    addresses = [HOST if attack.is_through_proxy else f"127.0.2.{1 + number}" for number in range(attack.addresses)]
    orders = Orders(port, seconds, addresses, accounts)
    command = (sys.executable, "-m", "bench.load.attacks", attack.name)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("it was started with pipes")
    try:
        process.stdin.write(json.dumps(asdict(orders)).encode())
        process.stdin.close()
        if (await process.stdout.readline()).decode().strip() != BEGUN:
            raise RuntimeError(f"{attack.name} did not begin")
        yield process.stdout
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def after(seconds: float) -> Callable[[], bool]:
    """Return a function that tells whether `seconds` have passed since."""
    ends = time.perf_counter() + seconds
    return lambda: time.perf_counter() >= ends


async def measure(attack: Attack, seconds: float, profiles: Path | None = None) -> Outcome:
    """Play one attack."""
    async with observed(profiles and profiles / f"{attack.name}.prof") as (server, observer):
        quiet = await observer.watch(after(max(ALONE_SECONDS, seconds / 2)))
        memory_before, logged_before = server.memory_mib(), server.log_mib()
        async with attacking(attack, server, server.port, seconds) as told:
            beside = await observer.watch(after(seconds))
            deeds = Deeds(**json.loads(await asyncio.wait_for(told.read(), LATE_SECONDS)))
        logged = server.log_mib() - logged_before
        recovery = Recovery(server.memory_mib, memory_before, time.perf_counter)
        return Outcome(
            attack=attack,
            alone=quiet,
            beside=beside,
            calm=await observer.watch(recovery.is_over),
            memory_before=memory_before,
            memory_peak=observer.memory_peak,
            memory_after=server.memory_mib(),
            logged=logged,
            deeds=deeds,
        )


async def measure_elsewhere(seconds: float) -> Phase:
    """Have people live beside a flood that goes to another process, which shares the server's core."""
    port = free_port()
    command = ("taskset", "-c", str(SERVER_CORE), sys.executable, "-m", "bench.load.sink", str(port))
    process = await asyncio.create_subprocess_exec(*command)
    try:
        await until_it_listens(port, process)
        async with observed() as (server, observer), attacking(ELSEWHERE, server, port, seconds):
            return await observer.watch(after(seconds))
    finally:
        process.kill()
        await process.wait()


async def measure_all(
    chosen: Sequence[Attack] = ATTACKS, seconds: float | None = None, profiles: Path | None = None
) -> tuple[Report, bool]:
    """Measure every attack, and tell whether everything is as it should be."""
    os.sched_setaffinity(0, {GENERATOR_CORE})
    began = time.perf_counter()
    elsewhere = await measure_elsewhere(seconds or SECONDS)
    outcomes: list[Outcome] = []
    for attack in chosen:
        outcomes.append(await measure(attack, seconds or attack.seconds or SECONDS, profiles))
        missed = outcomes[-1].missed(usual_p99(outcomes))
        write(f"{attack.name}: {', '.join(missed) or 'ok'}, {time.perf_counter() - began:.0f} s so far\n")
    alone_p99 = usual_p99(outcomes)
    report = Report("The server is attacked", "make bench-load", tables(elsewhere, outcomes))
    return report, not any(outcome.missed(alone_p99) for outcome in outcomes)


def write(text: str) -> None:
    """Tell how it goes, on standard error; the tables come last, and alone on standard output."""
    sys.stderr.write(text)
    sys.stderr.flush()


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument(
        "--seconds", type=float, help=f"how long each attack lasts ({SECONDS:g}, and mixed {MIXED_SECONDS:g})"
    )
    parser.add_argument("--attacks", default=",".join(BY_NAME), help="which, with commas between them (all)")
    parser.add_argument(
        "--profiles",
        type=Path,
        help="a folder for what cProfile says of the server under each attack; it is slower then",
    )
    parser.add_argument("--list", action="store_true", help="say what each attack is, and attack nothing")
    options = parser.parse_args()
    options.attacks = options.attacks.split(",")
    if unknown := [name for name in options.attacks if name not in BY_NAME]:
        parser.error(f"there is no attack {unknown[0]}; there are {', '.join(BY_NAME)}")
    return options


def main() -> int:
    """Measure, print what was measured, and return 1 where something is not as it should be."""
    options = read_options()
    if options.list:
        sys.stdout.writelines(f"{attack.name:<24} {attack.sentence}\n" for attack in ATTACKS)
        return 0
    chosen = [BY_NAME[name] for name in options.attacks]
    report, is_good = uvloop.run(measure_all(chosen, options.seconds, options.profiles))
    sys.stdout.write(f"Measured on {machine()}.\n\n{report}\n")
    return 0 if is_good else 1
