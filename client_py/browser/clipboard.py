"""Copying by navigator.clipboard."""

from __future__ import annotations

import js
from pyodide.ffi import JsException


class BrowserClipboard:
    """Implements `ports.Clipboard`."""

    async def copy(self, text: str) -> bool:
        """Copy a text; False where the browser does not let us (no secure context, no permission)."""
        clipboard = getattr(js.navigator, "clipboard", None)
        if clipboard is None:
            return False
        try:
            await clipboard.writeText(text)
        except JsException:
            return False
        return True
