"""Touches the limit on open files: raises it, and tells how many of them are left."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

from signaling.errors import DependencyUnavailable
from signaling.monitoring.exhausted_files import ExhaustedFiles
from signaling.monitoring.logs import log

RESERVED_PART = 8
"""The part of all files that stays for requests, databases, and what a stranger has not said yet."""
LEAST_RESERVED = 64
"""Some fifty are open before anyone comes: the listening sockets, the database, the event loop."""
MOST_ON_MACOS = 10_240
"""OPEN_MAX of its <sys/syslimits.h>: what it takes in any case where it calls the hard limit infinite."""
SPARE_FILES = 4
"""To be there for a server to count as ready: fewer are gone with the next few requests."""
LOOK_SECONDS = 1.0


def raise_limit() -> None:
    """Let this process open as many files as the system lets it.

    What a shell or service manager hands over is a soft limit of 1,024 for programs that use `select`, which cannot
    count further. The hard one is what whoever runs the machine wants.
    """
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - Windows has none

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for limit in (hard, MOST_ON_MACOS):
        if soft == hard or (limit != resource.RLIM_INFINITY and limit <= soft):
            return
        # A sandbox may forbid it, and then the soft limit has to do.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            log("open_files_raised", before=soft, after=limit)
            return


def most_open_files() -> int | None:
    """Return how many files this process may open; None where the system has no such limit."""
    if sys.platform == "win32":
        return None
    import resource  # noqa: PLC0415 - Windows has none

    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def files_for_connections() -> int:
    """Return how many WebSockets this process could have before it ran out of files."""
    most = most_open_files()
    # Where the system has no limit on files, it is memory that bounds sockets.
    return sys.maxsize if most is None else max(1, most - max(most // RESERVED_PART, LEAST_RESERVED))


async def check_files() -> None:
    """Open a few files, and close them again; DependencyUnavailable if the system does not let us."""
    if not _can_open(SPARE_FILES):
        raise DependencyUnavailable(f"hardly any of {most_open_files()} files can still be opened")


async def watch_files(exhausted: ExhaustedFiles, seconds: float = LOOK_SECONDS) -> None:
    """Tell of every moment at which no file can be opened; without end."""
    while True:
        await asyncio.sleep(seconds)
        if not _can_open(1):
            exhausted.tell(most_open_files())


def _can_open(count: int) -> bool:
    with contextlib.ExitStack() as stack:
        try:
            for _ in range(count):
                stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        except OSError:
            return False
    return True
