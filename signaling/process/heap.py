"""Touches the C library's heap: gives what was freed back to the system, where that does not happen by itself.

glibc keeps freed memory below what is still in use above it. So what an attack has filled would stay with the process,
long after its connections are gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path

CHECK_SECONDS = 5.0
WORTH_RELEASING = 4 * 2**20
"""Bytes by which the process is larger than it has been: looking for free pages takes some milliseconds."""
STATISTICS = Path("/proc/self/statm")


def release_free_memory() -> None:
    """Hand back whole free pages. It takes some milliseconds; other C libraries do it by themselves."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def resident_bytes() -> int:
    """Return how much memory this process has; 0 where only Linux could tell."""
    if sys.platform != "linux":
        return 0
    return int(STATISTICS.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def keep_small(
    resident: Callable[[], int] = resident_bytes,
    release: Callable[[], None] = release_free_memory,
    seconds: float = CHECK_SECONDS,
) -> None:
    """Release what is free for as long as the process is larger than it was at its smallest; without end."""
    least = resident()
    while True:
        await asyncio.sleep(seconds)
        with contextlib.suppress(OSError):  # there may be no file left to look into
            if resident() - least >= WORTH_RELEASING:
                release()
            least = min(least, resident())
