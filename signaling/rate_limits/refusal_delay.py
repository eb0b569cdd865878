"""Decides how long a refusal is held before it is told. No clock or chance: `chance` is a number from 0 to 1."""

from __future__ import annotations

SECONDS = 1.0
"""On average: a client that asks again at once can do so once a second, and not as fast as the server answers."""
LEAST_PART = 0.5
"""Of that time. Clients that were refused together must not come back together: a thousand of them would keep everyone
else waiting."""


def delay(seconds: float, chance: float) -> float:
    """Return for how long one refusal is held where they are held for `seconds` on average."""
    return seconds * (LEAST_PART + 2 * (1 - LEAST_PART) * chance)
