"""Decides which lines of the log are written where many are caused: up to a rate all, beyond it their number.

There is a rate for each source of an event, and one for all of them together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from signaling.rate_limits.budgets import Budget, Rate

USUAL_LINES = Rate.of(300, 300.0)
"""Of one event by one account or address: twice what eight devices with eight rooms each cause by coming back."""
REPORT_SECONDS = 60.0
LINES = {
    "request": Rate.of(3000, 300.0),
    "request_rejected": Rate.of(1, REPORT_SECONDS),
    "requests_refused": Rate.of(1, REPORT_SECONDS),
    "tls_failed": Rate.of(1, REPORT_SECONDS),
}
"""A page asks for some twenty files, and many people may share one address. Of what is refused before it is looked at,
the first is worth a line, and then the number of the others."""
MAX_SOURCES = 10_000
"""How many sources are told apart at a time; what others cause then counts together."""
OTHERS = "others"
ALL_SOURCES = 40
"""All sources together may cause this many times what one may: enough for everyone on a full server to come back at
once. Addresses are cheap where a network of IPv6 has 65,536 sites."""
MAX_TOLD = 100
"""Sources whose number of lines is logged one by one, the largest first; the rest are added up."""
LOOK_SECONDS = 5.0
"""Between two looks for sources that can be forgotten, each of which goes through all: no newcomer should pay for it.
"""


class LineLimits:
    """The lines of every event and source. `rates` are those of events that are more frequent than others."""

    def __init__(self, usual: Rate, rates: Mapping[str, Rate], max_sources: int = MAX_SOURCES) -> None:
        self._usual = usual
        self._rates = rates
        self._max_sources = max_sources
        self._budgets: dict[tuple[str, str], Budget] = {}
        self._budgets_of_others: dict[str, Budget] = {}
        self._budgets_of_all: dict[str, Budget] = {}
        self._left_out: Counter[tuple[str, str]] = Counter()
        self._look_at = 0.0

    def admit(self, event: str, source: str, now: float) -> bool:
        """Tell whether to write a line; count it if not."""
        rate = self._rates.get(event, self._usual)
        key = (event, source)
        budget = self._budgets.get(key)
        if budget is None and self._has_room(now):
            budget = self._budgets[key] = Budget(rate)
        if budget is None:
            key = (event, OTHERS)
            budget = self._budgets_of_others.setdefault(event, Budget(rate))
        if budget.spend(now):
            self._left_out[key] += 1
            return False
        of_all = self._budgets_of_all.get(event)
        if of_all is None:
            of_all = self._budgets_of_all[event] = Budget(rate.times(ALL_SOURCES))
        if of_all.spend(now):
            self._left_out[event, OTHERS] += 1
            return False
        return True

    def left_out(self) -> list[tuple[str, str, int]]:
        """Return what was not written since the last time: event, source and number."""
        told, self._left_out = self._left_out, Counter()
        for event, source in [key for key, _ in told.most_common()[MAX_TOLD:] if key[1] != OTHERS]:
            told[event, OTHERS] += told.pop((event, source))
        return [(event, source, count) for (event, source), count in told.items()]

    def _has_room(self, now: float) -> bool:
        if len(self._budgets) >= self._max_sources and now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            self._budgets = {key: budget for key, budget in self._budgets.items() if not budget.is_full(now)}
        return len(self._budgets) < self._max_sources
