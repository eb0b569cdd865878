"""Copying by navigator.clipboard."""

from __future__ import annotations

from collections.abc import Awaitable

import js
from pyodide.ffi import JsException


class BrowserClipboard:
    """Implements `ports.Clipboard`."""

    def copy(self, text: str) -> Awaitable[bool]:
        """Copy a text; False where the browser does not let us (no secure context, no permission)."""
        clipboard = getattr(js.navigator, "clipboard", None)
        # Browsers let a page copy only while it answers a click: the copy begins here, not when it is awaited.
        return _outcome(clipboard.writeText(text) if clipboard is not None else None)


async def _outcome(copying: Awaitable[None] | None) -> bool:
    if copying is None:
        return False
    try:
        await copying
    except JsException:
        return False
    return True
