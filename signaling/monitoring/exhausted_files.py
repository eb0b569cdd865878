"""Counts and logs the moments at which this process has no file left to open, when the system drops connections."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from signaling.monitoring.counters import Counters
from signaling.monitoring.logs import log

LINE_SECONDS = 60.0
"""Between two lines in the log."""
HINT = "raise the hard limit: LimitNOFILE= in systemd, ulimits: in Compose, ulimit -Hn in a shell"


class ExhaustedFiles:
    """The moments of one server."""

    def __init__(self, counters: Counters, clock: Callable[[], float] = time.monotonic) -> None:
        self.counters = counters
        self._clock = clock
        self._next_line = float("-inf")
        self._told = 0

    def tell(self, limit: int | None) -> None:
        """Count one, and log how many there were since the last line; the process may open `limit` files."""
        self.counters.files_exhausted += 1
        now = self._clock()
        if now >= self._next_line:
            self._next_line = now + LINE_SECONDS
            count, self._told = self.counters.files_exhausted - self._told, self.counters.files_exhausted
            log("files_exhausted", level=logging.WARNING, limit=limit, count=count, hint=HINT)
