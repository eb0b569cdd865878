"""Measures how soon a conversation goes on after a fault of the network, of the server or of a page.

Run as `make bench-recovery`, or with options as `python -m bench.recovery --rounds 1 --faults cut-10 move --trace`. It
needs what the network lab needs (e2e/network/). In every round one home suffers, in turns Alice's and Bob's.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from bench.report import percentile
from e2e.network.home_pages import Kinds, Pages, log_in, open_pages
from e2e.network.lab import HOMES, Lab, running_lab
from e2e.network.recovery import FAULTS, Fault, Outcome, play
from e2e.network.stopwatch import Stopwatch
from e2e.provision import lab_fault

ROUNDS = 4
PAIRS: dict[str, Kinds] = {
    "chromium+chromium": ("chromium", "chromium"),
    "chromium+firefox": ("chromium", "firefox"),
    "firefox+firefox": ("firefox", "firefox"),
}
HEAD = f"{'fault':<34} {'browsers':<18} {'n':>4} {'median':>8} {'p95':>8} {'max':>8} {'aim':>5} {'failed':>7}\n"


@dataclass
class Series:
    """What a fault has taken so far, in seconds, and how many of its rounds have failed."""

    seconds: list[float] = field(default_factory=list)
    failures: int = 0


def row(fault: Fault, pair: str, series: Series) -> str:
    """Write a line of the table."""
    seconds = series.seconds
    figures = (statistics.median(seconds), percentile(seconds, 95), max(seconds)) if seconds else ()
    shown = " ".join(f"{figure:8.2f}" for figure in figures) or f"{'–':>8} {'–':>8} {'–':>8}"
    aim = "–" if fault.aim is None else f"{fault.aim:g}"
    return f"{fault.meaning:<34} {pair:<18} {len(seconds):>4} {shown} {aim:>5} {series.failures or '–':>7}\n"


@dataclass
class Bench:
    """The rounds of one run, and what they gave by fault and pair."""

    lab: Lab
    trace: bool
    """Whether to write what happens in every round, not only in those that fail."""
    series: defaultdict[tuple[Fault, str], Series] = field(default_factory=lambda: defaultdict(Series))

    async def play_all(self, pair: str, faults: Sequence[Fault], rounds: int) -> None:
        """Play every fault `rounds` times; after a round that failed, the next one gets fresh pages."""
        todo = list(product(range(rounds), faults))
        while todo:
            async with open_pages(self.lab, PAIRS[pair]) as pages:
                for page in pages:
                    await Stopwatch(page).install()
                    page.allow_lost_server()
                await log_in(pages)
                while todo and await self._play(pages, pair, *todo.pop(0)):
                    pass

    async def _play(self, pages: Pages, pair: str, number: int, fault: Fault) -> bool:
        """Play one round; gives whether the pages are still good."""
        victim = number % len(HOMES)
        write(f"{fault.name} {pair}, round {number + 1}, at {HOMES[victim]}’s:")
        outcome = await play(fault, self.lab, pages, f"{fault.name}-{pair.replace('+', '-')}-{number}", victim)
        self._tell(outcome)
        series = self.series[fault, pair]
        series.seconds += outcome.seconds
        series.failures += outcome.failure is not None
        return outcome.failure is None

    def _tell(self, outcome: Outcome) -> None:
        if outcome.seconds:
            write(f" {statistics.median(outcome.seconds):.2f} s")
        if outcome.failure is not None:
            write(f" FAILED: {outcome.failure}")
        write("\n")
        if self.trace or outcome.failure is not None:
            for name, events in zip(HOMES, outcome.events, strict=True):
                for event in events:
                    write(f"    {name:<5} {event.at - outcome.began:+8.2f} s  {event.what}\n")


def write(text: str) -> None:
    """Tell how the rounds go, on standard error; the table comes last, and alone on standard output."""
    sys.stderr.write(text)
    sys.stderr.flush()


def read_options() -> argparse.Namespace:
    """Read the command line."""
    names = [fault.name for fault in FAULTS]
    parser = argparse.ArgumentParser(prog="python -m bench.recovery", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often each fault is played ({ROUNDS})")
    parser.add_argument("--faults", nargs="+", choices=names, default=names, help="which faults (all)")
    parser.add_argument("--pairs", nargs="+", choices=PAIRS, default=list(PAIRS), help="which browsers (all)")
    parser.add_argument("--trace", action="store_true", help="write what happened in the pages in every round")
    return parser.parse_args()


async def main() -> int:
    """Play what is asked for, and print the table; gives the exit code."""
    options = read_options()
    fault = lab_fault()
    if fault is not None:
        write(f"{fault}\n")
        return 2
    faults = [fault for fault in FAULTS if fault.name in options.faults]
    with tempfile.TemporaryDirectory() as folder:
        async with running_lab(Path(folder)) as lab:
            bench = Bench(lab, options.trace)
            for pair in options.pairs:
                await bench.play_all(pair, faults, options.rounds)
    sys.stdout.write(HEAD)
    for played, pair in product(faults, options.pairs):
        sys.stdout.write(row(played, pair, bench.series[played, pair]))
    return 1 if any(series.failures for series in bench.series.values()) else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
