"""Migrations on any database; here on SQLite, and on PostgreSQL in e2e/test_postgresql.py."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any, TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Boolean, Column, Connection, Integer, MetaData, String, Table, insert, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import signaling.storage.migrations
from signaling.accounts.store import Accounts
from signaling.errors import DatabaseUnusable, ForeignTable, NewerDatabase
from signaling.storage.database import Database, sqlite_url
from signaling.storage.schema import FIRST_REVISION, Migration
from signaling.storage.tables import METADATA
from tests.project import ROOT

T = TypeVar("T")

SERVERS = 4
MIGRATING = (sys.executable, "-m", "tests.signaling.storage.migrating")
FOLDER = Path(signaling.storage.migrations.__path__[0])
[LATEST] = ScriptDirectory(str(FOLDER)).get_heads()

EARLIER = MetaData()
"""What the releases before migrations made."""
Table(
    "accounts",
    EARLIER,
    Column("id", String(32), primary_key=True),
    Column("username", String(32), nullable=False),
    Column("username_key", String(32), nullable=False, unique=True),
    Column("password_hash", String(60), nullable=False),
    Column("is_demo", Boolean, nullable=False),
    Column("created_at", Integer, nullable=False),
)
ANN = (
    "INSERT INTO accounts (id, username, username_key, password_hash, is_demo, created_at) "
    "VALUES ('1', 'Ann', 'ann', 'hash', false, 1)"
)

HALF_A_STEP = """
from alembic import op
revision = "broken"
down_revision = "LATEST"
def upgrade():
    op.execute("CREATE TABLE half_done (id INTEGER)")
    op.execute("UPDATE accounts SET username = 'half done'")
    op.execute("this is no SQL")
