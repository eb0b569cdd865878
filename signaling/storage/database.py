"""Awaits a database, through SQLAlchemy: the one that a URL names, its schema, and connections while it is there."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread
from sqlalchemy import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from signaling.configuration.settings import Settings
from signaling.errors import DatabaseUnavailable, DatabaseUnusable, DependencyUnavailable
from signaling.monitoring.logs import log
from signaling.storage.data_folder import sqlite_path
from signaling.storage.folder_lock import FolderLock
from signaling.storage.schema import MIGRATIONS, Migration, migrate

SQLITE = "sqlite"
AIOSQLITE = "sqlite+aiosqlite"
PSYCOPG = "postgresql+psycopg"
ASYNCPG = "postgresql+asyncpg"
POSTGRESQL_SCHEMES = frozenset({"postgresql", "postgres", PSYCOPG})
PSYCOPG_PREFIX = re.compile("^connection (failed|is bad): ")
PATIENCE = 6.0
"""Seconds for a connection and what is asked over it, which takes milliseconds; then the database counts as away.
SQLite itself waits for 5 s until another program has written."""
LOCK_SECONDS, LOCK_LOOK_SECONDS = 5.0, 0.01
"""For how long, and how often, a server that starts tries to get a file for itself."""
PRIMARY_CODE = 0xFF
"""What SQLite's extended result codes have in common with the plain ones."""
POOL_CONNECTIONS, MORE_CONNECTIONS = 5, 5
"""Kept open, and opened beside them in a rush. PostgreSQL has 100 by default, for every server and program together."""
FAILURES = (DBAPIError, PoolTimeoutError, OSError)
OUR_FAULTS = (IntegrityError, ProgrammingError, DataError)
"""What a database answers, in good health, to something that should not have been asked."""
INSUFFICIENT_PRIVILEGE = "42501"
"""SQLSTATE. It comes as a fault of ours, and is one of the database's set-up: we ask for nothing but our tables."""


class Database:
    """One database, and the connections to it."""

    def __init__(self, url: URL, patience: float = PATIENCE) -> None:
        self.address = _shown(url)
        """Its URL without the password."""
        self._url = url
        self._patience = patience
        self._engine = _engine(url, patience)
        self._file = _file(url)
        self._identity: tuple[int, int] | None = None
        self._lock: FolderLock | None = None

    async def open(self, migrations: str = MIGRATIONS) -> Migration:
        """Bring the schema to this release's; a StartupError if that fails, and then nothing has changed."""
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self.close)
            self._take_lock()
            migration = await self._migrate(migrations)
            self._identity = _identity(self._file)
            stack.pop_all()
        if migration.before != migration.after:
            log("migrated", before=migration.before, after=migration.after)
        return migration

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()
        if self._lock is not None:
            self._lock.close()

    async def check_file(self) -> None:
        """Look whether the file that was opened is still the one in its place; DependencyUnavailable if not.

        What is written to a file without a name is lost with the process, and until then nothing fails.
        """
        if self._identity is not None and await anyio.to_thread.run_sync(_identity, self._file) != self._identity:
            raise DependencyUnavailable(f"{self._file} was removed or replaced while it was open; restart the server")

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """Yield a connection to read from; DatabaseUnavailable if the database is away, now or in the middle."""
        with self._away_told():
            async with asyncio.timeout(self._patience), self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Yield a connection within a transaction, which an error undoes; DatabaseUnavailable as above."""
        with self._away_told():
            async with asyncio.timeout(self._patience), self._engine.begin() as connection:
                yield connection

    def _take_lock(self) -> None:
        """Keep others from replacing the file; it may be a name that SQLite alone understands."""
        if self._file is None or not self._file.parent.is_dir():
            return
        try:
            self._lock = FolderLock(self._file.parent, shared=True)
        except BlockingIOError as error:
            raise DatabaseUnusable(self.address, "a backup is being restored") from error

    async def _migrate(self, migrations: str) -> Migration:
        try:
            if self._url.get_backend_name() == SQLITE:
                await anyio.to_thread.run_sync(_write_ahead, self._url.database or "")
            async with self._engine.begin() as connection:
                return await connection.run_sync(partial(migrate, address=self.address, migrations=migrations))
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise DatabaseUnusable(self.address, _reason(error)) from error

    @contextlib.contextmanager
    def _away_told(self) -> Iterator[None]:
        try:
            yield
        except FAILURES as error:
            if _is_our_fault(error):
                raise
            log("database_unavailable", level=logging.WARNING, source="database", reason=_reason(error))
            raise DatabaseUnavailable from error


def chosen_url(settings: Settings) -> URL:
    """Return the database that the settings name, or else SQLite's file in the data folder."""
    return database_url(settings.database_url) if settings.database_url else sqlite_url(sqlite_path(settings))


