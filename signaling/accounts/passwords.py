"""Awaits bcrypt: in threads, a few at a time in fair turns, and as long for an unknown name as for a known one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

import anyio
import bcrypt

from protocol.fields import MAX_PASSWORD_BYTES, Text
from signaling.errors import RateLimited
from signaling.rate_limits.turn_queue import Share, Ticket, TurnEffect, TurnQueue

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
"""Stands in for what bcrypt would not take; it is compared with a hash that no password has."""


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
        self._cost = cost
        self._check = check
        # Threads of their own: what the others do, such as asking the database, must not be slow.
        self._threads = ThreadPoolExecutor(places, "bcrypt", step_back)
        self._queue = TurnQueue(places)
        self._patience = patience
        self._answered: dict[Ticket, anyio.Event] = {}
        # A salt with a digest of dots: well formed, so that comparing takes its time, and the digest of nothing.
        self._hash_of_nobody = bcrypt.gensalt(cost) + b"." * 31

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
        """Return the salted hash to store for a password of at most MAX_PASSWORD_BYTES. Wants a turn."""
        hashed = await self._in_thread(bcrypt.hashpw, password.encode(), bcrypt.gensalt(self._cost))
        return hashed.decode()

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Tell whether a password has a hash; None is an unknown name's, and costs the same. Wants a turn."""
        known = hashed is not None and _can_be_hashed(password)
        candidate = password.encode() if known else NO_PASSWORD
        stored = hashed.encode() if known and hashed is not None else self._hash_of_nobody
        same = await self._in_thread(self._check, candidate, stored)
        return known and same

    async def _in_thread(self, work: Callable[[bytes, bytes], Result], one: bytes, other: bytes) -> Result:
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


def _can_be_hashed(password: str) -> bool:
    return Text(MAX_PASSWORD_BYTES).admits(password) and "\0" not in password
