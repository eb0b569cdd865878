"""Awaits the counters that bound how often something may be tried, in moving windows."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerDay

from signaling.configuration.settings import Settings
from signaling.errors import RateLimited
from signaling.rate_limits.rate_counters import RateCounters, Window

KNOWN_ADDRESS_DAYS = 30


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a login comes from."""

    address: str
    """As `address_key` gives it."""
    device_id: str | None = None
    """Of the browser, where it has shown that this name has logged in there before."""


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


class LoginLimits:
    """How often a login may be tried, so that guessing is slow and nobody can lock another out.

    Failures count against the name together with the address, tightly; against the address, so that one address cannot
    go through many names; and against the name from everywhere, so that many addresses cannot share the guessing. The
    last is the one that strangers could use up for someone: it does not hold where that name has logged in before.

    All of them can be used up for someone by who shares their address. So a browser in which the name has logged in
    before has tries of its own, which nobody else can use up, and the address and the name have no part in it. Its
    attempts count by name: whoever knows a password has as many marks as they like.
    """

    def __init__(self, settings: Settings, counters: RateCounters) -> None:
        self._attempts = RateLimit(counters, settings.login_limit, "login")
        self._attempts_on_devices = RateLimit(counters, settings.login_limit, "login on device")
        self._failures_on_device = RateLimit(counters, settings.login_failures_limit, "login failed on device")
        self._failures_here = RateLimit(counters, settings.login_failures_limit, "login failed here")
        self._failures_by_address = RateLimit(
            counters, settings.login_failures_by_address_limit, "login failed at address"
        )
        self._failures_by_name = RateLimit(counters, settings.login_failures_by_name_limit, "login failed for name")
        # These counters live for weeks, and only fixed windows are swept from the storage without visiting a thread.
        one_a_month = RateLimitItemPerDay(1, KNOWN_ADDRESS_DAYS)
        self._known = RateLimit(counters, one_a_month, "known address", "fixed")

    async def admit_attempt(self, name: str, caller: Caller) -> None:
        """Count an attempt; RateLimited if there were too many, right or wrong."""
        if caller.device_id is None:
            await self._attempts.spend(caller.address)
        else:
            await self._attempts_on_devices.spend(name)

    async def check_failures(self, name: str, caller: Caller) -> None:
        """RateLimited if too many attempts failed to let this one be tried at all."""
        if caller.device_id is not None:
            await self._failures_on_device.check(name, caller.device_id)
            return
        await self._failures_here.check(name, caller.address)
        await self._failures_by_address.check(caller.address)
        if not await self._known.is_used_up(name, caller.address):
            await self._failures_by_name.check(name)

    async def count_failure(self, name: str, caller: Caller) -> None:
        """Count an attempt that was wrong."""
        if caller.device_id is not None:
            await self._failures_on_device.count(name, caller.device_id)
            return
        await self._failures_here.count(name, caller.address)
        await self._failures_by_address.count(caller.address)
        await self._failures_by_name.count(name)

    async def remember_success(self, name: str, caller: Caller) -> None:
        """Remember that a name logs in from an address."""
        await self._known.count(name, caller.address)


def registration_limit(settings: Settings, counters: RateCounters) -> RateLimit:
    """Give the limit on new accounts, counted by address."""
    return RateLimit(counters, settings.register_limit, "register")


def ice_servers_limit(settings: Settings, counters: RateCounters) -> RateLimit:
    """Give the limit on TURN credentials, counted by account."""
    return RateLimit(counters, settings.ice_servers_limit, "ice servers")


def refresh_limit(settings: Settings, counters: RateCounters) -> RateLimit:
    """Return the limit on renewed logins, counted by account."""
    return RateLimit(counters, settings.refresh_limit, "refresh")


class MessageLimit:
    """The limit on one connection's messages, in a moving window like the others; it neither waits nor is shared."""

    __slots__ = ("_amount", "_first", "_moments", "_seconds")

    def __init__(self, item: RateLimitItem) -> None:
        self._amount = item.amount
        self._seconds = item.get_expiry()
        # Those from `_first` on count. A list, since an empty deque is as large as all the rest of a connection.
        self._moments: list[float] = []
        self._first = 0

    def spend(self, now: float) -> int | None:
        """Count a message; or give the seconds to wait, and count nothing, if that would be too many."""
        moments, first, expired = self._moments, self._first, now - self._seconds
        while first < len(moments) and moments[first] <= expired:
            first += 1
        if first > len(moments) // 2:
            del moments[:first]
            first = 0
        self._first = first
        if len(moments) - first >= self._amount:
            return max(1, math.ceil(moments[first] - expired))
        moments.append(now)
        return None
