"""Awaits bcrypt: in threads, a few at a time in fair turns, and as long for an unknown name as for a known one."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
import bcrypt

from protocol.fields import MAX_PASSWORD_BYTES, Text
from signaling.errors import RateLimited
from signaling.turn_queue import Share, Ticket, TurnEffect, TurnQueue

PLACES = max(1, (os.cpu_count() or 1) // 2)
"""Half of the processors stay free for the event loop and for everyone who is not logging in."""
PATIENCE_SECONDS = 5.0
"""Nobody waits longer for a turn: a person thinks by then that nothing happens, and a page gives up after 15 s."""
BUSY_RETRY_AFTER = 10
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

    def _carry_out(self, effects: list[TurnEffect]) -> None:
        for effect in effects:
            self._answered[effect.ticket].set()


def _can_be_hashed(password: str) -> bool:
    return Text(MAX_PASSWORD_BYTES).admits(password) and "\0" not in password
