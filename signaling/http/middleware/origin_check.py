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
        if _matters(scope) and not self._may_pass(Headers(scope=scope)):
            self._counters.refusals[ForbiddenOrigin.code] += 1
            source = address_key(host_of(scope))
            path, origin = given(scope["path"]), given(Headers(scope=scope)["origin"])
            log("forbidden_origin", source=source, path=path, origin=origin)
            await refusal_response(ForbiddenOrigin())(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _may_pass(self, headers: Headers) -> bool:
        return is_allowed(headers.get("origin"), headers.get("host", ""), self._allowed)


def _matters(scope: Scope) -> bool:
    return scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in SAFE_METHODS)
