"""Time by Date.now() and setTimeout()."""

from __future__ import annotations

from collections.abc import Callable

import js

from client_py.browser.interop import Callbacks
from client_py.ports import Dispose


class BrowserClock:
    """Implements `ports.Clock`."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks

    def now(self) -> float:
        """Give the wall clock, in seconds since the epoch."""
        return js.Date.now() / 1000

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Dispose:
        """Call back once after some seconds, unless disposed of before."""
        return self._callbacks.call_once(lambda proxy: js.setTimeout(proxy, seconds * 1000), js.clearTimeout, callback)
