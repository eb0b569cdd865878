from __future__ import annotations

import pytest

from client_py.core.server.sleep_detection import CHECK_PAUSE_SECONDS, SLEEP_SECONDS, TICK_SECONDS, SleepDetection

NOW = 1_000_000.0


@pytest.mark.parametrize(
    ("seconds", "jumped"),
    [(TICK_SECONDS, False), (0.0, False), (SLEEP_SECONDS, False), (SLEEP_SECONDS + 1, True), (-1.0, True)],
)
def test_sleep_detection_sees_the_clock_jump(seconds: float, jumped: bool) -> None:  # noqa: FBT001 - a case
    """A tick that comes much too late, or before the last one, tells that the machine has slept or was set again."""
    sleep_detection = SleepDetection()
    assert not sleep_detection.ticked(NOW)
    assert sleep_detection.ticked(NOW + seconds) is jumped


def test_sleep_detection_compares_with_the_last_tick() -> None:
    """One jump is told once."""
    sleep_detection = SleepDetection()
    sleep_detection.ticked(NOW)
    assert sleep_detection.ticked(NOW + 3_600)
    assert not sleep_detection.ticked(NOW + 3_600 + TICK_SECONDS)


def test_sleep_detection_looks_at_once_and_then_waits_a_moment() -> None:
    """Of several events that tell one change, the first is looked into at once, and the others by one more look."""
    sleep_detection = SleepDetection()
    assert sleep_detection.wait_before_looking(NOW) == 0
    assert sleep_detection.wait_before_looking(NOW + 0.25) == CHECK_PAUSE_SECONDS - 0.25
    assert sleep_detection.wait_before_looking(NOW + CHECK_PAUSE_SECONDS) == 0
    assert sleep_detection.wait_before_looking(NOW + CHECK_PAUSE_SECONDS + 0.5) == CHECK_PAUSE_SECONDS - 0.5


def test_sleep_detection_does_not_wait_for_a_clock_that_was_set_back() -> None:
    """A look that lies in the future was none of a moment ago."""
    sleep_detection = SleepDetection()
    sleep_detection.wait_before_looking(NOW)
    assert sleep_detection.wait_before_looking(NOW - 3_600) == 0
