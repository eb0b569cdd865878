"""Plays schedules of faults by the million, in a process for each core, and names every seed that fails.

Run as `make soak` (SCHEDULES=…, FIRST=…); `python -m tests.soak --replay SEED` plays one again, with its traceback.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field

import click

from tests.fakes.schedules import Outcome, play

CHUNK = 250
MAX_FAILURES_SHOWN = 20


@dataclass(slots=True)
class Tally:
    """What has come of the schedules so far."""

    schedules: int = 0
    faults: int = 0
    messages: int = 0
    settling: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def count(self, outcome: Outcome | str) -> None:
        """Count one schedule; a text is the traceback of one that failed."""
        self.schedules += 1
        if isinstance(outcome, str):
            self.failures.append(outcome)
            return
        self.faults += outcome.faults
        self.messages += outcome.messages
        self.settling.append(outcome.settled_after)


def play_safely(seed: int) -> Outcome | str:
    """Play a schedule; gives the traceback if it fails."""
    try:
        return play(seed)
    except Exception:  # noqa: BLE001 - whatever it is, it is what we are looking for
        return traceback.format_exc()


def outcomes(first: int, count: int, processes: int) -> Iterator[Outcome | str]:
    """Play schedules side by side; gives their outcomes as they come."""
    with multiprocessing.Pool(processes) as pool:
        yield from pool.imap_unordered(play_safely, range(first, first + count), CHUNK)


@click.command()
@click.option("--schedules", default=1_000_000, help="How many to play.")
@click.option("--first", default=0, help="The seed of the first one.")
@click.option("--processes", default=os.cpu_count() or 1, help="How many to play side by side.")
@click.option("--seconds", default=0, help="Stop after this many seconds, with what was played; 0 for no limit.")
@click.option("--replay", type=int, default=None, help="Play only the schedule of this seed, and show how it fails.")
def main(schedules: int, first: int, processes: int, seconds: int, replay: int | None) -> None:
    """Play schedules, and tell what came of them."""
    if replay is not None:
        click.echo(play(replay))
        return
    tally, started, told = Tally(), time.monotonic(), time.monotonic()
    for outcome in outcomes(first, schedules, processes):
        tally.count(outcome)
        if isinstance(outcome, str) and len(tally.failures) <= MAX_FAILURES_SHOWN:
            click.echo(outcome)
        if time.monotonic() - told > 60:
            told = time.monotonic()
            click.echo(report(tally, told - started))
        if seconds and time.monotonic() - started > seconds:
            break
    click.echo(report(tally, time.monotonic() - started))
    sys.exit(1 if tally.failures else 0)


def report(tally: Tally, seconds: float) -> str:
    """Say in a line how far it is."""
    settling = statistics.median(tally.settling) if tally.settling else 0.0
    return (
        f"{tally.schedules} schedules with {tally.faults} faults and {tally.messages} messages in {seconds:.0f} s; "
        f"{len(tally.failures)} failed; settled after {settling:.0f} s (median), "
        f"{max(tally.settling, default=0):.0f} s (most)"
    )


if __name__ == "__main__":
    main()
