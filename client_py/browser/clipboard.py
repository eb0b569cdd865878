"""Copying by navigator.clipboard, and sharing by navigator.share."""

from __future__ import annotations

from collections.abc import Awaitable

import js
from pyodide.ffi import JsException

from client_py.browser.interop import js_object


class BrowserClipboard:
    """Implements `ports.Clipboard`."""

    @property
    def can_share(self) -> bool:
        """Whether the system has a dialogue for it."""
        return getattr(js.navigator, "share", None) is not None

    def share(self, title: str, url: str) -> Awaitable[bool]:
        """Hand a link to that dialogue (Navigator.share); False where nothing came of it."""
        # As with copying, it has to begin within the click.
        return _outcome(js.navigator.share(js_object({"title": title, "url": url})) if self.can_share else None)

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
