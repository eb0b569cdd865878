"""Brings a database to the schema of this release, in the transaction that it is handed: all of it, or nothing."""

from __future__ import annotations

from dataclasses import dataclass

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from signaling.errors import ForeignTable, NewerDatabase

MIGRATIONS = "signaling.storage:migrations"
FIRST_REVISION = "0001"
FIRST_TABLE = "accounts"
FIRST_COLUMNS = frozenset({"id", "username", "username_key", "password_hash", "is_demo", "created_at"})
"""What the releases before migrations made without noting a revision."""
TURN = int.from_bytes(b"p2p-chat", "big")
"""Names our lock among all that are taken in a PostgreSQL database."""


@dataclass(frozen=True, slots=True)
class Migration:
    """From which revision to which a database was brought; None before the first, the same twice if it was there."""

    before: str | None
    after: str | None


def known_revisions(migrations: str = MIGRATIONS) -> set[str]:
    """Return the revisions that this release leads to."""
    config = Config()
    config.set_main_option("script_location", migrations)
    return {known.revision for known in ScriptDirectory.from_config(config).walk_revisions()}


def migrate(connection: Connection, address: str, migrations: str = MIGRATIONS) -> Migration:
    """Run what a database lacks; `address` stands in errors. NewerDatabase or ForeignTable if it is not for us."""
    _wait_for_turn(connection)
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", migrations)
    script = ScriptDirectory.from_config(config)
    before = MigrationContext.configure(connection).get_current_revision()
    if before is not None and before not in {known.revision for known in script.walk_revisions()}:
        raise NewerDatabase(address, before)
    if before is None and inspect(connection).has_table(FIRST_TABLE):
        _check_columns(connection, address)
        command.stamp(config, FIRST_REVISION)
        before = FIRST_REVISION
    after = script.get_current_head()
    if before != after:
        command.upgrade(config, "head")
    return Migration(before, after)


def _wait_for_turn(connection: Connection) -> None:
    """Let one server after another look and migrate: those that start at once would otherwise run the same steps."""
    match connection.dialect.name:
        case "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": TURN})
        case "sqlite":
            # Python's driver would begin only with the first row, and leave what makes tables outside.
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def _check_columns(connection: Connection, address: str) -> None:
    missing = FIRST_COLUMNS - {column["name"] for column in inspect(connection).get_columns(FIRST_TABLE)}
    if missing:
        raise ForeignTable(address, FIRST_TABLE, sorted(missing))
