"""Measures the signaling server beside others, in alternation. Run as `make bench-relay`."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
from collections import defaultdict
from importlib.metadata import version

import uvloop

from bench.relay import install, work
from bench.relay.servers import GENERATOR_CORE, NODE, Kind, kinds, running
from bench.report import Report, Table, spread
from bundle.npm import versions as npm_versions

ROUNDS = 3
SECONDS = 1.2
MEASURES = {
    "connects": ("Connects with authentication and join, a second", 0),
    "offers": ("Offers of 2 KiB relayed, a second", 0),
    "apart": ("Offers of 2 KiB relayed one by one, a second", 0),
    "candidates": ("Candidates of 200 bytes relayed, a second", 0),
    "p50": ("Delay of an offer at 2,000 a second, median, ms", 2),
    "p99": ("Delay of an offer at 2,000 a second, 99th percentile, ms", 2),
    "sessions": ("Whole sessions a second", 0),
    "idle": ("Memory for an idle connection, KiB", 1),
}
BESIDE = ("peerjs-server", "Bun")
NOTES = {
    "connects": "One at a time by each of 32. Ours checks a JWT and an account (100 people who come again and again), "
    "peerjs-server key, id and token; the others know no accounts, and take anyone. peerjs-server and y-webrtc "
    "have no rooms: there it is being reachable, and subscribing to a topic of one's own.",
    "offers": "100 rooms of two, 8 in flight in each. Ours checks, bounds and limits every message; the others do not.",
    "apart": "100 rooms of two, 8 in flight in all: no two messages come in one read, or go out in one write.",
    "sessions": "200 at once: two connect and join, and hand each other an offer or an answer, and ten candidates.",
    "idle": "5,000 in rooms of two; what the server's memory (Pss) grows by. The kernel's share is not in it.",
}

Results = dict[tuple[str, str], list[work.Figure]]


async def measure(kind: Kind, seconds: float, results: Results) -> None:
    """Measure one server once."""

    def keep(name: str, figure: work.Figure) -> None:
        results[name, kind.name].append(figure)

    async with running(kind) as server:
        keep("idle", await work.idle_memory(server))
    async with running(kind) as server:
        keep("connects", await work.connects(server, seconds))
        keep("offers", await work.relayed(server, seconds, "description", work.OFFER))
        keep("apart", await work.relayed(server, seconds, "description", work.OFFER, lanes=1))
        keep("candidates", await work.relayed(server, seconds, "candidate", work.CANDIDATE))
        p50, p99 = await work.delays(server, seconds)
        keep("p50", p50)
        keep("p99", p99)
        keep("sessions", await work.sessions(server, seconds))


def table(name: str, names: list[str], results: Results) -> Table:
    """Put one measure of every server side by side."""
    caption, digits = MEASURES[name]
    rows = []
    for kind in names:
        figures = results[name, kind]
        ratios = [_ratio(name, kind, beside, results) for beside in BESIDE]
        busy = (
            f"{statistics.median(getattr(figure, core) for figure in figures):.0%}"
            for core in ("server_cpu", "generator_cpu")
        )
        rows.append((kind, spread([figure.value for figure in figures], digits), *ratios, *busy))
    head = ("server", "median (least to most)", *(f"/ {beside}" for beside in BESIDE), "its core", "generator's core")
    return Table(caption, head, rows, [NOTES[name]] if name in NOTES else [])


def _ratio(name: str, kind: str, beside: str, results: Results) -> str:
    if (name, beside) not in results:
        return "-"
    mine, theirs = (statistics.median(figure.value for figure in results[name, each]) for each in (kind, beside))
    return f"{mine / theirs:.2f}"


def versions() -> list[str]:
    """Say what was measured."""
    npm = npm_versions(install.PEERS, "peer", "y-webrtc", "ws", "bun")
    node = subprocess.run([NODE, "--version"], check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603
    listing = subprocess.run([install.PYTHON, "-m", "pip", "freeze"], check=True, capture_output=True, text=True)  # noqa: S603
    wanted = ("aiohttp==", "python-socketio==", "starlette==", "uvicorn==", "websockets==")
    pypi = [line.replace("==", " ") for line in listing.stdout.splitlines() if line.startswith(wanted)]
    ours = [f"{package} {version(package)}" for package in ("picows", "msgspec", "uvloop")]
    return [f"Python {platform.python_version()}", f"Node {node}", *npm, *pypi, *ours]


async def measure_all(rounds: int = ROUNDS, seconds: float = SECONDS, only: tuple[str, ...] = ()) -> Report:
    """Measure every server in every round."""
    install.install()
    os.sched_setaffinity(0, {GENERATOR_CORE})
    results: Results = defaultdict(list)
    chosen = [kind for kind in kinds() if not only or kind.name in only]
    for _ in range(rounds):
        for kind in chosen:
            await measure(kind, seconds, results)
    names = [kind.name for kind in chosen]
    return Report(
        "The server relays", "make bench-relay", [table(name, names, results) for name in MEASURES], versions()
    )


def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.relay", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often ({ROUNDS})")
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"for how long each ({SECONDS})")
    parser.add_argument("--only", action="append", default=[], help="the name of a server to measure; all of them")
    options = parser.parse_args()
    report = uvloop.run(measure_all(options.rounds, options.seconds, tuple(options.only)))
    sys.stdout.write(f"{report}\n")
