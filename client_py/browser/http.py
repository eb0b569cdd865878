"""Requests to the server by fetch()."""

from __future__ import annotations

from typing import Any

import js
from pyodide.ffi import JsException

from client_py.browser.interop import from_null, js_object
from client_py.ports import Response, Unreachable

TIMEOUT_MS = 15_000


class BrowserHttp:
    """Implements `ports.Http`."""

    async def post(self, path: str, body: str, *, token: str | None = None) -> Response:
        """Send JSON text, with a bearer token if one is given; Unreachable if there is no answer."""
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        options = {
            "method": "POST",
            "headers": js_object(headers),
            "body": body,
            "cache": "no-store",
            "signal": js.AbortSignal.timeout(TIMEOUT_MS),
        }
        try:
            response = await js.fetch(path, js_object(options))
            text: str = await response.text()
        except JsException as error:
            raise Unreachable(error.message) from error
        return Response(response.status, text, _seconds(response.headers.get("Retry-After")))


def _seconds(header: Any) -> float | None:
    value = from_null(header)
    return float(value) if isinstance(value, str) and value.isdigit() else None
