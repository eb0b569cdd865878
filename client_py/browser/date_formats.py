"""Times as this person's locale writes them, by Intl.DateTimeFormat."""

from __future__ import annotations

from typing import Any

import js

from client_py.browser.interop import js_object
from client_py.ports.page import NearDay

DAY_SECONDS = 86_400
MINUTE_SECONDS = 60
"""No zone's day begins within a minute, and a time of day does not show its seconds."""
WEEK_DAYS = 6
"""A weekday of longer ago could be mistaken for the next one of that name."""
YEAR_DAYS = 300
MAX_KNOWN = 500
MAX_SECONDS = 8.64e12
"""A Date of JavaScript ends there, and to write one beyond throws (ECMA-262, Time Values and Time Range)."""
NO_DATE = "–"
"""Stands for what is no moment of a calendar."""


class BrowserDateFormats:
    """Implements `ports.DateFormats`. What it wrote last it knows, since messages come close to each other in time."""

    def __init__(self) -> None:
        self._time = _Writer({"timeStyle": "short"})
        self._day = _Writer({"weekday": "long", "day": "numeric", "month": "long", "year": "numeric"})
        self._full = _Writer({"dateStyle": "full", "timeStyle": "medium"}, 1)
        self._weekday = _Writer({"weekday": "short"})
        self._date = _Writer({"day": "numeric", "month": "short"})
        self._year = _Writer({"day": "numeric", "month": "numeric", "year": "numeric"})

    def time(self, seconds: float) -> str:
        """Write the time of day of a moment."""
        return self._time.write(seconds)

    def day(self, seconds: float) -> str:
        """Write the day of a moment, in the local time zone."""
        return self._day.write(seconds)

    def near_day(self, seconds: float) -> NearDay | None:
        """Tell whether a moment is today or yesterday."""
        now = js.Date.now() / 1000
        # Summer time makes a day of 23 or 25 hours: yesterday is then still within the day before this moment.
        near = {self._day.write(now - DAY_SECONDS): NearDay.YESTERDAY, self._day.write(now): NearDay.TODAY}
        return near.get(self._day.write(seconds))

    def brief(self, seconds: float) -> str:
        """Write the time of day if it is today, a weekday in the last week, else a date; with its year, if long ago."""
        if self.near_day(seconds) is NearDay.TODAY:
            return self.time(seconds)
        days = (js.Date.now() / 1000 - seconds) / DAY_SECONDS
        writer = self._weekday if 0 <= days < WEEK_DAYS else self._date if abs(days) < YEAR_DAYS else self._year
        return writer.write(seconds)

    def full(self, seconds: float) -> str:
        """Write date and time in full."""
        return self._full.write(seconds)


class _Writer:
    """A DateTimeFormat that writes the same for a whole minute, or however long its step is."""

    def __init__(self, options: dict[str, str], step: int = MINUTE_SECONDS) -> None:
        self._formatter: Any = js.Intl.DateTimeFormat.new(None, js_object(options))
        self._step = step
        self._known: dict[float, str] = {}

    def write(self, seconds: float) -> str:
        """Write a moment; a dash for what is none."""
        if not abs(seconds) <= MAX_SECONDS:  # which no comparison with NaN is
            return NO_DATE
        step = seconds // self._step
        if step not in self._known:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[step] = str(self._formatter.format(js.Date.new(seconds * 1000)))
        return self._known[step]
