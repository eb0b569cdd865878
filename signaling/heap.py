"""Touches the C library's heap: gives what was freed back to the system, where that does not happen by itself.

glibc keeps freed memory below what is still in use above it. So what an attack has filled would stay with the process,
long after its connections are gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
from collections.abc import Callable

CHECK_SECONDS = 5.0


def release_free_memory() -> None:
    """Hand back whole free pages. It takes some milliseconds; other C libraries do it by themselves."""
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


async def release_memory_after(has_shrunk: Callable[[], bool], seconds: float = CHECK_SECONDS) -> None:
    """Look now and then whether much less is kept than before, and release what was freed then; without end."""
    while True:
        await asyncio.sleep(seconds)
        if has_shrunk():
            release_free_memory()
