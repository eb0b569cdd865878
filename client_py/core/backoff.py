"""Decides how long to wait before trying again: twice as long each time, up to a cap, with jitter."""

from __future__ import annotations

from collections.abc import Callable, Iterator


class Backoff:
    """Delays in seconds between attempts; without jitter, everyone that a fault cut off would come back at once."""

    def __init__(self, first: float, cap: float, random: Callable[[], float]) -> None:
        self._first = first
        self._cap = cap
        self._random = random
        self._delays = self._generate()

    def next_delay(self) -> float:
        """Give the next delay: from half of the nominal one to all of it."""
        return next(self._delays)

    def reset(self) -> None:
        """Begin again with the first delay, after a success."""
        self._delays = self._generate()

    def _generate(self) -> Iterator[float]:
        nominal = self._first
        while True:
            yield nominal * (0.5 + self._random() / 2)
            nominal = min(self._cap, nominal * 2)
