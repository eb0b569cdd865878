"""Refuses handshakes of WebSockets from an address that makes too many, or that was closed for too much and goes on."""

from __future__ import annotations

import math
import time

from starlette.types import ASGIApp, Receive, Scope, Send

from signaling.client_addresses import ClientAddresses
from signaling.errors import RateLimited
from signaling.logs import log
from signaling.quotas import Quotas
from signaling.responses import refusal_response
from signaling.tally import Tally


class HandshakeLimit:
    """Plain ASGI middleware, the outermost of the app: who is refused here is not to cost anything behind it."""

    def __init__(self, app: ASGIApp, quotas: Quotas, addresses: ClientAddresses, tally: Tally) -> None:
        self._app = app
        self._quotas = quotas
        self._addresses = addresses
        self._tally = tally

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer a handshake with 429 and the time to wait."""
        if scope["type"] == "websocket":
            host = scope["client"][0] if scope["client"] else None
            client = self._addresses.of(host)
            wait = self._quotas.shake_hands(client, time.monotonic())
            if wait and client is not None:
                refusal = RateLimited(math.ceil(wait))
                self._tally.refusals[refusal.code] += 1
                log("handshake_refused", source=client.site, address=host, seconds=math.ceil(wait))
                await refusal_response(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)
