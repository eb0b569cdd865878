"""Time by Date.now() and setTimeout()."""

from __future__ import annotations

from collections.abc import Callable

import js
from pyodide.ffi import create_proxy

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
        done = False

        def dispose() -> None:
            nonlocal done
            if not done:
                done = True
                js.clearTimeout(timeout)
                proxy.destroy()

        def fire() -> None:
            dispose()
            callback()

        proxy = create_proxy(self._callbacks.guard(fire))
        timeout = js.setTimeout(proxy, seconds * 1000)
        return dispose
