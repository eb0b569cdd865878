import asyncio
import threading

import pytest
from limits import RateLimitItemPerMinute

from signaling.configuration.urls import read_backplane_url
from signaling.rate_limits.rate_counters import ProcessMemory, RateCounters
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


@pytest.mark.parametrize(
    "url", ["redis://redis", "redis://:p%23@[::1]/1", "unix:///run/redis.sock", "rediss://redis:1/0"]
)
async def test_redis_is_found_by_every_url_that_the_backplane_takes(url: str) -> None:
    """One grammar holds for all that connects there: no port is needed, and `%23` is a #."""
    counters = RateCounters(read_backplane_url(url))
    assert counters._shared is not None
    pool = counters._shared["moving"].storage.bridge.get_connection().connection_pool  # type: ignore[attr-defined]
    assert pool.connection_kwargs.get("password") == ("p#" if "%23" in url else None)
