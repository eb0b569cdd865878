from __future__ import annotations

import asyncio
import contextlib
import socket
import sqlite3
import traceback
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.configuration.settings import Settings
from signaling.errors import DatabaseUnavailable, DatabaseUnusable
from signaling.storage.database import Database, chosen_url, database_url, sqlite_url
from tests.signaling.storage.test_schema import opened_database

TEST_SECONDS = 30.0
"""Less than the minutes for which psycopg waits by itself."""
INSERTION = text(
    "INSERT INTO accounts (id, username, username_key, password_hash, is_demo, created_at) "
    "VALUES ('1', 'Ann', 'ann', 'hash', false, 1)"
)


async def test_connections_of_a_rush_are_kept(tmp_path: Path) -> None:
    """SQLite's connections are threads, which are not started again for the next rush."""
    async with (
        opened_database(sqlite_url(tmp_path / "accounts.sqlite3")) as database,
        contextlib.AsyncExitStack() as rush,
    ):
        together = [await rush.enter_async_context(database.connect()) for _ in range(8)]
        kept = {(await connection.get_raw_connection()).driver_connection for connection in together}
        await rush.aclose()
        async with contextlib.AsyncExitStack() as again:
            others = [await again.enter_async_context(database.connect()) for _ in range(8)]
            assert {(await connection.get_raw_connection()).driver_connection for connection in others} == kept


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("postgresql://ann:pw@db.example:5433/chat", "postgresql+psycopg://ann:pw@db.example:5433/chat"),
        ("postgres://ann:p%40ss%2F@db.example/chat", "postgresql+psycopg://ann:p%40ss%2F@db.example/chat"),
        ("postgresql://ann:p#?[]\\@db.example/chat", "postgresql+psycopg://ann:p%23%3F%5B%5D%5C@db.example/chat"),
        ("postgresql+psycopg://ann@[::1]/chat", "postgresql+psycopg://ann@[::1]/chat"),
        ("postgresql://ann@/chat?host=/run/postgresql", "postgresql+psycopg://ann@/chat?host=%2Frun%2Fpostgresql"),
        ("postgresql://ann@%2Frun%2Fpostgresql/chat", "postgresql+psycopg://ann@/chat?host=%2Frun%2Fpostgresql"),
        ("postgresql://ann@one:1,two:2/chat", "postgresql+psycopg://ann@/chat?host=one%2Ctwo&port=1%2C2"),
        ("postgresql:///?service=chat", "postgresql+psycopg://?service=chat"),
        (
            "postgresql://ann:pw@db.example/chat?sslmode=verify-full&sslrootcert=system&options=-c%20geqo%3Doff",
            "postgresql+psycopg://ann:pw@db.example/chat?options=-c+geqo%3Doff&sslmode=verify-full&sslrootcert=system",
        ),
        ("sqlite:////var/lib/chat.sqlite3", "sqlite+aiosqlite:////var/lib/chat.sqlite3"),
        ("sqlite+aiosqlite:///here.sqlite3", "sqlite+aiosqlite:///here.sqlite3"),
    ],
)
def test_url_gets_a_driver_that_does_not_block(written: str, meant: str) -> None:
    """A URL as PostgreSQL's and SQLite's own documents write it means the driver that we have."""
    assert database_url(written).render_as_string(hide_password=False) == meant


def test_at_sign_in_a_path_is_no_password() -> None:
    """Where there is no password, nothing is mistaken for it."""
    assert database_url("sqlite:////home/a@b/c@d.sqlite3").database == "/home/a@b/c@d.sqlite3"


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("nonsense", "its URL is not like"),
        ("sqlite+aiosqlite://:not-a-port:/x", "its URL is not like"),
        ("postgresql://user:hunter@2@host/db", "must be written as %40"),
        ("postgresql://user:hunter@2:3@host/db", "must be written as %40"),
        ("postgresql://user:hunter/2@host/db", "must be written as %2F"),
        ("postgresql://user:%hunter2@host/db", "a % in the user or the password must be written as %25"),
        ("postgresql://user:hunter 2@host/db", "a space in the user or the password must be written as %20"),
        ("postgresql://user:hunter%ff@host/db", "its URL is not like"),
        ("postgresql://user:hunter%002@host/db", "its URL is not like"),
        ("postgresql://user:hunter\udcff2@host/db", "percent-encoded"),
        ("mysql+aiomysql://user:hunter\udcff2@host/db", "percent-encoded"),
        ("sqlite:////tmp/x?timeout=hunter2", "its driver cannot read the options"),
        ("postgresql://user:hunter2", "its URL is not like"),
        ("postgresql+asyncpg://user:hunter2@host/db?ssl=require", "sslmode instead of ssl"),
        ("postgresql://user:hunter2@host/db?ssl=require", 'invalid URI query parameter: "ssl"'),
        ("oracle+nothing://user:hunter2@host/db", "oracle"),
        ("mysql+aiomysql://user:hunter2@host/db", "aiomysql is not installed"),
        ("postgresql+psycopg2://user:hunter2@host/db", "psycopg2 is not installed"),
        ("sqlite+pysqlite:////tmp/x", "async"),
    ],
)
def test_unusable_url_is_refused_in_words(url: str, fault: str) -> None:
    """A database that cannot be used is refused in a sentence that does not give its password away."""
    with pytest.raises(DatabaseUnusable) as caught:
        Database(database_url(url))
    assert fault in str(caught.value)
    assert "hunter" not in str(caught.value)
    causes = traceback.format_exception_only(caught.value.__cause__ or caught.value)
    assert "hunter" not in "".join(causes)


