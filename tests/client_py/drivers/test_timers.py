from __future__ import annotations

from client_py.drivers.timers import Timers
from tests.fakes.ports import FakeClock


def test_timers_fire_once() -> None:
    """A timer calls back when it is due, and not again."""
    clock, fired = FakeClock(), []
    Timers(clock).start("a", 3, lambda: fired.append("a"))
    clock.advance(2.9)
    assert fired == []
    clock.advance(10)
    assert fired == ["a"]
    assert clock.running == []


def test_timers_start_over() -> None:
    """Starting a timer that runs lets the first one go."""
    clock, fired = FakeClock(), []
    timers = Timers(clock)
    timers.start("a", 3, lambda: fired.append("first"))
    timers.start("a", 5, lambda: fired.append("second"))
    clock.advance(10)
    assert fired == ["second"]


def test_timers_may_be_started_by_what_they_fire() -> None:
    """A callback can start its own timer again."""
    clock, fired = FakeClock(), []
    timers = Timers(clock)

    def again() -> None:
        fired.append(clock.now())
        timers.start("a", 1, again)

    timers.start("a", 1, again)
    clock.advance(2.5)
    assert len(fired) == 2
    timers.stop("a")
    timers.stop("a")
    clock.advance(10)
    assert len(fired) == 2


def test_timers_stop_all_of_them() -> None:
    """Nothing fires after everything was stopped."""
    clock, fired = FakeClock(), []
    timers = Timers(clock)
    for key in "ab":
        timers.start(key, 1, lambda: fired.append("fired"))
    timers.stop_all()
    clock.advance(5)
    assert fired == []
