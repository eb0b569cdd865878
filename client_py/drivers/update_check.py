"""Finds out whether there is a newer release of the page, which its person may load when it suits them."""

from __future__ import annotations

from collections.abc import Callable

from client_py.drivers.tasks import Tasks
from client_py.ports.release import Release
from client_py.ports.time import Clock

HURRY_SECONDS = 5.0
"""Between two looks after the network came back: that of a train comes and goes."""
PAUSE_SECONDS = 900.0
"""Between two looks when the page is looked at."""
LONG_SECONDS = 3_600.0
"""Between two looks of a page that is left alone."""


class UpdateCheck:
    """Asks now and then; `found` is called once."""

    def __init__(self, release: Release, clock: Clock, tasks: Tasks, found: Callable[[], None]) -> None:
        self._release = release
        self._clock = clock
        self._tasks = tasks
        self._found = found
        self._looked_at = clock.now()
        self._is_over = not release.current

    def look(self, pause: float) -> None:
        """Ask, unless that was done within `pause` seconds."""
        if self._is_over or 0 <= self._clock.now() - self._looked_at < pause:
            return
        self._looked_at = self._clock.now()
        self._tasks.spawn(self._ask())

    async def _ask(self) -> None:
        newest = await self._release.newest()
        if newest not in (None, self._release.current) and not self._is_over:
            self._is_over = True
            self._found()
