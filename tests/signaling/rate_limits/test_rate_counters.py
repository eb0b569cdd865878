import asyncio
import threading
import time

import pytest
from limits import RateLimitItemPerMinute

from signaling.configuration.urls import read_backplane_url
from signaling.rate_limits.rate_counters import SWEEP_SECONDS, ProcessMemory, RateCounters
from signaling.rate_limits.rate_limit import RateLimit

MANY = 200


async def test_counting_needs_no_thread() -> None:
    """However many are counted: each look for what has expired would otherwise go through a thread for every key."""
    counters, before = RateCounters(), threading.active_count()
    limit = RateLimit(counters, RateLimitItemPerMinute(1), "test")
    for number in range(MANY):
        await limit.spend(str(number))
        await asyncio.sleep(0)  # for what was begun beside it
    assert await limit.is_used_up("0")
    assert threading.active_count() == before


async def test_what_has_expired_is_forgotten() -> None:
    """In time, of what is counted in moving windows and in fixed ones."""
    memory = ProcessMemory()
    await memory.acquire_entry("moving", 10, 3600)
    await memory.acquire_entry("gone", 10, -1)
    await memory.incr("fixed", 3600)
    await memory.incr("gone too", -1)
    memory.forget_expired()
    assert (list(memory.events), list(memory.storage)) == (["moving"], ["fixed"])


async def test_old_entries_do_not_pile_up() -> None:
    """Of a key that is counted again and again, those that do not count any more go too."""
    memory = ProcessMemory()
    for _ in range(3):
        await memory.acquire_entry("busy", 10, -1)
    await memory.acquire_entry("busy", 10, 3600)
    memory.forget_expired()
    assert len(memory.events["busy"]) == 1


async def test_strangers_do_not_fill_the_memory() -> None:
    """Of more keys than there may be, those stay that are used most, whatever came after them."""
    memory = ProcessMemory(max_keys=10)
    for _ in range(2):
        await memory.acquire_entry("guessed", 10, 3600)
        await memory.incr("known", 3600)
    for number in range(20):
        await memory.acquire_entry(f"house {number}", 10, 3600)
        await memory.incr(f"address {number}", 3600)
    memory.sweep()
    assert (len(memory.events), len(memory.storage), len(memory.expirations)) == (8, 8, 8)
    assert len(memory.events["guessed"]) == 2
    assert await memory.get("known") == 2
    assert "house 19" in memory.events
    assert "house 1" not in memory.events


async def test_clock_that_is_set_back_stops_no_sweep() -> None:
    """The next one is due by a clock that nobody sets."""
    memory = ProcessMemory()
    await memory.acquire_entry("here", 10, 3600)
    assert memory.sweep_at <= time.monotonic() + SWEEP_SECONDS


@pytest.mark.parametrize(
    "url", ["redis://redis", "redis://:p%23@[::1]/1", "unix:///run/redis.sock", "rediss://redis:1/0"]
)
async def test_redis_is_found_by_every_url_that_the_backplane_takes(url: str) -> None:
    """One grammar holds for all that connects there: no port is needed, and `%23` is a #."""
    counters = RateCounters(read_backplane_url(url))
    assert counters._shared is not None
    pool = counters._shared["moving"].storage.bridge.get_connection().connection_pool  # type: ignore[attr-defined]
    assert pool.connection_kwargs.get("password") == ("p#" if "%23" in url else None)
