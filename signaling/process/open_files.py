"""Touches the limit on open files: tells how many of them are left for connections."""

from __future__ import annotations

import sys

RESERVED_PART = 8
"""The part of all files that stays for requests, databases, and what a stranger has not said yet."""


def files_for_connections() -> int:
    """Return how many WebSockets this process could have before it ran out of files."""
    if sys.platform == "win32":
        return sys.maxsize  # there it is memory that bounds sockets
    import resource  # noqa: PLC0415 - Windows has none

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if limit == resource.RLIM_INFINITY else max(1, limit - limit // RESERVED_PART)
