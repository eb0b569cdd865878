"""Refuses handshakes of WebSockets from an address that makes too many, or that was closed for too much and goes on."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter

from starlette.types import ASGIApp, Receive, Scope, Send

from signaling.client_addresses import ClientAddresses, host_of
from signaling.errors import RateLimited
from signaling.http.responses import refusal_response
from signaling.monitoring.counters import Counters
from signaling.monitoring.logs import log
from signaling.rate_limits.address_and_account_quotas import Quotas

HOLD_SECONDS = 1.0
"""Before a refusal is told: whoever asks again at once is to ask once a second, and not as fast as we can answer."""
MAX_HELD_EACH = 50
MAX_HELD = 500
"""Handshakes that are held, from one address and in all: each is an open file. Beyond, they are refused at once."""


class HandshakeLimit:
    """Plain ASGI middleware, the outermost of the app: who is refused here is not to cost anything behind it."""

    def __init__(
        self,
        app: ASGIApp,
        quotas: Quotas,
        addresses: ClientAddresses,
        counters: Counters,
        hold_seconds: float = HOLD_SECONDS,
    ) -> None:
        self._app = app
        self._quotas = quotas
        self._addresses = addresses
        self._counters = counters
        self._hold_seconds = hold_seconds
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
                await refusal_response(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _hold(self, site: str) -> None:
        """Let a moment pass for somebody who is going to be refused."""
        if self._held.get(site, 0) >= MAX_HELD_EACH or self._held_in_all >= MAX_HELD:
            return
        self._held[site] += 1
        self._held_in_all += 1
        try:
            await asyncio.sleep(self._hold_seconds)
        finally:
            self._held_in_all -= 1
            self._held[site] -= 1
            if not self._held[site]:
                del self._held[site]
