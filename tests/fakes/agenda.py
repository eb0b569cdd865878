"""Time and chance of a simulated world: what happens when is decided by a seed, and by nothing else."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from random import Random

Action = Callable[[], None]


class Agenda:
    """What is going to happen; time goes from one event to the next."""

    def __init__(self, seed: int) -> None:
        self.now = 0.0
        self.random = Random(seed)  # noqa: S311 - reproducible on purpose
        self._numbers = itertools.count()
        self._entries: list[tuple[float, int, list[Action]]] = []

    def after(self, seconds: float, action: Action) -> Action:
        """Let something happen later; gives what calls it off."""
        return self.at(self.now + seconds, action)

    def at(self, moment: float, action: Action) -> Action:
        """Let something happen at a moment, after what was to happen then already; gives what calls it off."""
        cell = [action]
        heapq.heappush(self._entries, (moment, next(self._numbers), cell))
        return cell.clear

    def within(self, least: float, most: float, action: Action) -> Action:
        """Let something happen at a moment of chance, in seconds from now; gives what calls it off."""
        return self.after(self.random.uniform(least, most), action)

    def chance(self, probability: float) -> bool:
        """Throw a coin."""
        return self.random.random() < probability

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time go by, or less of it if a condition comes to hold; tells whether it does."""
        end = self.now + seconds
        while self._entries and self._entries[0][0] <= end:
            moment, _, cell = heapq.heappop(self._entries)
            self.now = moment
            if cell:
                cell[0]()
                if until():
                    return True
        self.now = end
        return until()


class Pipe:
    """Carries things one way and in order, each with a delay of its own, until it is cut."""

    def __init__(self, agenda: Agenda, least: float, most: float) -> None:
        self._agenda = agenda
        self._delays = (least, most)
        self._last = 0.0
        self.is_cut = False

    def carry(self, action: Action, share: float = 1.0) -> None:
        """Let something arrive, after what was sent before it; perhaps in a share of the usual time."""
        arrival = max(self._last, self._agenda.now + share * self._agenda.random.uniform(*self._delays))
        self._last = arrival
        self._agenda.at(arrival, lambda: None if self.is_cut else action())