def database_url(text: str) -> URL:
    """Read a database's URL; DatabaseUnusable if it is none."""
    scheme, _, rest = text.partition("://")
    if scheme.partition("+")[0] != SQLITE and rest.count("@") > 1:
        # It is read up to the first one, and what follows, a piece of the password, would be taken for the host.
        raise _unreadable("an @ in the user, the password or the name must be written as %40")
    if not _is_unicode(text):
        raise _unreadable("what is not ASCII in its URL must be percent-encoded")
    if scheme == ASYNCPG:
        raise _unreadable(
            "it is reached by psycopg now: its URL begins with postgresql://, and may have sslmode instead of ssl"
        )
    if scheme in POSTGRESQL_SCHEMES:
        return _postgresql_url(f"postgresql://{rest}")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # What cannot be read cannot be shown without the password in it either, and that goes for a traceback too.
        raise _unreadable("its URL is not like driver://user:password@host/name") from None
    return url.set(drivername=AIOSQLITE) if url.drivername == SQLITE else url


def _postgresql_url(text: str) -> URL:
    try:
        from signaling.storage.postgresql import read_url  # noqa: PLC0415 - SQLite does without libpq, and starts sooner

        return read_url(text).set(drivername=PSYCOPG)
    except ImportError as error:  # whose own text has several lines
        raise _unreadable("psycopg finds no libpq; install it, or the Python package psycopg-binary") from error
    except ValueError as error:
        raise _unreadable(str(error)) from None


def _unreadable(reason: str) -> DatabaseUnusable:
    return DatabaseUnusable("of the settings", reason)


def sqlite_url(path: object) -> URL:
    """Return the URL of an SQLite file."""
    return URL.create(AIOSQLITE, database=str(path))


def _file(url: URL) -> Path | None:
    """Return the file that an SQLite database is; None for one in memory, and for others."""
    is_named = url.get_backend_name() == SQLITE and url.database and not url.database.startswith(("file:", ":"))
    return Path(url.database or "") if is_named else None


def _identity(file: Path | None) -> tuple[int, int] | None:
    """Return what tells a file from another one of the same name; None where there is none."""
    try:
        found = file.stat() if file is not None else None
    except OSError:
        return None
    return None if found is None else (found.st_dev, found.st_ino)


def _engine(url: URL, patience: float) -> AsyncEngine:
    # Parameters are hidden, or an error in the log could show the hash of a password.
    options: dict[str, Any] = {"hide_parameters": True}
    if _file(url) is not None:
        # A connection is a thread here. Those of a rush are kept, since to start one takes longer than to ask it.
        options |= {"pool_size": POOL_CONNECTIONS + MORE_CONNECTIONS, "max_overflow": 0}
    if url.get_backend_name() != SQLITE:
        # Asked before use, a connection that a restart of the database has cut is replaced, and nobody notices.
        options |= {"pool_pre_ping": True, "pool_size": POOL_CONNECTIONS, "max_overflow": MORE_CONNECTIONS}
    if url.drivername == PSYCOPG:
        from signaling.storage.postgresql import connecting  # noqa: PLC0415 - as above

        options |= {"use_native_hstore": False, "connect_args": connecting(url, patience)}
    try:
        return create_async_engine(url, **options)
    except ModuleNotFoundError as error:
        raise DatabaseUnusable(_shown(url), f"the Python package {error.name} is not installed") from error
    except SQLAlchemyError as error:
        raise DatabaseUnusable(_shown(url), _reason(error)) from error
    except (ValueError, TypeError):  # whose words are those of the URL, and so are those of a traceback
        raise DatabaseUnusable(_shown(url), "its driver cannot read the options in its URL") from None


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_our_fault(error: Exception) -> bool:
    if isinstance(error, OUR_FAULTS):
        return getattr(error.orig, "sqlstate", None) != INSUFFICIENT_PRIVILEGE
    # SQLite's driver has one class for this and for what befalls the file; the code tells them apart.
    return getattr(getattr(error, "orig", None), "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def _write_ahead(path: str) -> None:
    """Put an SQLite file into WAL mode, in which it stays: readers read while one writes, and no commit gets lost.

    It is a trial too: where a file cannot be opened, aiosqlite would leave a thread that outlives its event loop.
    """
    deadline = time.monotonic() + LOCK_SECONDS
    with contextlib.closing(sqlite3.connect(path, uri=path.startswith("file:"))) as connection:
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & PRIMARY_CODE != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                # Unlike other locks, SQLite does not wait for this one itself.
                time.sleep(LOCK_LOOK_SECONDS)
            else:
                return


def _shown(url: URL) -> str:
    """Write a URL without its password, and without its options, which could hold one too."""
    return url.set(query={}).render_as_string(hide_password=True)


def _reason(error: BaseException) -> str:
    """The driver's own words, of which SQLAlchemy's repeat the statement and a link to its manual."""
    adapted = getattr(error, "orig", None)
    cause = (adapted.__cause__ or adapted) if adapted is not None else error
    if isinstance(cause, TimeoutError) and not str(cause):
        return "it does not answer"
    # Of the system's errors without their number, and of psycopg's without what it puts before libpq's.
    first = (getattr(cause, "strerror", None) or str(cause)).partition("\n")[0].rstrip(".")
    return PSYCOPG_PREFIX.sub("", first) or type(cause).__name__
