"""Refuses HTTP requests of an address that makes too many, where no connection is counted before the app."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from signaling.client_addresses import host_of
from signaling.http.responses import early_refusal
from signaling.rate_limits.request_limit import RequestLimit


class RequestLimitCheck:
    """Plain ASGI middleware, for servers that `HttpProtocol` cannot be the protocol of."""

    def __init__(self, app: ASGIApp, limit: RequestLimit) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with 429 and the time to wait."""
        if scope["type"] == "http" and (refusal := self._limit.refusal(host_of(scope) or "")):
            await early_refusal(refusal)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
