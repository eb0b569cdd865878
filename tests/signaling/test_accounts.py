import contextlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from signaling.accounts import KNOWN_SECONDS, Account, Accounts, database_url, sqlite_url
from signaling.errors import AccountExists, DatabaseUnusable


@asynccontextmanager
async def opened(folder: Path, *, with_demo: bool = False) -> AsyncIterator[Accounts]:
    """Open the accounts of a folder."""
    accounts = Accounts(sqlite_url(folder / "accounts.sqlite3"), with_demo=with_demo)
    await accounts.open()
    try:
        yield accounts
    finally:
        await accounts.close()


async def test_account_is_found_by_name_in_any_case_and_by_id(tmp_path: Path) -> None:
    """An account is found by what it is called, and by what it is."""
    async with opened(tmp_path) as accounts:
        account = await accounts.add("Ann", "hash")
        assert await accounts.by_name("aNN") == account
        assert await accounts.by_id(account.id) == account
        assert (account.username, account.password_hash, account.is_demo) == ("Ann", "hash", False)


async def test_unknown_account_is_not_found(tmp_path: Path) -> None:
    """Nobody is nobody."""
    async with opened(tmp_path) as accounts:
        assert await accounts.by_name("Ann") is None
        assert await accounts.by_id("1") is None


async def test_name_is_taken_in_any_case(tmp_path: Path) -> None:
    """A name that differs in case alone is the same name."""
    async with opened(tmp_path) as accounts:
        account = await accounts.add("Ann", "hash")
        with pytest.raises(AccountExists):
            await accounts.add("ANN", "other")
        assert await accounts.by_name("ann") == account


async def test_accounts_outlive_restart(tmp_path: Path) -> None:
    """What was opened, closed and opened again has forgotten nobody."""
    async with opened(tmp_path) as accounts:
        account = await accounts.add("Ann", "hash")
    async with opened(tmp_path) as accounts:
        assert await accounts.by_name("ann") == account


async def test_accounts_are_written_ahead(tmp_path: Path) -> None:
    """SQLite runs in WAL mode."""
    async with opened(tmp_path) as accounts:
        await accounts.add("Ann", "hash")
        assert (tmp_path / "accounts.sqlite3-wal").exists()


async def test_demo_account_vanishes_in_production(tmp_path: Path) -> None:
    """A database that was once in development mode has no demo account when it is opened in public, nor later."""
    async with opened(tmp_path, with_demo=True) as accounts:
        demo = await accounts.add("test", "hash", is_demo=True)
        assert await accounts.by_name("test") == demo
    async with opened(tmp_path) as accounts:
        assert await accounts.by_name("test") is None
        await accounts.add("test", "a real one")
    async with opened(tmp_path, with_demo=True) as accounts:
        account = await accounts.by_name("test")
        assert account is not None
        assert (account.password_hash, account.is_demo) == ("a real one", False)


async def test_demo_account_made_meanwhile_is_not_seen_in_production(tmp_path: Path) -> None:
    """A server in development mode on the same database cannot open a door into the public one."""
    async with opened(tmp_path) as public, opened(tmp_path, with_demo=True) as development:
        demo = await development.add("test", "hash", is_demo=True)
        assert await public.by_name("test") is None
        assert await public.by_id(demo.id) is None


def test_account_hides_its_hash() -> None:
    """An account can be shown without the hash of its password."""
    assert "$2b$" not in repr(Account("1", "Ann", "$2b$12$hash", is_demo=False))


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("nonsense", "its URL is not like"),
        ("sqlite+aiosqlite://:not-a-port:/x", "its URL is not like"),
        ("oracle+nothing://user:hunter2@host/db", "oracle"),
        ("mysql+aiomysql://user:hunter2@host/db", "aiomysql is not installed"),
        ("sqlite:////tmp/x", "async"),
    ],
)
def test_unusable_url_is_refused_in_words(url: str, fault: str) -> None:
    """A database that cannot be used is refused in a sentence that does not give its password away."""
    with pytest.raises(DatabaseUnusable) as caught:
        Accounts(database_url(url), with_demo=False)
    assert fault in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_database_that_cannot_be_opened_is_refused_in_words(tmp_path: Path) -> None:
    """A database that is not there is refused in a sentence of one line."""
    accounts = Accounts(sqlite_url(tmp_path / "nowhere" / "accounts.sqlite3"), with_demo=False)
    with pytest.raises(DatabaseUnusable, match="unable to open database file") as caught:
        await accounts.open()
    await accounts.close()
    assert "\n" not in str(caught.value)


async def test_account_is_looked_for_once_in_some_seconds(tmp_path: Path) -> None:
    """Who comes again at once is known; an account that another program deletes is gone some seconds later."""
    now = 100.0
    accounts = Accounts(sqlite_url(tmp_path / "accounts.sqlite3"), with_demo=False, clock=lambda: now)
    await accounts.open()
    account = await accounts.add("Ann", "hash")
    assert await accounts.by_id(account.id) == account
    with contextlib.closing(sqlite3.connect(tmp_path / "accounts.sqlite3")) as other, other:
        other.execute("DELETE FROM accounts")
    now += KNOWN_SECONDS - 0.1
    assert await accounts.by_id(account.id) == account
    now += 0.1
    assert await accounts.by_id(account.id) is None
    assert accounts._known == {}
    await accounts.close()
