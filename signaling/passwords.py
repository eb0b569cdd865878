"""Awaits bcrypt: in threads, a few at a time, and as long for a name that does not exist as for one that does."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
import bcrypt

from protocol.fields import MAX_PASSWORD_BYTES, Text
from signaling.errors import RateLimited

MAX_WAITING = 100
"""At a quarter of a second each and one at a time, who comes last waits for less than half a minute."""
BUSY_RETRY_AFTER = 10
NO_PASSWORD = b"-"
"""Stands in for what bcrypt would not take; it is compared with a hash that no password has."""


class Passwords:
    """Hashes and compares passwords, at `cost` doublings of work; `check` is bcrypt's, unless a test watches it."""

    def __init__(self, cost: int, check: Callable[[bytes, bytes], bool] = bcrypt.checkpw) -> None:
        self._cost = cost
        self._check = check
        # Half of the processors stay free for the event loop and for everyone who is not logging in.
        self._turns = anyio.CapacityLimiter(max(1, (os.cpu_count() or 1) // 2))
        # A salt with a digest of dots: well formed, so that comparing takes its time, and the digest of nothing.
        self._hash_of_nobody = bcrypt.gensalt(cost) + b"." * 31

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until a password may be worked on; RateLimited if too many wait already."""
        if self._turns.statistics().tasks_waiting >= MAX_WAITING:
            raise RateLimited(BUSY_RETRY_AFTER)
        async with self._turns:
            yield

    async def hash(self, password: str) -> str:
        """Give the salted hash to store for a password of at most MAX_PASSWORD_BYTES. Wants a turn."""
        hashed = await anyio.to_thread.run_sync(bcrypt.hashpw, password.encode(), bcrypt.gensalt(self._cost))
        return hashed.decode()

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Tell whether a password has a hash; None is an unknown name's, and costs the same. Wants a turn."""
        known = hashed is not None and _can_be_hashed(password)
        candidate = password.encode() if known else NO_PASSWORD
        stored = hashed.encode() if known and hashed is not None else self._hash_of_nobody
        same = await anyio.to_thread.run_sync(self._check, candidate, stored)
        return known and same


def _can_be_hashed(password: str) -> bool:
    return Text(MAX_PASSWORD_BYTES).admits(password) and "\0" not in password
