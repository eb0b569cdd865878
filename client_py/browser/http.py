"""Requests to the server by fetch()."""

from __future__ import annotations

import asyncio
from typing import Any

import js
from pyodide.ffi import JsException

from client_py.browser.interop import from_null, js_object
from client_py.browser.server_endpoint import Server, ask_by_request
from client_py.ports.server import Response, Unreachable

TIMEOUT_MS = 15_000
MAX_RETRY_AFTER_SECONDS = 86_400.0
"""Nobody waits longer than a day on a server's word."""
ASKING_SECONDS = 5.0
"""For how long a server that a request did not come through to is asked for the reason."""


class BrowserHttp:
    """Implements `ports.Http`."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def post(self, path: str, body: str, *, token: str | None = None, outlives_page: bool = False) -> Response:
        """Send JSON text, with a bearer token if one is given; Unreachable if there is no answer.

        OriginRefused if the server takes no pages of this origin. What is to outlive the page is sent to its end where
        the page is closed meanwhile (Request.keepalive).
        """
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        try:
            request = {"method": "POST", "headers": js_object(headers), "body": body, "keepalive": outlives_page}
            return await self._fetch(path, request)
        except Unreachable:
            await self._look_for_refusal()
            raise

    async def get(self, path: str, *, token: str) -> Response:
        """Ask for something with a bearer token; Unreachable if there is no answer."""
        return await self._fetch(path, {"headers": js_object({"Authorization": f"Bearer {token}"})})

    async def _fetch(self, path: str, options: dict[str, Any]) -> Response:
        options |= {"cache": "no-store", "signal": js.AbortSignal.timeout(TIMEOUT_MS)}
        try:
            response = await js.fetch(self._server.url_of(path), js_object(options))
            text: str = await response.text()
        except JsException as error:
            raise Unreachable(error.message) from error
        return Response(response.status, text, retry_after_of(response.headers.get("Retry-After")))

    async def _look_for_refusal(self) -> None:
        """Raise OriginRefused if that is why no answer could be had: a browser does not tell."""
        if not self._server.is_elsewhere:
            return
        try:
            async with asyncio.timeout(ASKING_SECONDS):
                await ask_by_request(self._server)
        except TimeoutError:
            return


def retry_after_of(header: Any) -> float | None:
    """Read the header `Retry-After` where it is a number of seconds (RFC 9110 §10.2.3); a day of them at most."""
    value = from_null(header)
    if not isinstance(value, str) or not (value.isascii() and value.isdecimal()):
        return None
    return min(float(value), MAX_RETRY_AFTER_SECONDS)
