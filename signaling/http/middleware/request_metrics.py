"""Counts every HTTP request by its route, and how long it took to begin the response."""

from __future__ import annotations

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from signaling.http.middleware.access_log import FAILED
from signaling.monitoring.counters import Counters

NO_ROUTE = "none"


class RequestMetrics:
    """Plain ASGI middleware. How long a body takes to be sent is up to the client, and says nothing of the server."""

    def __init__(self, app: ASGIApp, counters: Counters) -> None:
        self._app = app
        self._counters = counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it when its response begins, or when it has failed."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        is_counted = False

        def count(status: int) -> None:
            nonlocal is_counted
            if not is_counted:
                is_counted = True
                self._counters.answered(scope["method"], _route(scope), status, time.perf_counter() - started)

        async def send_and_count(message: Message) -> None:
            if message["type"] == "http.response.start":
                count(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, send_and_count)
        finally:
            count(FAILED)


def _route(scope: Scope) -> str:
    """Return the template of the route that took a request: no more of them than routes, whatever is asked for."""
    return str(getattr(scope.get("route"), "path", NO_ROUTE))
