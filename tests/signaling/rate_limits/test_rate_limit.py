from dataclasses import replace

import pytest

from signaling.configuration.settings import Settings
from signaling.configuration.values import read_limit
from signaling.errors import RateLimited
from signaling.rate_limits.rate_counters import RateCounters
from signaling.rate_limits.rate_limit import registration_limit

HOME, SHOP = "203.0.113.1", "203.0.113.2"


async def test_registrations_are_limited_by_address() -> None:
    """An address may make a limited number of accounts."""
    limit = registration_limit(replace(Settings(), register_limit=read_limit("1/hour")), RateCounters())
    await limit.spend(HOME)
    with pytest.raises(RateLimited) as caught:
        await limit.spend(HOME)
    assert 3590 <= caught.value.retry_after <= 3600
    await limit.spend(SHOP)
