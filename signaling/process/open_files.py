"""Touches the limit on open files: tells how many of them are left for connections."""

from __future__ import annotations

import sys

RESERVED_PART = 8
"""The part of all files that stays for requests, databases, and what a stranger has not said yet."""


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
    return sys.maxsize if most is None else max(1, most - most // RESERVED_PART)
