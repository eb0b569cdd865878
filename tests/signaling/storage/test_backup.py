from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from signaling.configuration.settings import SQLITE_FILE, Settings
from signaling.errors import AccountsElsewhere, BackupFailed, DatabaseInUse, DatabaseUnusable
from signaling.storage.backup import BACKUP_COMMAND, RESTORE_COMMAND, back_up, restore
from signaling.storage.database import Database, chosen_url
from signaling.storage.folder_lock import FolderLock
from tests.project import ROOT

SOMEBODY = 12_345
INSERTION = (
    "INSERT INTO accounts (id, username, username_key, password_hash, is_demo, created_at) VALUES (?, ?, ?, ?, ?, ?)"
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a data folder of the test."""
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """Where a backup goes."""
    return tmp_path / "backup.sqlite3"


async def register(settings: Settings, *names: str) -> None:
    """Have accounts, as a server makes them, and stop that server."""
    database = Database(chosen_url(settings))
    await database.open()
    await database.close()
    insert(settings, *names)


def insert(settings: Settings, *names: str) -> None:
    """Write accounts into the file."""
    with closing(sqlite3.connect(settings.data_dir / SQLITE_FILE)) as connection, connection:
        rows = [(name, name, name, "hash", False, 1) for name in names]
        connection.executemany(INSERTION, rows)


def names_in(file: Path) -> set[str]:
    """Return whose accounts are in a file."""
    with closing(sqlite3.connect(file)) as connection:
        return {name for (name,) in connection.execute("SELECT username FROM accounts")}


def mode_of(path: Path) -> int:
    """Return who may do what with a file or folder."""
    return path.stat().st_mode & 0o777


def written(file: Path, content: bytes) -> Path:
    """Write a file."""
    file.write_bytes(content)
    return file


def unaccompanied(file: Path, folder: Path) -> Path:
    """Copy a file to a folder where nothing can be put beside it."""
    copy = Path(shutil.copy(file, folder))
    copy.with_name(f"{copy.name}-shm").symlink_to(folder / "none" / "none")
    return copy


def files_in(folder: Path) -> set[str]:
    """Return the names of all that is in a folder."""
    return {path.name for path in folder.iterdir()}


async def test_backup_is_made_while_server_runs(settings: Settings, backup: Path) -> None:
    """It holds what was committed last, in one file that only its owner reads, and its like may be written again."""
    await register(settings, "ann")
    database = Database(chosen_url(settings))
    await database.open()
    insert(settings, "ben")
    assert f"{SQLITE_FILE}-wal" in files_in(settings.data_dir)
    assert back_up(settings, backup) == 2
    insert(settings, "cem")
    assert back_up(settings, backup) == 3
    await database.close()
    assert names_in(backup) == {"ann", "ben", "cem"}
    assert files_in(backup.parent) == {"backup.sqlite3", "data"}
    assert mode_of(backup) == 0o600


async def test_restore_brings_back_what_was_there(settings: Settings, backup: Path) -> None:
    """What was written since is gone, and a server starts on it."""
    await register(settings, "ann", "ben")
    back_up(settings, backup)
    insert(settings, "cem")
    assert restore(settings, backup) == 2
    assert files_in(settings.data_dir) == {SQLITE_FILE}
    await register(settings, "dan")
    assert names_in(settings.data_dir / SQLITE_FILE) == {"ann", "ben", "dan"}


async def test_restore_makes_folder_of_new_machine(settings: Settings, backup: Path, tmp_path: Path) -> None:
    """Moving to another machine takes no server that has run there before."""
    await register(settings, "ann")
    back_up(settings, backup)
    other = Settings(data_dir=tmp_path / "new" / "data")
    assert restore(other, backup) == 1
    assert mode_of(other.data_dir) == 0o700


async def test_restore_takes_nothing_from_crashed_server(settings: Settings, backup: Path, tmp_path: Path) -> None:
    """What a crash has left beside the file does not come back into the restored one."""
    await register(settings, "ann")
    back_up(settings, backup)
    file, crashed = settings.data_dir / SQLITE_FILE, tmp_path / "crashed"
    database = Database(chosen_url(settings))
    await database.open()
    insert(settings, "mallory")
    shutil.copytree(settings.data_dir, crashed)  # as a power cut would leave it
    await database.close()
    shutil.rmtree(settings.data_dir)
    crashed.rename(settings.data_dir)
    assert (settings.data_dir / f"{SQLITE_FILE}-wal").exists()
    restore(settings, backup)
    assert names_in(file) == {"ann"}


async def test_restore_takes_copy_with_what_lies_beside_it(settings: Settings, tmp_path: Path) -> None:
    """A plain copy of all files of a running server is as good as a backup."""
    await register(settings, "ann")
    database = Database(chosen_url(settings))
    await database.open()
    insert(settings, "ben")
    shutil.copytree(settings.data_dir, tmp_path / "copy")
    await database.close()
    assert restore(settings, tmp_path / "copy" / SQLITE_FILE) == 2


async def test_restore_takes_copy_that_can_only_be_read(settings: Settings, tmp_path: Path) -> None:
    """As on a mounted image: SQLite cannot make there what it wants to have beside a file in WAL mode."""
    await register(settings, "ann")
    assert restore(settings, unaccompanied(settings.data_dir / SQLITE_FILE, tmp_path)) == 1


async def test_restore_replaces_spoilt_database(settings: Settings, backup: Path) -> None:
    """A file that cannot be read is what a backup is for."""
    await register(settings, "ann")
    back_up(settings, backup)
    (settings.data_dir / SQLITE_FILE).write_bytes(b"not a database, and long enough to be looked at" * 99)
    assert restore(settings, backup) == 1


async def test_restore_is_refused_while_server_runs(settings: Settings, backup: Path) -> None:
    """It would lose what the server writes to the file that had the name before."""
    await register(settings, "ann")
    back_up(settings, backup)
    insert(settings, "ben")
    database = Database(chosen_url(settings))
    await database.open()
    with pytest.raises(DatabaseInUse, match="Stop the server"):
        restore(settings, backup)
    await database.close()
    assert names_in(settings.data_dir / SQLITE_FILE) == {"ann", "ben"}


async def test_restore_is_refused_while_another_program_has_file_open(settings: Settings, backup: Path) -> None:
    """A server of an earlier release holds no lock, but SQLite knows of it."""
    await register(settings, "ann")
    back_up(settings, backup)
    with closing(sqlite3.connect(settings.data_dir / SQLITE_FILE)) as connection:
        connection.execute("SELECT * FROM accounts").fetchall()
        with pytest.raises(DatabaseInUse):
            restore(settings, backup)


async def test_server_does_not_start_while_file_is_replaced(settings: Settings) -> None:
    """It would open the file that is about to go."""
    await register(settings, "ann")
    lock = FolderLock(settings.data_dir, shared=False)
    with pytest.raises(DatabaseUnusable, match="is being restored"):
        await register(settings)
    lock.close()


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"", "holds no accounts"), (b"not a database" * 99, "file is not a database"), (None, "no such")],
)
async def test_what_is_no_backup_is_refused(
    settings: Settings, backup: Path, content: bytes | None, fault: str
) -> None:
    """Nothing of what is there is touched."""
    await register(settings, "ann")
    if content is not None:
        written(backup, content)
    with pytest.raises(BackupFailed, match=fault):
        restore(settings, backup)
    assert names_in(settings.data_dir / SQLITE_FILE) == {"ann"}
    assert files_in(settings.data_dir) == {SQLITE_FILE}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("DROP TABLE accounts; CREATE TABLE accounts (id TEXT)", "holds no accounts"),
        ("DROP TABLE accounts; CREATE VIEW accounts AS SELECT 1", "holds no accounts"),
        ("INSERT INTO alembic_version VALUES ('0001')", "several revisions"),
        ("INSERT INTO alembic_version VALUES (x'ff'), ('9999')", "newer release"),
        ("DROP TABLE alembic_version; CREATE TABLE alembic_version (other)", "no such column"),
    ],
    ids=["other columns", "view", "revisions", "no text", "other table"],
)
async def test_backup_on_which_no_server_could_start_is_refused(
    settings: Settings, backup: Path, change: str, fault: str
) -> None:
    """Somebody may have made it up: all that is there stays."""
    await register(settings, "ann")
    back_up(settings, backup)
    await register(settings, "ben")
    with closing(sqlite3.connect(backup)) as connection:
        connection.executescript(change)
    with pytest.raises(BackupFailed, match=fault):
        restore(settings, backup)
    assert names_in(settings.data_dir / SQLITE_FILE) == {"ann", "ben"}
    assert files_in(settings.data_dir) == {SQLITE_FILE}


async def test_backup_of_newer_release_is_refused(settings: Settings, backup: Path) -> None:
    """A server of this release could not start on it."""
    await register(settings, "ann")
    back_up(settings, backup)
    with closing(sqlite3.connect(backup)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BackupFailed, match="newer release"):
        restore(settings, backup)


async def test_backup_replaces_nothing_but_backups(settings: Settings, tmp_path: Path) -> None:
    """A slip of the hand costs no file: neither somebody else's, nor the database's own."""
    await register(settings, "ann")
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("forty years of work")
    wal = settings.data_dir / f"{SQLITE_FILE}-wal"
    wal.touch()
    for file in (thesis, tmp_path, settings.data_dir / SQLITE_FILE, wal):
        with pytest.raises(BackupFailed, match="left as it is"):
            back_up(settings, file)
    with pytest.raises(BackupFailed, match="the database itself"):
        restore(settings, settings.data_dir / SQLITE_FILE)
    assert thesis.read_text() == "forty years of work"


def test_backup_of_nothing_is_refused(settings: Settings, backup: Path) -> None:
    """An empty copy would be taken for one with everybody in it; nor is a data folder made for it."""
    with pytest.raises(BackupFailed, match="no accounts yet"):
        back_up(settings, backup)
    assert files_in(backup.parent) == set()


async def test_backup_to_no_folder_is_refused(settings: Settings, tmp_path: Path) -> None:
    """The folder is named, and not some file that was to be in it."""
    await register(settings, "ann")
    with pytest.raises(BackupFailed, match=f"^{tmp_path}/none cannot be used: there is no such folder"):
        back_up(settings, tmp_path / "none" / "backup.sqlite3")


@pytest.mark.parametrize(("do", "command"), [(back_up, "pg_dump --format=custom"), (restore, "pg_restore --clean")])
def test_postgresql_has_commands_of_its_own(backup: Path, do: object, command: str) -> None:
    """They are named, with the file that was asked for."""
    settings = Settings(database_url="postgresql://ann:hunter2@host/db")
    with pytest.raises(AccountsElsewhere, match=command) as caught:
        do(settings, backup)  # type: ignore[operator]  # it is one of the two
    assert str(backup) in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("command", [BACKUP_COMMAND, RESTORE_COMMAND])
def test_commands_of_postgresql_are_documented(command: str) -> None:
    """The page has them, where a test carries them out on a real one."""
    page = (ROOT / "docs" / "deploy" / "postgresql.md").read_text("utf-8")
    assert f"\n{command.format(file='p2p-chat.dump')}\n" in page


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
async def test_what_root_restores_is_the_servers(settings: Settings, backup: Path) -> None:
    """The service has a user of its own, who could not read it otherwise."""
    await register(settings, "ann")
    back_up(settings, backup)
    os.chown(settings.data_dir / SQLITE_FILE, SOMEBODY, SOMEBODY)
    restore(settings, backup)
    restored = (settings.data_dir / SQLITE_FILE).stat()
    assert (restored.st_uid, restored.st_gid, restored.st_mode & 0o777) == (SOMEBODY, SOMEBODY, 0o600)
    (settings.data_dir / SQLITE_FILE).unlink()
    os.chown(settings.data_dir, SOMEBODY, SOMEBODY)
    restore(settings, backup)
    assert (settings.data_dir / SQLITE_FILE).stat().st_uid == SOMEBODY
