"""Awaits the moments by which something that was begun has to be done: one timer for all of them."""

from __future__ import annotations

import asyncio
from contextvars import Context
from typing import Protocol


class Overdue(Protocol):
    """What can be late."""

    def deadline_passed(self) -> None:
        """It was not done in time. It does not wait."""


class Deadlines:
    """Gives everyone the same number of seconds, so that who was first is due first."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._due_at: dict[Overdue, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def start(self, overdue: Overdue) -> None:
        """Start someone's time over, from now on."""
        loop = asyncio.get_running_loop()
        self._due_at.pop(overdue, None)
        self._due_at[overdue] = loop.time() + self.seconds
        if self._timer is None:
            self._wake_after(self.seconds)

    def stop(self, overdue: Overdue) -> None:
        """Forget someone, who is done or gone."""
        self._due_at.pop(overdue, None)

    def _look(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        while self._due_at:
            overdue, due_at = next(iter(self._due_at.items()))
            if due_at > now:
                self._wake_after(due_at - now)
                return
            del self._due_at[overdue]
            overdue.deadline_passed()

    def _wake_after(self, seconds: float) -> None:
        # In no request's context, as in the keepalive.
        self._timer = asyncio.get_running_loop().call_later(seconds, self._look, context=Context())
