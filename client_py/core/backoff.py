"""Decides how long to wait before trying again: twice as long each time, up to a cap, with jitter."""

from __future__ import annotations

from collections.abc import Callable, Iterator


class Backoff:
    """Delays in seconds between attempts; without jitter, everyone that a fault cut off would come back at once.

    The first `eager` delays are held under `eager_cap`: a short fault is over sooner than long pauses would notice.
    """

    def __init__(
        self, first: float, cap: float, random: Callable[[], float], *, eager: int = 0, eager_cap: float = 0.0
    ) -> None:
        self._first = first
        self._cap = cap
        self._random = random
        self._eager = eager
        self._eager_cap = eager_cap
        self._delays = self._generate()

    def next_delay(self) -> float:
        """Return the next delay: from half of the nominal one to all of it."""
        return next(self._delays)

    def reset(self) -> None:
        """Begin again with the first delay, after a success."""
        self._delays = self._generate()

    def _generate(self) -> Iterator[float]:
        nominal = self._first
        for _ in range(self._eager):
            yield self._with_jitter(nominal)
            nominal = min(self._eager_cap, nominal * 2)
        while True:
            yield self._with_jitter(nominal)
            nominal = min(self._cap, nominal * 2)

    def _with_jitter(self, nominal: float) -> float:
        return nominal * (0.5 + self._random() / 2)
