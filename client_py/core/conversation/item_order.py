"""Decides where an item stands in the transcript: where this browser came to keep it, whenever it was written.

So what comes late is at the end, where it is seen, and nothing that was read moves.
"""

from __future__ import annotations

from client_py.core.frames import MAX_MOMENT

MAX_POSITION = 1_000 * MAX_MOMENT
"""Positions begin as milliseconds of a clock, and go on by one; IndexedDB and JSON keep them exact."""

MAX_POSITION_BY_CLOCK = MAX_POSITION // 2
"""No clock takes more, so that a wrong one leaves numbers for what comes after it is set right."""


def positions_to_come(now: float, last: int) -> range:
    """Return the positions that the next item may have, of which the database takes the first that follows all others.

    `now` is in seconds since the epoch, and `last` the last position that this page knows. A position tells about when
    its item came, where that is all that can be read. But clocks are set, and other tabs store as well: the database
    decides.
    """
    by_clock = max(0, min(int(now * 1000), MAX_POSITION_BY_CLOCK))
    return range(min(max(by_clock, last + 1), MAX_POSITION), MAX_POSITION + 1)