def test_address_has_no_password() -> None:
    """What is shown of a URL has neither its password nor its options."""
    database = Database(database_url("postgresql://user:hunter2@host/db?sslpassword=hunter2"))
    assert database.address == "postgresql+psycopg://user:***@host/db"


def test_accounts_stand_in_the_data_folder_unless_told_otherwise(tmp_path: Path) -> None:
    """Without a setting the database is a file beside the secret; with one, no file is made."""
    own = tmp_path / "own"
    assert chosen_url(Settings(data_dir=own)) == sqlite_url(own / "accounts.sqlite3")
    other = Settings(data_dir=tmp_path / "none", database_url="postgresql://user@host/db")
    assert chosen_url(other).drivername == "postgresql+psycopg"
    assert [path.name for path in tmp_path.iterdir()] == ["own"]


async def test_file_that_cannot_be_opened_is_refused_in_words(tmp_path: Path) -> None:
    """A database that is not there is refused in a sentence of one line."""
    database = Database(sqlite_url(tmp_path / "nowhere" / "accounts.sqlite3"))
    with pytest.raises(DatabaseUnusable, match="unable to open database file") as caught:
        await database.open()
    assert "\n" not in str(caught.value)


async def test_server_that_is_not_there_is_refused_in_words(unused_tcp_port: int) -> None:
    """A PostgreSQL that is away at the start is refused in a sentence of one line, with where it was looked for."""
    database = Database(database_url(f"postgresql://user:hunter2@127.0.0.1:{unused_tcp_port}/db"))
    with pytest.raises(
        DatabaseUnusable, match=rf"user:\*\*\*@127.0.0.1:{unused_tcp_port}/db .*Connection refused"
    ) as caught:
        await database.open()
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_server_that_does_not_answer_is_not_waited_for() -> None:
    """What takes a connection and says nothing is refused at the start, and away later, after some seconds."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        database = Database(database_url(f"postgresql://user:hunter2@127.0.0.1:{port}/db"), patience=0.05)
        async with asyncio.timeout(TEST_SECONDS):
            with pytest.raises(DatabaseUnusable, match="it does not answer"):
                await database.open()
        with pytest.raises(DatabaseUnavailable):
            async with database.connect():
                pass
        await database.close()


async def test_locked_database_is_away_until_it_is_free(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """While another program has the file for itself, each attempt is told so, with a line in the log; then none is."""
    path = tmp_path / "accounts.sqlite3"
    async with opened_database(database_url(f"sqlite:///{path}?timeout=0.05")) as database:
        await database.close()  # nobody has a file for themselves that is open elsewhere; it is opened again when used
        with contextlib.closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA locking_mode=EXCLUSIVE")
            other.execute("BEGIN EXCLUSIVE")
            for connecting in (database.connect, database.begin):
                with pytest.raises(DatabaseUnavailable, match="Try again in a few seconds"):
                    await count(connecting())
            assert caplog.messages[-2:] == 2 * ['event=database_unavailable reason="database is locked"']
        assert await count(database.connect()) == await count(database.begin()) == 0


async def test_database_that_others_write_to_is_away(tmp_path: Path) -> None:
    """While another program writes for longer than we wait, nothing can be written; afterwards it can."""
    path = tmp_path / "accounts.sqlite3"
    async with opened_database(database_url(f"sqlite:///{path}?timeout=0.05")) as database:
        with contextlib.closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert await count(database.connect()) == 0
            with pytest.raises(DatabaseUnavailable):
                await insert(database)
        await insert(database)
        assert await count(database.connect()) == 1


async def test_statement_that_makes_no_sense_is_no_absence(tmp_path: Path) -> None:
    """A defect of ours is not passed off as the database's."""
    async with opened_database(sqlite_url(tmp_path / "accounts.sqlite3")) as database:
        with pytest.raises(OperationalError, match="no such table"):
            await ask_for_nothing(database)


async def ask_for_nothing(database: Database) -> None:
    """Ask for what is not there."""
    async with database.connect() as connection:
        await connection.execute(text("SELECT * FROM nowhere"))


async def count(connecting: AbstractAsyncContextManager[AsyncConnection]) -> int | None:
    """Count the accounts over a new connection."""
    async with connecting as connection:
        return (await connection.execute(text("SELECT count(*) FROM accounts"))).scalar()


async def insert(database: Database) -> None:
    """Write a row."""
    async with database.begin() as connection:
        await connection.execute(INSERTION)


async def insert_and_fail(database: Database) -> None:
    """Write a row, and stumble before its transaction ends."""
    async with database.begin() as connection:
        await connection.execute(INSERTION)
        raise ZeroDivisionError


async def test_error_of_ours_is_no_absence(tmp_path: Path) -> None:
    """What is wrong with a row is told as that, and undone."""
    async with opened_database(sqlite_url(tmp_path / "accounts.sqlite3")) as database:
        with pytest.raises(ZeroDivisionError):
            await insert_and_fail(database)
        assert await count(database.connect()) == 0
