"""Files by Blob, and by a link to it that is clicked."""

from __future__ import annotations

from functools import partial

import js
from pyodide.ffi import to_js

from client_py.browser.interop import js_object
from client_py.ports.disposal import Dispose
from client_py.ports.time import Clock

SECONDS_TO_FETCH = 60.0
"""A browser fetches the file some time after the click; it may ask the person first where to put it."""


class BrowserDownloads:
    """Implements `ports.Downloads`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._timers: dict[str, Dispose] = {}
        """Who gives the memory of each file back, by its address."""

    def save(self, name: str, media_type: str, text: str) -> None:
        """Let the person save a text as a file (URL.createObjectURL, HTMLAnchorElement.download)."""
        address = js.URL.createObjectURL(js.Blob.new(to_js([text]), js_object({"type": media_type})))
        link = js.document.createElement("a")
        link.setAttribute("href", address)
        link.setAttribute("download", name)
        link.click()
        self._timers[address] = self._clock.call_later(SECONDS_TO_FETCH, partial(self._give_back, address))

    def dispose(self) -> None:
        """Release all memory, and stop the timers."""
        for address in tuple(self._timers):
            self._give_back(address)

    def _give_back(self, address: str) -> None:
        self._timers.pop(address)()
        js.URL.revokeObjectURL(address)
