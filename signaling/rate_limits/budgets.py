"""Decides how often something may happen, without a clock.

A budget is a token bucket that is kept as one number, the moment at which it is full again (ATM's generic cell rate
algorithm, ITU-T I.371): counting costs a few additions, and nothing has to be refilled by a timer.
"""

from __future__ import annotations

from dataclasses import dataclass

INEXACT_SECONDS = 1e-6
"""Sums of many intervals are not exact."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Return `interval` seconds after each use; a full budget holds what takes `seconds` to return."""

    interval: float
    seconds: float

    @classmethod
    def of(cls, amount: int, seconds: float) -> Rate:
        """Make the rate of `amount` uses at once, and as many again in each `seconds`."""
        return cls(seconds / amount, seconds)

    def times(self, factor: int) -> Rate:
        """Make the rate of several who share one budget."""
        return Rate(self.interval / factor, self.seconds)


class Budget:
    """How much one may still use. In any `seconds` it is at most twice the rate's amount: a burst and what returns."""

    __slots__ = ("_full_at", "_rate")

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._full_at = 0.0

    def spend(self, now: float, count: int = 1) -> float:
        """Use the budget and return 0; or use nothing, and return the seconds until there will be enough."""
        rate = self._rate
        full_at = (self._full_at if self._full_at > now else now) + count * rate.interval
        wait = full_at - now - rate.seconds
        if wait > INEXACT_SECONDS:
            return wait
        self._full_at = full_at
        return 0.0

    def is_full(self, now: float) -> bool:
        """Tell whether everything has returned, so that nothing is lost with this budget."""
        return self._full_at <= now
