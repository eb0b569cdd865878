"""Awaits changes of logins, and closes the connections of those that have ended.

Most changes are told: by the endpoint that makes them, and by the backplane where another process has made one. All
are found by looking at every account that has a connection here, now and then: what another server on the same database
has changed, and what somebody has deleted from it. That a token expires is watched by `token_expiry.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

from signaling.accounts.logins import Logins
from signaling.errors import DatabaseUnavailable
from signaling.monitoring.logs import LOGGER
from signaling.rooms.effects_driver import EffectsDriver
from signaling.rooms.registry import Places
from signaling.sessions.open_logins import OpenLogins

LOOK_SECONDS = 20.0
"""Between two looks at every account: what has ended is nowhere of use for longer than that and a few seconds."""


@dataclass(frozen=True, slots=True)
class LoginWatch:
    """Looks after the connections of one process."""

    logins: Logins
    rooms: Places
    effects_driver: EffectsDriver
    announce: Callable[[str], None] | None = None
    """Tells the other processes of an account, if there are others."""
    open_logins: OpenLogins = field(default_factory=OpenLogins)
    _told: set[str] = field(default_factory=set)
    _is_told: asyncio.Event = field(default_factory=asyncio.Event)

    def changed(self, account_id: str) -> None:
        """A login of an account has ended here, or the account: look at it, and have others do so."""
        self.heard(account_id)
        if self.announce is not None:
            self.announce(account_id)

    def heard(self, account_id: str) -> None:
        """Another process says that something has changed about an account."""
        self.logins.forget(account_id)
        self._told.add(account_id)
        self._is_told.set()

    async def run(self, look_seconds: float = LOOK_SECONDS) -> None:
        """Look at what is told at once, and at everything now and then, for ever."""
        loop = asyncio.get_running_loop()
        look_at = loop.time() + look_seconds
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(look_at):
                    await self._is_told.wait()
            self._is_told.clear()
            told = list(self._told)
            self._told.clear()
            if loop.time() >= look_at:
                look_at = loop.time() + look_seconds
                self.open_logins.forget_closed(self.effects_driver.is_open)
                told = list({*told, *self.open_logins.account_ids})
            try:
                await self._look_at(told)
            except DatabaseUnavailable:
                pass  # nothing can be found out; the next look finds it
            except Exception:  # noqa: BLE001 - it is logged, and must not be the end of the watch
                # Such as a table that is missing while somebody puts a backup in its place.
                LOGGER.exception("Open logins could not be looked at. The next look is in %s seconds.", look_seconds)

    async def _look_at(self, account_ids: list[str]) -> None:
        worths = await self.logins.standings(account_ids)
        for account_id in account_ids:
            if account_id not in worths:
                self.effects_driver.carry_out(self.rooms.account_gone(account_id))
        self.effects_driver.carry_out(self.open_logins.judged(account_ids, worths))
