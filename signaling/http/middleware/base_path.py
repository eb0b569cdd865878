"""Lets the app stand below a path of its host: it sees its own paths, whether or not a proxy has taken that away."""

from __future__ import annotations

from collections.abc import Collection

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from signaling.base_paths import own_path


class BasePath:
    """Plain ASGI middleware. `tops` are the first segments of the app's own paths."""

    def __init__(self, app: ASGIApp, base: str, tops: Collection[str]) -> None:
        self._app = app
        self._base = base
        self._tops = frozenset(tops)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with the path that it means; without the slash at the end of the base, lead there."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == self._base.removesuffix("/"):
            await RedirectResponse(self._base)(scope, receive, send)
        else:
            await self._app({**scope, "path": own_path(scope["path"], self._base, self._tops)}, receive, send)
