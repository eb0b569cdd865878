"""Tells the server's time, as far as the page knows by how much its own clock is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from client_py.ports.disposal import Dispose
from client_py.ports.time import Clock


@dataclass(frozen=True, slots=True)
class ServerClock:
    """Implements `ports.Clock`."""

    clock: Clock
    error: Callable[[], float]
    """Returns by how many seconds the server is ahead."""

    def now(self) -> float:
        """Return the server's time, in seconds since the epoch."""
        return self.clock.now() + self.error()

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Dispose:
        """Call back once after some seconds."""
        return self.clock.call_later(seconds, callback)
