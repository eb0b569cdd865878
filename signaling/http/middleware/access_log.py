"""Writes a line for every HTTP request, without its query. WebSockets write their own."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from protocol.http import HEALTH_PATH
from signaling.client_addresses import address_key, host_of
from signaling.http.metrics_endpoint import METRICS_PATH
from signaling.monitoring.logs import given, log
from signaling.monitoring.readiness import READY_PATH

FAILED = 500
"""The status of a request that no one has answered: the failure is answered further out."""


PROBES = frozenset({HEALTH_PATH, METRICS_PATH, READY_PATH})


class AccessLog:
    """Plain ASGI middleware. What is asked every few seconds is worth a line to those who debug."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

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
            _log_request(scope, status, time.perf_counter() - started)


def _log_request(scope: Scope, status: int, seconds: float) -> None:
    host = host_of(scope)
    log(
        "request",
        source=address_key(host),
        level=logging.DEBUG if scope["path"] in PROBES else logging.INFO,
        method=scope["method"],
        path=given(scope["path"]),
        status=status,
        ms=round(seconds * 1000, 1),
        address=host,
    )
