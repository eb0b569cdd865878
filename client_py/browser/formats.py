"""Times as this person's locale writes them, by Intl.DateTimeFormat."""

from __future__ import annotations

from typing import Any

import js

from client_py.browser.interop import js_object

DAY_SECONDS = 86_400


class BrowserFormats:
    """Implements `ports.Formats`."""

    def __init__(self) -> None:
        self._time = _format({"timeStyle": "short"})
        self._day = _format({"weekday": "long", "day": "numeric", "month": "long", "year": "numeric"})
        self._full = _format({"dateStyle": "full", "timeStyle": "medium"})

    def time(self, seconds: float) -> str:
        """Write the time of day of a moment."""
        return _write(self._time, seconds)

    def day(self, seconds: float) -> str:
        """Write the day of a moment, in the local time zone."""
        now = js.Date.now() / 1000
        day = _write(self._day, seconds)
        # Summer time makes a day of 23 or 25 hours: yesterday is then still within the day before this moment.
        near = {_write(self._day, now - DAY_SECONDS): "Yesterday", _write(self._day, now): "Today"}
        return near.get(day, day)

    def full(self, seconds: float) -> str:
        """Write date and time in full."""
        return _write(self._full, seconds)


def _format(options: dict[str, str]) -> Any:
    return js.Intl.DateTimeFormat.new(None, js_object(options))


def _write(formatter: Any, seconds: float) -> str:
    return str(formatter.format(js.Date.new(seconds * 1000)))
