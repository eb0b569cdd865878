from collections import Counter

import pytest

from bench.load.abuser import Deeds
from bench.load.attacks import BY_NAME
from bench.load.honest import Journal
from bench.load.results import (
    CALM_SECONDS,
    MEMORY_SECONDS,
    SETTLED_SECONDS,
    Outcome,
    Phase,
    Recovery,
    alone,
    tables,
    usual_p99,
)


def phase(*meetings: float, **failures: int) -> Phase:
    """A phase in which people met, or did not."""
    return Phase(Journal(meetings=list(meetings), failures=Counter(failures)), 0.5)


def outcome(
    beside: Phase, calm: Phase | None = None, *, memory_after: float = 100.0, quiet: Phase | None = None
) -> Outcome:
    """What came of an attack at a server of 100 MiB."""
    return Outcome(
        attack=BY_NAME["mixed"],
        alone=quiet or phase(0.01),
        beside=beside,
        calm=calm or phase(0.01),
        memory_before=100.0,
        memory_peak=300.0,
        memory_after=memory_after,
        logged=0.0,
        deeds=Deeds(),
    )


def test_attack_that_hurts_nobody_misses_nothing() -> None:
    """Five times as late, and a fifth more memory, are as they should be."""
    assert outcome(phase(0.05), memory_after=120.0).missed(0.01) == []


@pytest.mark.parametrize(
    ("hurt", "missed"),
    [
        (outcome(phase(0.01, 0.08)), ["p99 × 8.0"]),
        (outcome(phase(0.01, reset=2)), ["2 failed"]),
        (outcome(phase(0.01), phase(0.01, reset=1)), ["1 failed afterwards"]),
        (outcome(phase(0.01), memory_after=150.0), ["memory × 1.50"]),
        (outcome(phase(reset=1)), ["1 failed", "p99 × inf"]),
    ],
)
def test_attack_that_hurts_is_told(hurt: Outcome, missed: list[str]) -> None:
    """An attack that makes others fail or meet too late, or the server larger, is told; each by itself."""
    assert hurt.missed(0.01) == missed


def test_alone_is_what_all_lived_through_before() -> None:
    """The calm before every attack counts together."""
    together = alone([outcome(phase(1.0), quiet=phase(0.01, reset=1)), outcome(phase(1.0), quiet=phase(0.02))])
    assert together.journal.meetings == [0.01, 0.02]
    assert together.journal.failures.total() == 1


def test_usual_p99_is_not_that_of_one_bad_moment() -> None:
    """What people wait alone is the median over the attacks."""
    quiet = [phase(0.01), phase(5.0), phase(0.02)]
    assert usual_p99([outcome(phase(1.0), quiet=each) for each in quiet]) == 0.02


def test_tables_show_people_who_never_met() -> None:
    """An attack that lets nobody through leaves places without figures, and its reasons."""
    text = "\n".join(map(str, tables(phase(0.01), [outcome(phase(reset=3))])))
    assert "3 × reset" in text
    assert "| mixed " in text


class Server:
    """A server whose memory and clock a test sets."""

    def __init__(self) -> None:
        self.memory = 300.0
        self.now = 0.0
        self.recovery = Recovery(lambda: self.memory, 100.0, lambda: self.now)


def test_memory_that_is_back_is_not_waited_for() -> None:
    """Where it is back, only the calm is waited for."""
    server = Server()
    server.memory = 110.0
    assert not server.recovery.is_over()
    server.now = CALM_SECONDS
    assert server.recovery.is_over()


def test_memory_that_stays_is_waited_for_until_it_has_settled() -> None:
    """What has not changed for a while will not."""
    server = Server()
    server.now = SETTLED_SECONDS - 0.1
    assert not server.recovery.is_over()
    server.now = SETTLED_SECONDS
    assert server.recovery.is_over()


def test_memory_that_shrinks_is_waited_for_until_time_is_up() -> None:
    """What still shrinks may come back, for a minute."""
    server = Server()
    while server.now < MEMORY_SECONDS - 1:
        server.now += 1
        server.memory -= 3
        assert not server.recovery.is_over()
    server.now += 1
    assert server.recovery.is_over()
