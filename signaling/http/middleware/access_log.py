"""Writes a line for every HTTP request, without its query. WebSockets write their own."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from signaling.client_addresses import address_key, host_of
from signaling.monitoring.logs import given, log

FAILED = 500
"""The status of a request that no one has answered: the failure is answered further out."""


class AccessLog:
    """Plain ASGI middleware. A path of `probes`, asked for every few seconds, is worth a line to those who debug."""

    def __init__(self, app: ASGIApp, probes: Collection[str] = ()) -> None:
        self._app = app
        self._probes = probes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and log how it ended."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = FAILED

        async def send_and_see(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_see)
        finally:
            level = logging.DEBUG if scope["path"] in self._probes else logging.INFO
            _log_request(scope, level, status, time.perf_counter() - started)


def _log_request(scope: Scope, level: int, status: int, seconds: float) -> None:
    host = host_of(scope)
    log(
        "request",
        source=address_key(host),
        level=level,
        method=scope["method"],
        path=given(scope["path"]),
        status=status,
        ms=round(seconds * 1000, 1),
        address=host,
    )
