"""Time and chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from client_py.ports.disposal import Dispose


class Clock(Protocol):
    """Time, and being called later."""

    def now(self) -> float:
        """Return the wall clock, in seconds since the epoch."""
        ...

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Dispose:
        """Call back once after some seconds (later in a hidden page), unless disposed of before."""
        ...


class Random(Protocol):
    """Chance, from the platform's cryptographic source."""

    def random(self) -> float:
        """Return a number from 0 (included) to 1 (excluded)."""
        ...

    def token(self) -> str:
        """Return 128 random bits as 22 characters of base64url."""
        ...
