"""Touches SQLite files: copies the accounts while a server runs, and puts a copy in their place while none does."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from signaling.configuration.settings import SQLITE_FILE, Settings
from signaling.errors import AccountsElsewhere, BackupFailed, DatabaseInUse
from signaling.storage.data_folder import FOLDER_MODE, give_to_owner_of
from signaling.storage.database import PRIMARY_CODE, SQLITE, database_url
from signaling.storage.folder_lock import FolderLock
from signaling.storage.schema import FIRST_COLUMNS, FIRST_TABLE, known_revisions

BACKUP_COMMAND = 'pg_dump --format=custom --file={file} "$P2PCHAT_DATABASE_URL"'
RESTORE_COMMAND = (
    'pg_restore --clean --if-exists --no-owner --single-transaction --dbname="$P2PCHAT_DATABASE_URL" {file}'
)
"""Those of PostgreSQL. docs/deploy/postgresql.md has them too."""
LEFTOVERS = ("-wal", "-shm", "-journal")
"""What SQLite writes beside a file. One that a crash has left would be taken for the newest part of another file, and
bring back what was there before a restore."""
MAGIC = b"SQLite format 3\0"
"""What every SQLite file begins with (its file format, §1.3)."""


def back_up(settings: Settings, file: Path) -> int:
    """Copy the accounts to a file, whether or not a server runs; return their number. A BackupError says why not."""
    database = _database_file(settings, BACKUP_COMMAND, file)
    if not database.is_file():
        raise BackupFailed(database, "there are no accounts yet")
    if not file.absolute().parent.is_dir():
        raise BackupFailed(file.absolute().parent, "there is no such folder")
    if file.exists() and (_is_same(file, database) or not _is_replaceable(file)):
        raise BackupFailed(file, "it is no backup, and is left as it is")
    with _told(file), _copied(database, file) as scratch:
        count = _check(scratch, database)
        scratch.replace(file)
        _sync(file.absolute().parent)
    return count


def restore(settings: Settings, file: Path) -> int:
    """Put the accounts of a backup in the place of those that are there; return their number.

    A BackupError says why not, and nothing has changed then: DatabaseInUse if a server runs.
    """
    database = _database_file(settings, RESTORE_COMMAND, file)
    if not file.is_file():
        raise BackupFailed(file, "there is no such file")
    if database.exists() and _is_same(file, database):
        raise BackupFailed(file, "it is the database itself")
    with _told(file), _alone(database), _copied(file, database) as scratch:
        count = _check(scratch, file)
        give_to_owner_of(database, scratch)
        for ending in LEFTOVERS:
            database.with_name(database.name + ending).unlink(missing_ok=True)
        scratch.replace(database)
        _sync(database.parent)
    return count


def _database_file(settings: Settings, command: str, file: Path) -> Path:
    """Return where the accounts are, made or not; AccountsElsewhere if that is no file."""
    if not settings.database_url:
        return settings.data_dir / SQLITE_FILE
    url = database_url(settings.database_url)
    if url.get_backend_name() != SQLITE or not url.database:
        raise AccountsElsewhere(command.format(file=file))
    return Path(url.database)


@contextlib.contextmanager
def _alone(database: Path) -> Iterator[None]:
    """Keep servers from starting, for a moment; DatabaseInUse if one runs."""
    database.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    try:
        lock = FolderLock(database.parent, shared=False)
    except BlockingIOError as error:
        raise DatabaseInUse(database) from error
    try:
        if database.exists() and _is_open_elsewhere(database):
            raise DatabaseInUse(database)
        yield
    finally:
        lock.close()


def _is_open_elsewhere(database: Path) -> bool:
    """Tell whether another program has the file open: a server of before there was a lock, or a shell of SQLite's."""
    with contextlib.closing(sqlite3.connect(database, timeout=0)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE")  # granted to who is alone
        except sqlite3.OperationalError as error:
            return error.sqlite_errorcode & PRIMARY_CODE == sqlite3.SQLITE_BUSY
        except sqlite3.DatabaseError:
            return False  # it is spoilt, and that may be why it is to be replaced
    return False


@contextlib.contextmanager
def _copied(source: Path, target: Path) -> Iterator[Path]:
    """Yield a copy of a database, in one file that nobody else can read, in the folder that it is meant for."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.absolute().parent)  # its mode is 0600
    os.close(descriptor)
    scratch = Path(name)
    try:
        with contextlib.closing(_opened(source)) as original, contextlib.closing(sqlite3.connect(scratch)) as copy:
            original.backup(copy)
            # In one file, with nothing beside it that somebody could forget to copy.
            copy.execute("PRAGMA journal_mode=DELETE")
        _sync(scratch)
        yield scratch
    finally:
        for ending in ("", *LEFTOVERS):
            scratch.with_name(scratch.name + ending).unlink(missing_ok=True)


def _opened(file: Path) -> sqlite3.Connection:
    """Open a file that is there, with what belongs to it beside it."""
    address = file.absolute().as_uri()
    connection = sqlite3.connect(f"{address}?mode=rw", uri=True)
    try:
        connection.execute("PRAGMA schema_version")
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode & PRIMARY_CODE != sqlite3.SQLITE_CANTOPEN or _has_more_beside(file):
            raise
        # A plain copy on a medium that can only be read: SQLite has no place for what it would put beside it.
        return sqlite3.connect(f"{address}?immutable=1", uri=True)
    return connection


def _has_more_beside(file: Path) -> bool:
    beside = file.with_name(f"{file.name}-wal")
    return beside.exists() and beside.stat().st_size > 0


def _check(copy: Path, source: Path) -> int:
    """Return the number of the accounts in a copy; BackupFailed if it is not whole, or none of this release's."""
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        [(state,)] = connection.execute("PRAGMA quick_check(1)")
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if state != "ok":
            raise BackupFailed(source, f"it is spoilt ({state})")
        columns = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({FIRST_TABLE})")}
        if FIRST_TABLE not in tables or not columns >= FIRST_COLUMNS:
            raise BackupFailed(source, "it holds no accounts of P2P Chat")
        rows = connection.execute("SELECT version_num FROM alembic_version") if "alembic_version" in tables else ()
        revisions = {str(revision) for (revision,) in rows}
        if unknown := revisions - known_revisions():
            raise BackupFailed(source, f"a newer release of P2P Chat has made it (revision {min(unknown)})")
        if len(revisions) > 1:
            raise BackupFailed(source, "it is of several revisions at once")
        [(count,)] = connection.execute("SELECT count(*) FROM accounts")
    return int(count)


def _is_same(one: Path, other: Path) -> bool:
    return any(one.absolute() == other.with_name(other.name + ending).absolute() for ending in LEFTOVERS) or (
        one.samefile(other)
    )


def _is_replaceable(file: Path) -> bool:
    """Tell whether a file is an earlier backup, or empty."""
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(len(MAGIC)) in (MAGIC, b"")


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _told(file: Path) -> Iterator[None]:
    """Say in a sentence what SQLite or the system has against a file."""
    try:
        yield
    except OSError as error:
        raise BackupFailed(Path(error.filename or file), error.strerror or str(error)) from error
    except sqlite3.Error as error:
        raise BackupFailed(file, str(error)) from error
