"""Refuses what a page of a foreign origin could do with a visitor's browser: changing something, or signaling."""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from signaling.client_addresses import address_key, host_of
from signaling.errors import ForbiddenOrigin
from signaling.http.responses import refusal_response
from signaling.monitoring.counters import Counters
from signaling.monitoring.logs import given, log
from signaling.origins import is_allowed

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""RFC 9110 §9.2.1. What they give back, the browser keeps from a foreign page by CORS."""


class OriginCheck:
    """Plain ASGI middleware. Without an Origin header it is no browser that asks, or a page of our own."""

    def __init__(self, app: ASGIApp, allowed: Collection[str], counters: Counters) -> None:
        self._app = app
        self._counters = counters
        self._allowed = frozenset(allowed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with 403; a WebSocket's handshake likewise."""
        if _matters(scope):
            headers = Headers(scope=scope)
            origin, host = headers.get("origin"), headers.get("host", "")
            if origin is not None and not is_allowed(origin, host, self._allowed):
                self._counters.refusals[ForbiddenOrigin.code] += 1
                refusal = ForbiddenOrigin(given(origin), given(host))
                log(
                    "forbidden_origin",
                    source=address_key(host_of(scope)),
                    path=given(scope["path"]),
                    origin=refusal.origin,
                    host=refusal.host,
                    hint=refusal.remedy,
                )
                await refusal_response(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _matters(scope: Scope) -> bool:
    return scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in SAFE_METHODS)
