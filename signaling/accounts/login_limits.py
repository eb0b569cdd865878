"""Awaits the counters that slow down guessing of passwords, and lets nobody lock another out."""

from __future__ import annotations

from dataclasses import dataclass

from limits import RateLimitItemPerDay

from signaling.configuration.settings import Settings
from signaling.rate_limits.rate_counters import RateCounters
from signaling.rate_limits.rate_limit import RateLimit

KNOWN_ADDRESS_DAYS = 30


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a login comes from."""

    address: str
    """As `address_key` gives it."""
    device_id: str | None = None
    """Of the browser, where it has shown that this name has logged in there before."""
    account_tag: str = ""
    """Of the account and the password with which that was."""


class LoginLimits:
    """How often a login may be tried, so that guessing is slow and nobody can lock another out.

    Failures count against the name together with the address, tightly; against the address, so that one address cannot
    go through many names; and against the name from everywhere, so that many addresses cannot share the guessing. The
    last is the one that strangers could use up for someone: it does not hold where that name has logged in before.

    All of them can be used up for someone by others at the same address. So a browser in which the name has logged in
    before has tries of its own, which nobody else can use up, and the address and the name have no part in it. Its
    attempts count by account and password: anyone who knows one can have as many marks as they like. Those who knew
    another, or had the name before, have no part in them either.
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
            await self._attempts_on_devices.spend(name, caller.account_tag)

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
