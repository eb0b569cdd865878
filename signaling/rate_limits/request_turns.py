"""Awaits the moments at which requests begin: a few in each round of the event loop, in fair turns of their sources.

A request costs the server some tenths of a millisecond, so a message that comes after a thousand of them would wait for
all that time. Who had a turn longest ago comes first: somebody who asks now and then does not wait for those who ask
all the time, however many requests of theirs there are. Nobody is refused, and the server does not do less.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable
from contextvars import Context

from signaling.rate_limits.last_turns import LastTurns

AT_ONCE = 4
"""Between two looks at what the network has brought: one to two milliseconds of work."""
Begin = Callable[[], object]


class Turns:
    """What waits, by source. No I/O."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Begin]] = {}
        self._order: list[tuple[int, int, str]] = []  # a heap: last turn, arrival, and each waiting source once
        self._last_turns = LastTurns[str]()
        self._arrivals = 0

    def __bool__(self) -> bool:
        return bool(self._order)

    def add(self, source: str, begin: Begin) -> None:
        """Have a request wait for its turn."""
        waiting = self._waiting.get(source)
        if waiting is None:
            waiting = self._waiting[source] = deque()
            self._line_up(source)
        waiting.append(begin)

    def served(self, source: str) -> None:
        """Count a turn."""
        self._last_turns.served(source)

    def next(self) -> Begin:
        """Return whose turn it is; IndexError if nobody waits."""
        _, _, source = heapq.heappop(self._order)
        waiting = self._waiting[source]
        begin = waiting.popleft()
        self.served(source)
        if waiting:
            self._line_up(source)
        else:
            del self._waiting[source]
        return begin

    def _line_up(self, source: str) -> None:
        self._arrivals += 1
        heapq.heappush(self._order, (self._last_turns.of(source), self._arrivals, source))


class RequestTurns:
    """The requests of one server; the reads of its WebSockets have turns of their own."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._turns = Turns()
        self._at_once = at_once
        self._begun = 0
        """Since the loop has last looked at the network."""

    def take(self, source: str, begin: Begin) -> None:
        """Call `begin` when it is the turn of a source, which may be now."""
        self._go_on_later()
        if self._begun < self._at_once and not self._turns:
            self._begun += 1
            self._turns.served(source)
            begin()
        else:
            self._turns.add(source, begin)

    def take_later(self, source: str, begin: Begin) -> None:
        """Call `begin` when it is the turn of a source, in another round of the event loop than this one."""
        self._go_on_later()
        self._turns.add(source, begin)

    def _go_on_later(self) -> None:
        if self._begun == 0 and not self._turns:  # otherwise that is arranged already
            self._go_on_soon()

    def _go_on_soon(self) -> None:
        # In no request's context: others begin there.
        asyncio.get_running_loop().call_soon(self._go_on, context=Context())

    def _go_on(self) -> None:
        self._begun = 0
        if not self._turns:
            return
        self._go_on_soon()
        while self._turns and self._begun < self._at_once:
            self._begun += 1
            self._turns.next()()
