"""Awaits the store that limits are counted in: this process's memory, or a Redis that several processes share."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.storage.memory import Entry
from limits.aio.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, RateLimiter
from limits.errors import StorageError
from redis.asyncio import ConnectionPool

from signaling.monitoring.logs import log

KEY_PREFIX = "p2pchat:limit"
MAX_KEYS = 50_000
"""Of each kind of window, in the memory of a process: some 30 MB. Someone with a /32 of IPv6 could fill it otherwise,
with addresses that are counted once each. Of more, those that count least go."""
KEPT_PART = 0.8
"""Of as many as there may be, when there are more, so that they are not sorted again at once."""
SWEEP_SECONDS = 5.0
"""Between two looks at what this process counts no longer."""
PAUSE_SECONDS = 5.0
"""How long a Redis that failed is not asked again: a login should not wait for each of its counters."""
TIMEOUT_SECONDS = 1.0
"""For Redis to connect and to answer."""

Window = Literal["moving", "fixed"]
Answer = TypeVar("Answer")
LIMITERS: dict[Window, type[RateLimiter]] = {"moving": MovingWindowRateLimiter, "fixed": FixedWindowRateLimiter}


class RateCounters:
    """Where attempts are counted.

    While a shared Redis is away, every process counts for itself: the limits are as many times wider as there are
    processes, and nobody is locked out by a failure of ours.
    """

    def __init__(self, backplane_url: str = "") -> None:
        self.memory = ProcessMemory()
        self._own = _limiters(self.memory)
        self._shared = _limiters(_redis(backplane_url)) if backplane_url else None
        self._shared_again_at = 0.0

    async def ask(self, window: Window, question: Callable[[RateLimiter], Awaitable[Answer]]) -> Answer:
        """Have a limiter of the best store that answers do something."""
        if self._shared is not None and time.monotonic() >= self._shared_again_at:
            try:
                return await question(self._shared[window])
            except StorageError as error:
                self._shared_again_at = time.monotonic() + PAUSE_SECONDS
                reason = type(error.storage_error).__name__
                log("limits_not_shared", level=logging.WARNING, source="backplane", reason=reason)
        return await question(self._own[window])


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted, by key; moments in Unix seconds."""

    moving: dict[str, list[tuple[float, float]]]
    """When each one was counted, and until when; the latest first."""
    fixed: dict[str, tuple[int, float]]
    """How many, and until when."""


class ProcessMemory(MemoryStorage):
    """Counts in this process, as limits does, and forgets what has expired at its own pace.

    limits would look for it after each count, in a thread for each address and each name that it knows: many wrong
    passwords, which are remembered for minutes, would keep the event loop busy with threads.
    """

    def __init__(self, max_keys: int = MAX_KEYS) -> None:
        super().__init__()
        self._max_keys = max_keys
        self.sweep_at = 0.0

    async def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802 - what limits calls before each count
        now = time.monotonic()  # goes on where the clock is set back
        if now >= self.sweep_at:
            self.sweep_at = now + SWEEP_SECONDS
            self.sweep()

    def sweep(self) -> None:
        """Forget what does not count any more, and of too much else, what counts least."""
        self.forget_expired()
        self._forget_least()

    def counted(self) -> Counted:
        """Return what counts now, to be counted again after a restart."""
        self.forget_expired()
        return Counted(
            {key: [(entry.atime, entry.expiry) for entry in entries] for key, entries in self.events.items()},
            {key: (self.storage[key], expires_at) for key, expires_at in self.expirations.items()},
        )

    def restore(self, counted: Counted) -> None:
        """Count what was counted before a restart."""
        for key, moments in counted.moving.items():
            self.events[key] = [_entry(*each) for each in moments]
        for key, (count, expires_at) in counted.fixed.items():
            self.storage[key], self.expirations[key] = count, expires_at
        self.forget_expired()

    def forget_expired(self) -> None:
        """Forget what does not count any more. No lock is held now: nothing is awaited under one."""
        now = time.time()
        for key, entries in list(self.events.items()):
            while entries and entries[-1].expiry <= now:  # the oldest is the last
                entries.pop()
            if not entries:
                del self.events[key]
                self.locks.pop(key, None)
        for key, expires_at in list(self.expirations.items()):
            if expires_at <= now:
                del self.expirations[key]
                self.storage.pop(key, None)
                self.locks.pop(key, None)

    def _forget_least(self) -> None:
        """Those go whose limit is used least; of these, those that were counted longest ago."""
        events, fixed = self.events, self.expirations
        for key in self._least(events, lambda key: (len(events[key]), events[key][0].atime)):
            del events[key]
            self.locks.pop(key, None)
        for key in self._least(fixed, lambda key: (self.storage[key], fixed[key])):
            del self.expirations[key]
            self.storage.pop(key, None)
            self.locks.pop(key, None)

    def _least(self, keys: Collection[str], use: Callable[[str], tuple[int, float]]) -> list[str]:
        """Return those of too many keys that are used least; none where there are not too many."""
        kept = int(KEPT_PART * self._max_keys)
        return sorted(keys, key=use)[: len(keys) - kept] if len(keys) > self._max_keys else []


def _entry(counted_at: float, expires_at: float) -> Entry:
    entry = Entry(0)
    entry.atime, entry.expiry = counted_at, expires_at
    return entry


def _limiters(storage: Storage) -> dict[Window, RateLimiter]:
    return {window: limiter(storage) for window, limiter in LIMITERS.items()}


def _redis(url: str) -> RedisStorage:
    # The URL is read by who reads it for the backplane: limits has a grammar of its own, by which a URL needs a port.
    pool: Any = ConnectionPool.from_url(url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS)
    return RedisStorage(
        "async+redis://", wrap_exceptions=True, implementation="redispy", key_prefix=KEY_PREFIX, connection_pool=pool
    )