"""


async def work(url: URL, job: Callable[[Connection], T]) -> T:
    """Do something with a database, as another program would."""
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(job)
    finally:
        await engine.dispose()


async def execute(url: URL, *statements: str) -> None:
    """Execute statements in a database, as another program would."""
    for statement in statements:
        await work(url, lambda connection, statement=statement: connection.execute(text(statement)))  # type: ignore[misc]


async def add_as_before(url: URL, *accounts: tuple[str, str, int]) -> None:
    """Add accounts as an earlier release did: each an id, a name, and when it was made."""
    rows = [
        {
            "id": account_id,
            "username": name,
            "username_key": name.lower(),
            "password_hash": "hash",
            "is_demo": False,
            "created_at": created_at,
        }
        for account_id, name, created_at in accounts
    ]
    await work(url, lambda connection: connection.execute(insert(EARLIER.tables["accounts"]), rows))


async def scalar(url: URL, statement: str) -> Any:
    """Ask a database for one value."""
    return await work(url, lambda connection: connection.execute(text(statement)).scalar())


@asynccontextmanager
async def opened_database(url: URL) -> AsyncIterator[Database]:
    """Open a database as a server does that starts, and close it at the end."""
    database = Database(url)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


async def migrated(url: URL) -> Migration:
    """Open a database as a server does that starts, and close it."""
    database = Database(url)
    try:
        return await database.open()
    finally:
        await database.close()


def start_at_once(url: URL) -> list[str]:
    """Have several processes migrate in the same moment; gives what each of them wrote, and nothing for who failed."""
    with ExitStack() as stack:
        processes = [
            stack.enter_context(subprocess.Popen(MIGRATING, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True))  # noqa: S603
            for _ in range(SERVERS)
        ]
        for process in processes:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(url.render_as_string(hide_password=False) + "\n")
            process.stdin.flush()
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        return [process.communicate()[0].strip() for process in processes]


def differences(connection: Connection) -> list[Any]:
    """Return what the code expects of the tables and does not find, and the other way round."""
    return list(compare_metadata(MigrationContext.configure(connection), METADATA))


def tables(connection: Connection) -> list[str]:
    """Return the names of all tables."""
    return sorted(inspect(connection).get_table_names())


class SchemaOnAnyDatabase:
    """Holds for every kind of database; a subclass gives the `url` of an empty one."""

    async def test_migrations_end_in_what_the_code_expects(self, url: URL) -> None:
        """An empty database gets just the tables that the accounts are read from."""
        assert await migrated(url) == Migration(None, LATEST)
        assert await work(url, differences) == []

    async def test_second_start_changes_nothing(self, url: URL) -> None:
        """A database that is up to date is left as it is."""
        await migrated(url)
        assert await migrated(url) == Migration(LATEST, LATEST)

    async def test_database_of_earlier_release_is_adopted(self, url: URL) -> None:
        """Accounts that were made before there were migrations are there afterwards, in tables as they are now."""
        await work(url, EARLIER.create_all)
        await execute(url, ANN)
        assert await migrated(url) == Migration(FIRST_REVISION, LATEST)
        assert await work(url, differences) == []
        assert await scalar(url, "SELECT username FROM accounts") == "Ann"

    async def test_accounts_of_earlier_release_get_their_skeletons(self, url: URL) -> None:
        """Each account keeps its name; of those that look alike already, the oldest keeps others from it."""
        await work(url, EARLIER.create_all)
        await add_as_before(
            url, ("1", "rnary", 9), ("2", "Mary", 5), ("3", "MARY1", 7), ("4", "maryl", 8), ("5", "Ian", 1)
        )
        await migrated(url)
        rows = await work(
            url, lambda connection: connection.execute(text("SELECT username, skeleton FROM accounts")).all()
        )
        skeletons = {"Mary": "rnary", "rnary": None, "MARY1": "rnaryl", "maryl": None, "Ian": "lan"}
        assert dict(tuple(row) for row in rows) == skeletons

    async def test_table_of_another_program_is_not_touched(self, url: URL) -> None:
        """A table that happens to be called like ours is no reason to write into it."""
        await execute(url, "CREATE TABLE accounts (id INTEGER, username VARCHAR(9), balance INTEGER)")
        with pytest.raises(ForeignTable, match="has no created_at and no is_demo") as caught:
            await migrated(url)
        assert "P2PCHAT_DATABASE_URL" in str(caught.value)
        assert await work(url, tables) == ["accounts"]

    async def test_database_of_newer_release_is_refused(self, url: URL) -> None:
        """Tables that a later release has changed are not for this one to write into."""
        await migrated(url)
        await execute(url, "UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(NewerDatabase, match="a newer release of P2P Chat has brought it to revision 9999"):
            await migrated(url)
        assert await scalar(url, "SELECT version_num FROM alembic_version") == "9999"

    async def test_failed_migration_leaves_nothing_behind(self, url: URL, tmp_path: Path) -> None:
        """Where one step fails, no statement of any has been carried out; mended, all of them are."""
        await work(url, EARLIER.create_all)
        await execute(url, ANN)
        folder = shutil.copytree(FOLDER, tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / "broken.py").write_text(HALF_A_STEP.replace("LATEST", LATEST))
        database = Database(url)
        with pytest.raises(DatabaseUnusable, match=r"syntax error"):
            await database.open(str(folder))
        assert await work(url, tables) == ["accounts"]
        assert await scalar(url, "SELECT username FROM accounts") == "Ann"
        assert await migrated(url) == Migration(FIRST_REVISION, LATEST)

    @pytest.mark.parametrize("is_earlier", [False, True])
    async def test_servers_that_start_at_once_do_not_collide(self, url: URL, *, is_earlier: bool) -> None:
        """Of several servers on one database that start in the same moment, one migrates, and all come up."""
        if is_earlier:
            await work(url, EARLIER.create_all)
        first = f"{FIRST_REVISION if is_earlier else None} {LATEST}"
        assert sorted(start_at_once(url)) == sorted([first] + (SERVERS - 1) * [f"{LATEST} {LATEST}"])

    async def test_opening_makes_the_tables(self, url: URL) -> None:
        """A database has the tables of the accounts when it is open."""
        async with opened_database(url) as database:
            await Accounts(database, with_demo=False).add("Ann", "hash")
        assert await scalar(url, "SELECT version_num FROM alembic_version") == LATEST


class TestSchemaOnSqlite(SchemaOnAnyDatabase):
    """All of that in a file."""

    @pytest.fixture
    def url(self, tmp_path: Path) -> URL:
        """Name a file that is not there yet."""
        return sqlite_url(tmp_path / "accounts.sqlite3")
