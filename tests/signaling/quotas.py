"""Bounds of addresses and accounts that no test reaches, but for those that it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from signaling.rate_limits.address_and_account_quotas import QuotaLimits
from signaling.rate_limits.budgets import Rate

FAR = Rate.of(1_000, 3600.0)
LIMITS = QuotaLimits(
    connections=100,
    connections_per_account=100,
    connections_per_address=100,
    opens_by_account=FAR,
    handshakes_by_address=FAR,
    requests_by_address=FAR,
    frames=FAR,
    buffered_bytes=16 * 2**20,
)


def quota_limits(**changes: Any) -> QuotaLimits:
    """Return the bounds, some of them as a test needs them."""
    return replace(LIMITS, **changes)
