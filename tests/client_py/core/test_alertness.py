from __future__ import annotations

import pytest

from client_py.core.alertness import CHECK_PAUSE_SECONDS, SLEEP_SECONDS, TICK_SECONDS, Alertness

NOW = 1_000_000.0


@pytest.mark.parametrize(
    ("seconds", "jumped"),
    [(TICK_SECONDS, False), (0.0, False), (SLEEP_SECONDS, False), (SLEEP_SECONDS + 1, True), (-1.0, True)],
)
def test_alertness_sees_the_clock_jump(seconds: float, jumped: bool) -> None:  # noqa: FBT001 - a case
    """A tick that comes much too late, or before the last one, tells that the machine has slept or was set anew."""
    alertness = Alertness()
    assert not alertness.ticked(NOW)
    assert alertness.ticked(NOW + seconds) is jumped


def test_alertness_compares_with_the_last_tick() -> None:
    """One jump is told once."""
    alertness = Alertness()
    alertness.ticked(NOW)
    assert alertness.ticked(NOW + 3_600)
    assert not alertness.ticked(NOW + 3_600 + TICK_SECONDS)


def test_alertness_looks_at_once_and_then_waits_a_moment() -> None:
    """Of several events that tell one change, the first is looked into at once, and the others by one more look."""
    alertness = Alertness()
    assert alertness.wait_before_looking(NOW) == 0
    assert alertness.wait_before_looking(NOW + 0.25) == CHECK_PAUSE_SECONDS - 0.25
    assert alertness.wait_before_looking(NOW + CHECK_PAUSE_SECONDS) == 0
    assert alertness.wait_before_looking(NOW + CHECK_PAUSE_SECONDS + 0.5) == CHECK_PAUSE_SECONDS - 0.5


def test_alertness_does_not_wait_for_a_clock_that_was_set_back() -> None:
    """A look that lies in the future was none of a moment ago."""
    alertness = Alertness()
    alertness.wait_before_looking(NOW)
    assert alertness.wait_before_looking(NOW - 3_600) == 0
