"""Decides which lines of the log are written where one source causes many: up to a rate all, beyond it their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from signaling.budgets import Budget, Rate

MAX_SOURCES = 10_000
"""That are told apart at a time; what others cause then counts together."""
OTHERS = "others"


class LineLimits:
    """The lines of every event and source. `rates` are those of events that are more frequent than others."""

    def __init__(self, usual: Rate, rates: Mapping[str, Rate], max_sources: int = MAX_SOURCES) -> None:
        self._usual = usual
        self._rates = rates
        self._max_sources = max_sources
        self._budgets: dict[tuple[str, str], Budget] = {}
        self._left_out: Counter[tuple[str, str]] = Counter()

    def admit(self, event: str, source: str, now: float) -> bool:
        """Tell whether a line is to be written; count it if it is not."""
        key = (event, source)
        budget = self._budgets.get(key)
        if budget is None:
            if len(self._budgets) >= self._max_sources:
                self._forget_quiet(now)
            if len(self._budgets) >= self._max_sources:
                key = (event, OTHERS)
            budget = self._budgets.setdefault(key, Budget(self._rates.get(event, self._usual)))
        if budget.spend(now):
            self._left_out[key] += 1
            return False
        return True

    def left_out(self) -> list[tuple[str, str, int]]:
        """Return what was not written since the last time: event, source and number."""
        counts, self._left_out = self._left_out, Counter()
        return [(event, source, count) for (event, source), count in counts.items()]

    def _forget_quiet(self, now: float) -> None:
        self._budgets = {key: budget for key, budget in self._budgets.items() if not budget.is_full(now)}
