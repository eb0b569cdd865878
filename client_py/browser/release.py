"""The release of the page, by the attribute that `index.html` has of it."""

from __future__ import annotations

import re

import js
from pyodide.ffi import JsException

from client_py.browser.interop import from_null, js_object

ATTRIBUTE = "data-release"
NAMED = re.compile(rf'{ATTRIBUTE}="([^"]+)"')
TIMEOUT_MS = 10_000


class BrowserRelease:
    """Implements `ports.Release`."""

    def __init__(self, base: str) -> None:
        self._base = base
        self.current: str = from_null(js.document.documentElement.getAttribute(ATTRIBUTE)) or ""

    async def newest(self) -> str | None:
        """Ask for the page once more, past what the browser keeps of it without asking; None without an answer."""
        options = js_object({"cache": "no-cache", "signal": js.AbortSignal.timeout(TIMEOUT_MS)})
        try:
            response = await js.fetch(self._base, options)
            text: str = await response.text() if response.ok else ""
        except JsException:
            return None
        named = NAMED.search(text)
        return named[1] if named else None
