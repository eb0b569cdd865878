"""Awaits the moments at which clients are asked whether they are still there: one timer for all of them."""

from __future__ import annotations

import asyncio
from contextvars import Context
from typing import Protocol

PING_SECONDS, PONG_SECONDS = 15.0, 12.0
"""Between two pings, and for the answer to each: together what it takes at most to find a client that is dead, under
30 s, and well under the minute after which proxies drop what is silent. A phone may be without its network for as long
as the answer has, before it has to come back with another WebSocket."""
STEPS = 20
"""Parts of the interval, each with its own clients, so that not all are asked in one moment."""
ANSWER_STEPS = 16
"""Of those, what a client has for its answer: less than all of them, so that a dead one is found sooner than if it were
looked for when it is asked the next time, and no more often asked."""


class Pinged(Protocol):
    """A connection that can be pinged. Neither method waits."""

    is_unanswered: bool
    """Whether it was asked, and has not answered since."""

    def ask(self) -> None:
        """Ask."""

    def give_up(self) -> None:
        """It was asked ANSWER_STEPS ago."""


class Keepalive:
    """Asks everyone every `seconds`, and gives up who has not answered when ANSWER_STEPS of them are over."""

    def __init__(self, seconds: float) -> None:
        self._step = seconds / STEPS
        self._groups: list[set[Pinged]] = [set() for _ in range(STEPS)]
        self._turn = 0
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, asked: Pinged) -> set[Pinged]:
        """Ask someone from now on, as long as they are in the group that is given back."""
        if self._timer is None:
            self._ask_later()
        group = self._groups[self._turn - 1]  # the one whose turn was last
        group.add(asked)
        return group

    def _ask_next(self) -> None:
        late, due = self._groups[self._turn - ANSWER_STEPS], self._groups[self._turn]
        self._turn = (self._turn + 1) % STEPS
        for asked in [asked for asked in late if asked.is_unanswered]:
            asked.give_up()
        for asked in list(due):
            asked.ask()
        self._timer = None
        if any(self._groups):
            self._ask_later()

    def _ask_later(self) -> None:
        # In no request's context: its findings do not belong into the log of the connection that is watched first.
        self._timer = asyncio.get_running_loop().call_later(self._step, self._ask_next, context=Context())
