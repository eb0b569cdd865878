import signal
import subprocess
import sys
from pathlib import Path

import pytest

from signaling.errors import WorkersUnusable
from signaling.process.worker_folder import LOCK, PREFIX, worker_folder

if sys.platform == "win32":
    pytest.skip("there are no workers on Windows", allow_module_level=True)

KILLED = """
import os, signal, sys
from pathlib import Path
from signaling.process.worker_folder import worker_folder
with worker_folder(Path(sys.argv[1])) as folder:
    (folder / "0.metrics").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_folder_lasts_as_long_as_it_is_used(tmp_path: Path) -> None:
    """It is its owner's alone, and gone afterwards."""
    with worker_folder(tmp_path) as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "0.metrics").touch()
    assert list(tmp_path.iterdir()) == []


def test_folder_of_a_killed_server_is_swept(tmp_path: Path) -> None:
    """What a server could not remove any more, the next one does."""
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)  # noqa: S603 - our own
    assert killed.returncode == -signal.SIGKILL
    [left] = tmp_path.iterdir()
    with worker_folder(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder] != [left]


def test_folders_of_others_stay(tmp_path: Path) -> None:
    """Neither a server that runs, nor a program with folders of such a name, loses one."""
    other = tmp_path / f"{PREFIX}notes"
    other.mkdir()
    (other / "thesis.txt").touch()
    with worker_folder(tmp_path) as running, worker_folder(tmp_path) as second:
        assert {path.name for path in tmp_path.iterdir()} == {other.name, running.name, second.name}
        assert (running / LOCK).exists()


def test_system_without_temporary_folder_is_told_in_words(tmp_path: Path) -> None:
    """Where there is none, or one in which no socket can be, a sentence says what to set."""
    with (
        pytest.raises(WorkersUnusable, match=r"No such file or directory.*TMPDIR.*--workers 1"),
        worker_folder(tmp_path / "nowhere"),
    ):
        raise AssertionError
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    with pytest.raises(WorkersUnusable, match="too long; name another with TMPDIR"), worker_folder(deep):
        raise AssertionError
    assert list(deep.iterdir()) == []
