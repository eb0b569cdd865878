"""Keeps timers by what they are for, so that each can be started again and stopped."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from client_py.ports.disposal import Dispose
from client_py.ports.time import Clock


class Timers:
    """Timers by key; starting one that runs restarts it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._running: dict[Hashable, Dispose] = {}

    def start(self, key: Hashable, seconds: float, callback: Callable[[], None]) -> None:
        """Call back once after some seconds."""
        self.stop(key)

        def fire() -> None:
            self.stop(key)
            callback()

        self._running[key] = self._clock.call_later(seconds, fire)

    def now(self) -> float:
        """Return the time of the clock that they run by, in seconds since the epoch."""
        return self._clock.now()

    def stop(self, key: Hashable) -> None:
        """Do not call back; no harm if the timer does not run."""
        dispose = self._running.pop(key, None)
        if dispose is not None:
            dispose()

    def stop_all(self) -> None:
        """Stop every timer."""
        for key in list(self._running):
            self.stop(key)
