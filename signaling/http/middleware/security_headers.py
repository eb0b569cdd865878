"""Puts on every response what keeps a page to its own code, and other pages away from it."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from signaling.site.content_policy import content_policy


def security_headers(
    inline_scripts: Iterable[str] = (), inline_styles: Iterable[str] = (), connections: str = ""
) -> dict[str, str]:
    """Give the headers; `content_policy` says what the arguments are."""
    return {
        "Content-Security-Policy": "; ".join(content_policy(inline_scripts, inline_styles, connections)),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Referrer-Policy": "no-referrer",  # a room's name is in its address
        "X-Content-Type-Options": "nosniff",
    }


class SecurityHeaders:
    """Plain ASGI middleware."""

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and complete the headers of its response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._app(scope, receive, send_with_headers)
