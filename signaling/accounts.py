"""Awaits the database of accounts, through SQLAlchemy: SQLite in the data folder, or another that a setting names."""

from __future__ import annotations

import contextlib
import sqlite3
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread
from sqlalchemy import URL, Boolean, Column, Integer, MetaData, String, Table, delete, event, insert, make_url, select
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from signaling.errors import AccountExists, DatabaseUnusable

SQLITE = "sqlite"
KNOWN_SECONDS = 5.0
"""For so long an account that was found is not looked for again: until then one that another program has deleted can
still come in. Where everyone comes back at once, as after a restart, it saves most of the work."""
KNOWN_ACCOUNTS = 4096
METADATA = MetaData()
ACCOUNTS = Table(
    "accounts",
    METADATA,
    # Made up and never used again: a token of a deleted account is no token of a later one with its name.
    Column("id", String(32), primary_key=True),
    Column("username", String(32), nullable=False),
    Column("username_key", String(32), nullable=False, unique=True),
    Column("password_hash", String(60), nullable=False),
    Column("is_demo", Boolean, nullable=False),
    Column("created_at", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who can log in; `username` as they wrote it when they registered."""

    id: str
    username: str
    password_hash: str = field(repr=False)
    is_demo: bool


def username_key(username: str) -> str:
    """Give what makes two names the same."""
    return username.lower()


class Accounts:
    """The accounts of this server. The demo account is seen in development mode only, wherever it was made."""

    def __init__(self, url: URL, *, with_demo: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._with_demo = with_demo
        self._engine = _engine(url)
        self._clock = clock
        self._known: dict[str, tuple[Account, float]] = {}

    async def open(self) -> None:
        """Make the tables if they are missing, and drop the demo account if this is no place for it."""
        try:
            if self._engine.url.get_backend_name() == SQLITE:
                await anyio.to_thread.run_sync(_probe, self._engine.url.database or "")
            async with self._engine.begin() as connection:
                await connection.run_sync(METADATA.create_all)
                if not self._with_demo:
                    await connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.is_demo))
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise DatabaseUnusable(_shown(self._engine.url), _reason(error)) from error

    async def close(self) -> None:
        """Close every connection to the database."""
        await self._engine.dispose()

    async def add(self, username: str, password_hash: str, *, is_demo: bool = False) -> Account:
        """Make an account; AccountExists if the name is taken, in whatever case."""
        account = Account(uuid.uuid4().hex, username, password_hash, is_demo)
        row = {
            "id": account.id,
            "username": username,
            "username_key": username_key(username),
            "password_hash": password_hash,
            "is_demo": is_demo,
            "created_at": int(time.time()),
        }
        try:
            async with self._engine.begin() as connection:
                await connection.execute(insert(ACCOUNTS).values(row))
        except IntegrityError as error:
            raise AccountExists from error
        return account

    async def by_name(self, username: str) -> Account | None:
        """Give the account of a name, in whatever case."""
        return await self._one(ACCOUNTS.c.username_key == username_key(username))

    async def by_id(self, account_id: str) -> Account | None:
        """Give the account that a token names, as it was within the last KNOWN_SECONDS."""
        account, expires_at = self._known.get(account_id, (None, 0.0))
        if account is not None and self._clock() < expires_at:
            return account
        self._known.pop(account_id, None)
        account = await self._one(ACCOUNTS.c.id == account_id)
        if account is not None:
            self._known[account_id] = account, self._clock() + KNOWN_SECONDS
            if len(self._known) > KNOWN_ACCOUNTS:
                del self._known[next(iter(self._known))]
        return account

    async def _one(self, condition: Any) -> Account | None:
        columns = (ACCOUNTS.c.id, ACCOUNTS.c.username, ACCOUNTS.c.password_hash, ACCOUNTS.c.is_demo)
        query = select(*columns).where(condition)
        if not self._with_demo:
            query = query.where(ACCOUNTS.c.is_demo.is_(False))
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else Account(*row)


def database_url(text: str) -> URL:
    """Read a database's URL; DatabaseUnusable if it is none."""
    try:
        return make_url(text)
    except (ArgumentError, ValueError) as error:
        # What cannot be read cannot be shown without the password in it either.
        raise DatabaseUnusable("of the settings", "its URL is not like driver://user:password@host/name") from error


def sqlite_url(path: object) -> URL:
    """Give the URL of an SQLite file."""
    return URL.create("sqlite+aiosqlite", database=str(path))


def _engine(url: URL) -> AsyncEngine:
    try:
        # Parameters are hidden, or an error in the log could show the hash of a password.
        engine = create_async_engine(url, hide_parameters=True)
    except ModuleNotFoundError as error:
        raise DatabaseUnusable(_shown(url), f"the Python package {error.name} is not installed") from error
    except SQLAlchemyError as error:
        raise DatabaseUnusable(_shown(url), _reason(error)) from error
    if url.get_backend_name() == SQLITE:
        event.listen(engine.sync_engine, "connect", _write_ahead)
    return engine


def _probe(path: str) -> None:
    """Open an SQLite file as a trial: where that fails, aiosqlite would leave a thread that outlives its event loop."""
    with contextlib.closing(sqlite3.connect(path, uri=path.startswith("file:"))) as connection:
        connection.execute("PRAGMA schema_version")


def _write_ahead(connection: Any, _record: object) -> None:
    """Let readers read while one writes, and nothing that was committed be lost with the power."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.close()


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


def _reason(error: Exception) -> str:
    """The driver's own words, of which SQLAlchemy's repeat the statement and a link to its manual."""
    cause = getattr(error, "orig", None) or error
    return str(cause).partition("\n")[0].rstrip(".")
