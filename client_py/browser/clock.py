"""Time by Date.now() and setTimeout()."""

from __future__ import annotations

from collections.abc import Callable

import js

from client_py.browser.interop import Callbacks
from client_py.ports.disposal import Dispose

MAX_TIMER_MS = 2**31 - 1
"""What is longer fires at once (HTML, timer initialization steps, where the timeout is a `long`)."""


class BrowserClock:
    """Implements `ports.Clock`."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks

    def now(self) -> float:
        """Return the wall clock, in seconds since the epoch."""
        return js.Date.now() / 1000

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Dispose:
        """Call back once after some seconds, 24 days at most, unless disposed of before."""
        milliseconds = min(seconds * 1000, MAX_TIMER_MS)
        return self._callbacks.call_once(lambda proxy: js.setTimeout(proxy, milliseconds), js.clearTimeout, callback)
