"""Awaits bcrypt: in threads, a few at a time in fair turns, and with the same work for all who fail.

A password is compared in its one form (`opaque_string`), and then as it was typed where that is another, since releases
before this one hashed that. What fails has cost as much as the costliest hash that there is, once for each form: for an
unknown name, and for an account whose hash was made at a lower cost.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import TypeVar

import anyio
import bcrypt

from protocol.fields import Text
from protocol.passwords import MAX_PASSWORD_BYTES, opaque_string
from signaling.errors import RateLimited
from signaling.rate_limits.fair_queue import FairQueue, Share, Ticket, TurnEffect

One = TypeVar("One")
Other = TypeVar("Other")
Result = TypeVar("Result")
PLACES = max(1, (os.cpu_count() or 1) // 2)
"""Half of the processors stay free for the event loop and for everyone who is not logging in."""
PATIENCE_SECONDS = 5.0
"""Nobody waits longer for a turn: a person thinks by then that nothing happens, and a page gives up after 15 s."""
BUSY_RETRY_AFTER = 10
NICENESS = 5
"""Puts the threads after the event loop: where they share a processor with it, it gets three quarters if it
needs them, so that a flood of logins slows little else. Beside a loop that is always busy, a login takes a second."""
NO_PASSWORD = b"-"
"""Stands in for every password where time is to pass; it is compared with a hash that no password has."""
HASH_HEAD = re.compile(r"\$2[aby]\$(?P<cost>[0-9]{2})\$")
HASH_TAIL = re.compile(r"[./A-Za-z0-9]{53}")
HIGHEST_COST = 16
"""Of those that can be set. A hash of a higher one, which somebody else has stored, is not what all others pay for."""


class Comparison(Enum):
    """What came of comparing a password with a hash."""

    WRONG = auto()
    """It is another one's."""
    RIGHT = auto()
    """It is this one's."""
    OUTDATED = auto()
    """It is this one's, and would be another today: of another cost, or not of the password as it was typed."""


class Passwords:
    """Hashes and compares passwords, at `cost` doublings of work; `check` is bcrypt's, unless a test watches it."""

    def __init__(
        self,
        cost: int,
        check: Callable[[bytes, bytes], bool] = bcrypt.checkpw,
        *,
        places: int = PLACES,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._cost = self._highest_cost = cost
        self._check = check
        # Threads of their own: what the others do, such as asking the database, must not be slow.
        self._threads = ThreadPoolExecutor(places, "bcrypt", step_back)
        self._queue = FairQueue(places)
        self._patience = patience
        self._answered: dict[Ticket, anyio.Event] = {}

    def expect(self, hashes: Iterable[str]) -> None:
        """Have everything that fails cost as much as comparing with the costliest of these, or of their heads."""
        for hashed in hashes:
            cost = _cost_of(hashed)
            if cost is not None and cost <= HIGHEST_COST:
                self._highest_cost = max(self._highest_cost, cost)

    def check_room(self, share: Share) -> None:
        """RateLimited if `turn` would say so at once: nothing need be done then for somebody who asks for a turn."""
        if self._queue.is_full_for(share):
            raise RateLimited(BUSY_RETRY_AFTER)

    @asynccontextmanager
    async def turn(self, share: Share) -> AsyncIterator[None]:
        """Wait until a password may be worked on; RateLimited if that takes too long, or too many wait already."""
        ticket = Ticket(share)
        answered = self._answered[ticket] = anyio.Event()
        self._carry_out(self._queue.arrived(ticket))
        try:
            with anyio.move_on_after(self._patience):
                await answered.wait()
            # Asked, since a turn may have come in the moment in which patience ended.
            if not self._queue.has_turn(ticket):
                raise RateLimited(BUSY_RETRY_AFTER)
            yield
        finally:
            del self._answered[ticket]
            self._carry_out(self._queue.left(ticket))

    async def hash(self, password: str) -> str:
        """Return the salted hash to store for a password that nothing is wrong with. Wants a turn."""
        hashed = await self._in_thread(bcrypt.hashpw, opaque_string(password).encode(), bcrypt.gensalt(self._cost))
        return hashed.decode()

    async def compare(self, password: str, hashed: str | None) -> Comparison:
        """Tell whether a password has a hash; None is an unknown name's, and costs the same. Wants a turn."""
        self.expect([] if hashed is None else [hashed])
        return await self._in_thread(self._compare, password, hashed)

    def _compare(self, password: str, hashed: str | None) -> Comparison:
        form, cost = opaque_string(password), None if hashed is None else _cost_of(hashed, HASH_TAIL)
        for candidate in dict.fromkeys((form, password)):
            if hashed is None or cost is None or not _can_be_hashed(candidate):
                self._take_time(self._highest_cost)
            elif self._check(candidate.encode(), hashed.encode()):
                return Comparison.RIGHT if (candidate, cost) == (form, self._cost) else Comparison.OUTDATED
            else:
                # Each cost is twice the one before, so these and the one that was paid add up to the highest.
                for missing in range(cost, self._highest_cost):
                    self._take_time(missing)
        return Comparison.WRONG

    def _take_time(self, cost: int) -> None:
        # A salt with a digest of dots: well formed, so that comparing takes its time, and the digest of nothing.
        self._check(NO_PASSWORD, bcrypt.gensalt(cost) + b"." * 31)

    async def _in_thread(self, work: Callable[[One, Other], Result], one: One, other: Other) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, one, other)

    def _carry_out(self, effects: list[TurnEffect]) -> None:
        for effect in effects:
            self._answered[effect.ticket].set()


def step_back() -> None:
    """Have the system run this thread after others. Only Linux knows the priority of a thread."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with contextlib.suppress(OSError):  # a sandbox may forbid it
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)


def _cost_of(hashed: str, tail: re.Pattern[str] | None = None) -> int | None:
    """Return the cost of a hash that begins as bcrypt's do, and goes on like this; None of another."""
    head = HASH_HEAD.match(hashed)
    if head is None or (tail is not None and tail.fullmatch(hashed, head.end()) is None):
        return None
    return int(head["cost"])


def _can_be_hashed(password: str) -> bool:
    return Text(MAX_PASSWORD_BYTES).admits(password) and "\0" not in password
