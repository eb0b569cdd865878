"""Puts on every response what keeps a page to its own code, and other pages away from it."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER_ONLY = ("frame-ancestors 'none'",)
"""What browsers pass over in a page itself (CSP Level 3 §3.3)."""


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


def meta_policy(inline_scripts: Iterable[str], inline_styles: Iterable[str], connections: str) -> str:
    """Give the policy for a `meta` element, which cannot say all that a header can."""
    directives = content_policy(inline_scripts, inline_styles, connections)
    return "; ".join(directive for directive in directives if directive not in HEADER_ONLY)


def content_policy(inline_scripts: Iterable[str], inline_styles: Iterable[str], connections: str) -> list[str]:
    """Give the directives of the policy.

    Of what stands in a page itself, only that runs or shows whose checksum is named. `connections` are sources beside
    the page's own host.
    """
    scripts, styles = (" ".join(f"'{checksum}'" for checksum in some) for some in (inline_scripts, inline_styles))
    directives = [
        "default-src 'none'",
        # Pyodide compiles WebAssembly, and needs no eval of JavaScript.
        f"script-src 'self' 'wasm-unsafe-eval' {scripts}",
        f"style-src 'self' {styles}",
        "img-src 'self'",
        "font-src 'self'",
        # The WebSocket too (CSP Level 3 §6.7.2.8: 'self' matches ws and wss of the same host).
        f"connect-src 'self' {connections}",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",  # a login that no script has taken in hand must not put a password into a URL
        *HEADER_ONLY,
        "require-trusted-types-for 'script'",
    ]
    return [directive.strip() for directive in directives]


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
