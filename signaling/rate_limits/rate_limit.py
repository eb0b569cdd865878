"""Awaits the counters that bound how often something may be tried, in moving windows."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem

from signaling.configuration.settings import Settings
from signaling.errors import RateLimited
from signaling.rate_limits.rate_counters import RateCounters, Window


class RateLimit:
    """One limit, counted by key under its own name."""

    def __init__(self, counters: RateCounters, item: RateLimitItem, name: str, window: Window = "moving") -> None:
        self._counters = counters
        self._window: Window = window
        self._item = item
        self._name = name

    async def spend(self, *key: str) -> None:
        """Count one; RateLimited, and nothing is counted, if that would be too many."""
        if not await self._hit(*key):
            raise RateLimited(await self._seconds_left(*key))

    async def check(self, *key: str) -> None:
        """Count nothing; RateLimited if one more would be too many."""
        if await self.is_used_up(*key):
            raise RateLimited(await self._seconds_left(*key))

    async def count(self, *key: str) -> None:
        """Count one, whether or not the limit is used up."""
        await self._hit(*key)

    async def is_used_up(self, *key: str) -> bool:
        """Tell whether one more would be too many."""
        return not await self._counters.ask(self._window, lambda limiter: limiter.test(self._item, self._name, *key))

    async def _hit(self, *key: str) -> bool:
        return await self._counters.ask(self._window, lambda limiter: limiter.hit(self._item, self._name, *key))

    async def _seconds_left(self, *key: str) -> int:
        window = await self._counters.ask(
            self._window, lambda limiter: limiter.get_window_stats(self._item, self._name, *key)
        )
        return max(1, math.ceil(window.reset_time - time.time()))


def registration_limit(settings: Settings, counters: RateCounters) -> RateLimit:
    """Return the limit on new accounts, counted by address."""
    return RateLimit(counters, settings.register_limit, "register")


def invitation_limit(settings: Settings, counters: RateCounters) -> RateLimit:
    """Return the limit on new invitations, counted by account."""
    return RateLimit(counters, settings.invitation_limit, "invitation")


def invitation_by_address_limit(settings: Settings, counters: RateCounters) -> RateLimit:
    """Return the limit on new invitations, counted by address."""
    return RateLimit(counters, settings.invitation_by_address_limit, "invitation by address")


def guest_limit(settings: Settings, counters: RateCounters) -> RateLimit:
    """Return the limit on tries to come as a guest, counted by address."""
    return RateLimit(counters, settings.guest_limit, "guest")


def invitation_look_limit(settings: Settings, counters: RateCounters) -> RateLimit:
    """Return the limit on looks at an invitation, counted by address: as many as come, since each has looked before."""
    return RateLimit(counters, settings.guest_limit, "invitation look")


def guest_by_inviter_limit(settings: Settings, counters: RateCounters) -> RateLimit:
    """Return the limit on guests who come by the invitations of one account, counted by that."""
    return RateLimit(counters, settings.guest_by_inviter_limit, "guest by inviter")


def ice_servers_limit(settings: Settings, counters: RateCounters) -> RateLimit:
    """Return the limit on TURN credentials, counted by account."""
    return RateLimit(counters, settings.ice_servers_limit, "ice servers")


def refresh_limit(settings: Settings, counters: RateCounters) -> RateLimit:
    """Return the limit on renewed logins, counted by account."""
    return RateLimit(counters, settings.refresh_limit, "refresh")


def account_limit(settings: Settings, counters: RateCounters) -> RateLimit:
    """Return the limit on what is asked about an account and its logins, counted by account."""
    return RateLimit(counters, settings.account_limit, "account")
