"""Decides what an attack has cost people and the server, and puts all attacks side by side."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean, median

from bench.load.abuser import Deeds
from bench.load.attacks import Attack
from bench.load.honest import PAIRS, Journal
from bench.report import Table, percentile

MAX_SLOWER, MAX_GROWTH = 5.0, 1.2
"""What is aimed at: how much later people meet at the 99th percentile, and how much larger the server stays."""
CALM_SECONDS = 3.0
"""At least; then the memory is waited for."""
MEMORY_SECONDS = 60.0
SETTLED_SECONDS, SETTLED = 10.0, 0.01
"""What has not changed by more than that in so long does not come back any more."""
NOTHING = "–"
PEOPLE_HEAD = ("beside", "met", "failed", "p50", "p99", "max", "p99 / alone", "signal p99", "logins", "login p99")
SERVER_HEAD = (
    "attack",
    "its core",
    "before",
    "peak",
    "after",
    "after / before",
    "log",
    "connections",
    "refused",
    "sent",
)
PEOPLE_NOTE = (
    "{pairs} pairs meet, each about once a second: from opening both WebSockets to the last candidate. Somebody logs "
    "in every 2 s. The flood elsewhere takes the core that people and abusers share, and leaves the server alone. "
    "Alone, the p99 was {alone:.1f} ms: the median of what it was before each attack."
)


@dataclass(frozen=True)
class Phase:
    """What people lived through, and what part of its core the server took."""

    journal: Journal
    cpu: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one attack; memory and log in MiB."""

    attack: Attack
    alone: Phase
    beside: Phase
    calm: Phase
    """After the attack, until the memory is back or has settled."""
    memory_before: float
    memory_peak: float
    memory_after: float
    logged: float
    deeds: Deeds

    @property
    def growth(self) -> float:
        """How much larger the server stays."""
        return self.memory_after / self.memory_before

    def slower(self, alone_p99: float) -> float:
        """Return how much later people meet than alone; infinity where nobody does."""
        meetings = self.beside.journal.meetings
        return percentile(meetings, 99) / alone_p99 if meetings else math.inf

    def missed(self, alone_p99: float) -> list[str]:
        """Return what is aimed at and was missed."""
        faults = []
        if failed := self.beside.journal.failures.total():
            faults.append(f"{failed} failed")
        if failed_later := self.calm.journal.failures.total():
            faults.append(f"{failed_later} failed afterwards")
        if (slower := self.slower(alone_p99)) > MAX_SLOWER:
            faults.append(f"p99 × {slower:.1f}")
        if self.growth > MAX_GROWTH:
            faults.append(f"memory × {self.growth:.2f}")
        return faults


class Recovery:
    """Tells when memory is back, or does not change any more."""

    def __init__(self, memory: Callable[[], float], before: float, clock: Callable[[], float]) -> None:
        self._memory = memory
        self._before = before
        self._clock = clock
        self._began = self._settled_at = clock()
        self._settled = memory()

    def is_over(self) -> bool:
        """Tell whether there is nothing more to wait for."""
        now, memory = self._clock(), self._memory()
        if abs(memory / self._settled - 1) > SETTLED:
            self._settled, self._settled_at = memory, now
        if now - self._began < CALM_SECONDS:
            return False
        has_settled = now - self._settled_at >= SETTLED_SECONDS
        return memory <= MAX_GROWTH * self._before or has_settled or now - self._began >= MEMORY_SECONDS


def alone(outcomes: Sequence[Outcome]) -> Phase:
    """Put together what people lived through before each of the attacks."""
    together = Journal()
    for journal in (outcome.alone.journal for outcome in outcomes):
        together.meetings += journal.meetings
        together.signals += journal.signals
        together.logins += journal.logins
        together.failures += journal.failures
    return Phase(together, mean(outcome.alone.cpu for outcome in outcomes))


def usual_p99(outcomes: Sequence[Outcome]) -> float:
    """Return how late people meet alone: the median of what it was before each attack, lest one bad moment count."""
    return median(percentile(outcome.alone.journal.meetings, 99) for outcome in outcomes)


def tables(elsewhere: Phase, outcomes: Sequence[Outcome]) -> list[Table]:
    """Return what people lived through, what the server had to do, whether that is as it should be, and why not."""
    quiet, alone_p99 = alone(outcomes), usual_p99(outcomes)
    phases = [("nobody", quiet), ("a flood elsewhere", elsewhere)]
    phases += [(outcome.attack.name, outcome.beside) for outcome in outcomes]
    return [
        Table(
            "People beside an attack, times in ms",
            PEOPLE_HEAD,
            [_people_row(name, phase.journal, alone_p99) for name, phase in phases],
            [PEOPLE_NOTE.format(pairs=PAIRS, alone=alone_p99 * 1000)],
        ),
        Table(
            "The server under attack, memory and log in MiB",
            SERVER_HEAD,
            [_server_row(outcome) for outcome in outcomes],
            ["Connections and MiB sent are the abusers'; refused is what the server ended, or did not take."],
        ),
        Table(
            f"All meet, p99 at most × {MAX_SLOWER:g}, memory at most × {MAX_GROWTH:g}",
            ("attack", "aims", "what failed"),
            [_verdict_row(outcome, alone_p99) for outcome in outcomes],
        ),
    ]


def _people_row(name: str, journal: Journal, alone_p99: float) -> list[str]:
    met = journal.meetings
    figures = [percentile(met, 50), percentile(met, 99), max(met)] if met else []
    return [
        name,
        str(len(met)),
        str(journal.failures.total() or NOTHING),
        *([_ms(seconds) for seconds in figures] or [NOTHING] * 3),
        f"{figures[1] / alone_p99:.1f}" if figures else NOTHING,
        _ms(percentile(journal.signals, 99)) if journal.signals else NOTHING,
        str(len(journal.logins)),
        _ms(percentile(journal.logins, 99)) if journal.logins else NOTHING,
    ]


def _server_row(outcome: Outcome) -> list[str]:
    memory = (outcome.memory_before, outcome.memory_peak, outcome.memory_after)
    deeds = outcome.deeds
    return [
        outcome.attack.name,
        f"{outcome.beside.cpu:.0%}",
        *(f"{mebibytes:.0f}" for mebibytes in memory),
        f"{outcome.growth:.2f}",
        f"{outcome.logged:.1f}",
        f"{deeds.connections:,}",
        f"{deeds.refusals:,}",
        f"{deeds.sent_bytes / 2**20:,.0f}",
    ]


def _verdict_row(outcome: Outcome, alone_p99: float) -> list[str]:
    failures: Counter[str] = outcome.beside.journal.failures + outcome.calm.journal.failures
    reasons = [f"{count} × {reason}" for reason, count in failures.most_common()]
    missed = ", ".join(outcome.missed(alone_p99)) or "ok"
    attack = outcome.attack
    return [f"{attack.name}: {attack.sentence}", missed, "; ".join(reasons) or NOTHING]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.1f}"
