"""Refuses handshakes of WebSockets from an address that makes too many, or that was closed for too much and goes on."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from signaling.client_addresses import ClientAddresses, host_of
from signaling.errors import RateLimited
from signaling.http.responses import early_refusal
from signaling.monitoring.counters import Counters
from signaling.monitoring.logs import log
from signaling.rate_limits.address_and_account_quotas import Quotas
from signaling.rate_limits.refusal_delay import SECONDS, delay

MAX_HELD_EACH = 50
MAX_HELD = 2_000
"""Handshakes that are held, from one address and in all. Beyond, they are refused at once."""
SHARE_HELD = 4
"""Each is an open file, and they take one in four of those that there may be at most."""


def most_held(files: int) -> int:
    """Return how many handshakes may be held where this many files may be open for connections."""
    return min(MAX_HELD, files // SHARE_HELD)


@dataclass(frozen=True, slots=True)
class Hold:
    """For how long refusals are held, and how many of them."""

    seconds: float = SECONDS
    most: int = MAX_HELD
    random: Callable[[], float] = random.random

    def moment(self) -> float:
        """Return for how many seconds one of them is held."""
        return delay(self.seconds, self.random())


class HandshakeLimit:
    """Plain ASGI middleware, the outermost of the app: who is refused here costs nothing further in."""

    def __init__(
        self,
        app: ASGIApp,
        quotas: Quotas,
        addresses: ClientAddresses,
        counters: Counters,
        hold: Hold | None = None,
    ) -> None:
        self._app = app
        self._quotas = quotas
        self._addresses = addresses
        self._counters = counters
        self._rule = hold or Hold()
        self._held: Counter[str] = Counter()
        self._held_in_all = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer a handshake with 429 and the time to wait."""
        if scope["type"] == "websocket":
            host = host_of(scope)
            client = self._addresses.of(host)
            wait = self._quotas.shake_hands(client, time.monotonic())
            if wait and client is not None:
                refusal = RateLimited(math.ceil(wait))
                self._counters.refusals[refusal.code] += 1
                log("handshake_refused", source=client.site, address=host, seconds=math.ceil(wait))
                await self._hold(client.site)
                await early_refusal(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _hold(self, site: str) -> None:
        """Let a moment pass for somebody who is going to be refused."""
        if self._held.get(site, 0) >= MAX_HELD_EACH or self._held_in_all >= self._rule.most:
            return
        self._held[site] += 1
        self._held_in_all += 1
        try:
            await asyncio.sleep(self._rule.moment())
        finally:
            self._held_in_all -= 1
            self._held[site] -= 1
            if not self._held[site]:
                del self._held[site]
