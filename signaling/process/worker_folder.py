"""Touches the folder that the workers of one server have in common, and sweeps those of servers that were killed.

The server that has such a folder holds a lock on a file in it, which the system releases however that process ends.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from signaling.errors import WorkersUnusable
from signaling.monitoring.worker_metrics import SUFFIX

PREFIX = "p2p-chat-"
LOCK = "workers.lock"
MAX_SOCKET_PATH_BYTES = 103
"""The least that systems take as the path of a Unix socket (macOS); Linux takes four more."""
LONGEST_SOCKET = f"99{SUFFIX}"


@contextmanager
def worker_folder(parent: Path | None = None) -> Iterator[Path]:
    """Have a folder that is open to nobody else, until the block is left; WorkersUnusable where there can be none."""
    try:
        parent = parent or Path(tempfile.gettempdir())
        sweep(parent)
        made = tempfile.TemporaryDirectory(prefix=PREFIX, dir=parent, ignore_cleanup_errors=True)
    except OSError as error:
        raise WorkersUnusable(f"there is no temporary folder ({error.strerror}); name one with TMPDIR") from error
    with made as name, _locked(Path(name)):
        if len(os.fsencode(Path(name, LONGEST_SOCKET))) > MAX_SOCKET_PATH_BYTES:
            raise WorkersUnusable(f"the path of the temporary folder {parent} is too long; name another with TMPDIR")
        yield Path(name)


def sweep(parent: Path) -> None:
    """Remove the folders of those that are gone without having removed them."""
    for lock in parent.glob(f"{PREFIX}*/{LOCK}"):
        # Held by a server that runs, or somebody else's: neither is ours to remove.
        with contextlib.suppress(OSError), lock.open("rb") as file:
            _take(file.fileno())
            if lock.parent.lstat().st_uid == os.geteuid():
                shutil.rmtree(lock.parent, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / f".{LOCK}").open("wb") as file:
        _take(file.fileno())
        # It has its name when it is held, or another server that starts could sweep it away in between.
        (folder / f".{LOCK}").rename(folder / LOCK)
        yield


def _take(descriptor: int) -> None:
    import fcntl  # noqa: PLC0415 - Windows has none, and no workers either

    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
