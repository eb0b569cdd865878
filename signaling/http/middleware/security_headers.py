"""Puts on every response what keeps a page to its own code, and other pages away from it."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ANSWERS = frozenset({"http.response.start", "websocket.http.response.start"})
"""The second refuses a handshake."""
REQUESTS = frozenset({"http", "websocket"})


class SecurityHeaders:
    """Plain ASGI middleware."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and complete the headers of its response."""
        if scope["type"] not in REQUESTS:
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] in ANSWERS:
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)
