"""Awaits the end of all connections of a server that stops: a few at a time, since their clients all come back."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import TypeVar

Connection = TypeVar("Connection")

CLOSED_TOGETHER, PAUSE_SECONDS = 50, 0.05
"""Clients of a server that stops, and the seconds until the next of them: a thousand a second, which is about what one
process lets in. Each comes back within half a second, and all at once they would stand in each other's way."""
DRAIN_SECONDS = 1.5
"""For however many there are: the server has 5 s to stop."""


async def drain(connections: Sequence[Connection], close: Callable[[Connection], None]) -> None:
    """Close every connection, so that its client comes back to another process or to the next one."""
    turns = min(math.ceil(len(connections) / CLOSED_TOGETHER), round(DRAIN_SECONDS / PAUSE_SECONDS))
    for turn in range(turns):
        if turn:
            await asyncio.sleep(PAUSE_SECONDS)
        for connection in connections[turn::turns]:
            close(connection)
