"""Decides when to look at once how things stand: after a change outside, and after the page has slept."""

from __future__ import annotations

TICK_SECONDS = 20.0
"""How often the clock is looked at: seldom enough for a hidden page, whose timers browsers slow to one a minute."""

SLEEP_SECONDS = 70.0
"""A tick that comes so late was held back by more than that slowness: the page, or the machine, has slept."""

CHECK_PAUSE_SECONDS = 1.0
"""Browsers tell one change by several events; between two looks there is at least this."""

SHORTEST_WAIT_SECONDS = 0.01
"""A wait that rounds to nothing would end before its time, and be begun again for ever."""


class SleepDetection:
    """When to look; all moments in seconds since the epoch, by the wall clock, which goes on in sleep."""

    def __init__(self) -> None:
        self._ticked_at: float | None = None
        self._looked_at = float("-inf")

    def ticked(self, now: float) -> bool:
        """The clock has gone on; tells whether it has jumped, to either side."""
        before, self._ticked_at = self._ticked_at, now
        return before is not None and not before <= now <= before + SLEEP_SECONDS

    def wait_before_looking(self, now: float) -> float:
        """Something has changed outside: gives the seconds until it is time to look, 0 for at once."""
        since = now - self._looked_at
        if 0 <= since < CHECK_PAUSE_SECONDS:
            return max(SHORTEST_WAIT_SECONDS, CHECK_PAUSE_SECONDS - since)
        self._looked_at = now
        return 0.0
