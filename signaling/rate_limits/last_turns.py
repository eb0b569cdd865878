"""Decides who comes first where turns are taken: who had one longest ago, and before them who never had any. No I/O."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Owner = TypeVar("Owner", bound=Hashable)
MAX_REMEMBERED = 4_096
"""Owners whose last turn is remembered. One that has been forgotten counts as never served."""


class LastTurns(Generic[Owner]):
    """When everyone had their last turn, counted in turns."""

    def __init__(self) -> None:
        self._turns = 0
        self._last: dict[Owner, int] = {}  # the longest ago first

    def of(self, owner: Owner) -> int:
        """Return which turn an owner had last; 0 if it had none."""
        return self._last.get(owner, 0)

    def served(self, *owners: Owner) -> None:
        """Count a turn, which is one of each of these; what has to be remembered for longest comes last."""
        self._turns += 1
        for owner in owners:
            self._last.pop(owner, None)
            self._last[owner] = self._turns
        while len(self._last) > MAX_REMEMBERED:
            del self._last[next(iter(self._last))]
