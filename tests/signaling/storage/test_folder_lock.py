from pathlib import Path

import pytest

from signaling.storage.folder_lock import FolderLock

pytest.importorskip("fcntl", reason="Windows has no such locks")


def test_many_hold_it_together_or_one_alone(tmp_path: Path) -> None:
    """Servers do not mind each other; whoever wants it alone minds everyone, and is minded."""
    first, second = FolderLock(tmp_path, shared=True), FolderLock(tmp_path, shared=True)
    first.close()
    with pytest.raises(BlockingIOError):
        FolderLock(tmp_path, shared=False)
    second.close()
    second.close()
    alone = FolderLock(tmp_path, shared=False)
    with pytest.raises(BlockingIOError):
        FolderLock(tmp_path, shared=True)
    alone.close()
