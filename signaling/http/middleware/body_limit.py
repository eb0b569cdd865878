"""Refuses bodies over a limit, whether or not they say their length beforehand."""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from signaling.errors import BodyTooBig

LENGTH = re.compile(r"[0-9]{1,19}")
"""RFC 9110 §8.6. Anything else is for the HTTP parser to refuse; the bytes that come are counted anyway."""


class BodyLimit:
    """Plain ASGI middleware: reading more than `limit` bytes of a body raises BodyTooBig in the endpoint that reads."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with its body under watch."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        announced = int(length) if LENGTH.fullmatch(length) else 0
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            if announced > self._limit:
                raise BodyTooBig(self._limit)
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise BodyTooBig(self._limit)
            return message

        await self._app(scope, receive_within_limit, send)
