"""Touches the lock by which servers and whoever replaces their database know of each other.

It is on the folder that an SQLite file is in, since the file itself comes and goes, and SQLite has locks of its own on
it. The system gives it up with the process, however that ends.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


class FolderLock:
    """A lock that many hold together (`shared`), or one alone. Closing it gives it up."""

    def __init__(self, folder: Path, *, shared: bool) -> None:
        """Take it; a BlockingIOError if somebody else's is in the way."""
        self._descriptor: int | None = None
        if sys.platform == "win32":
            return  # SQLite's own locks have to do
        import fcntl  # noqa: PLC0415 - Windows has none

        try:
            descriptor = os.open(folder, os.O_RDONLY)
        except PermissionError:
            return
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise
        except OSError:  # a file system over the network may know no such locks
            os.close(descriptor)
        else:
            self._descriptor = descriptor

    def close(self) -> None:
        """Give it up; nothing if it was given up before."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
