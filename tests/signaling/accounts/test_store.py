"""Accounts in any database; here in SQLite, and in PostgreSQL in e2e/test_postgresql.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL

from signaling.accounts.store import Account, Accounts
from signaling.errors import AccountExists, AccountNotStored, DependencyUnavailable, SimilarAccountExists
from signaling.storage.database import Database, database_url, sqlite_url
from tests.signaling.storage.test_schema import add_as_before, execute, opened_database, scalar

AFTER_2038 = 2**31


@asynccontextmanager
async def opened(url: URL, *, with_demo: bool = False) -> AsyncIterator[Accounts]:
    """Open the accounts of a database."""
    async with opened_database(url) as database:
        accounts = Accounts(database, with_demo=with_demo)
        await accounts.open()
        yield accounts


class AccountsInAnyDatabase:
    """Holds for every kind of database; a subclass gives the `url` of an empty one."""

    async def test_account_is_found_by_name_in_any_case(self, url: URL) -> None:
        """An account is found by what it is called."""
        async with opened(url) as accounts:
            account = await accounts.add("Ann", "hash")
            assert await accounts.by_name("aNN") == account
            assert (account.username, account.password_hash, account.is_demo) == ("Ann", "hash", False)

    async def test_unknown_account_is_not_found(self, url: URL) -> None:
        """Nobody is nobody."""
        async with opened(url) as accounts:
            assert await accounts.by_name("Ann") is None

    async def test_name_is_taken_in_any_case(self, url: URL) -> None:
        """A name that differs in case alone is the same name."""
        async with opened(url) as accounts:
            account = await accounts.add("Ann", "hash")
            with pytest.raises(AccountExists):
                await accounts.add("ANN", "other")
            assert await accounts.by_name("ann") == account

    async def test_name_is_refused_that_looks_like_another(self, url: URL) -> None:
        """Of names that cannot be told apart by looking, the first is given out, and the others are refused."""
        async with opened(url) as accounts:
            account = await accounts.add("Mary", "hash")
            with pytest.raises(SimilarAccountExists):
                await accounts.check_free("rnary")
            with pytest.raises(SimilarAccountExists):
                await accounts.add("rnary", "other")
            await accounts.check_free("Marie")
            assert await accounts.by_name("rnary") is None
            assert await accounts.by_name("mary") == account

    async def test_accounts_that_looked_alike_before_stay(self, url: URL) -> None:
        """Two accounts of an earlier release whose names look alike log in as ever, and no third gets such a name."""
        async with opened(url) as accounts:
            mary = await accounts.add("mary", "hash")
            await add_as_before(url, ("1", "rnary", 1))
            assert await accounts.by_name("mary") == mary
            assert await accounts.by_name("RNARY") == Account("1", "rnary", "hash", is_demo=False)
            with pytest.raises(SimilarAccountExists):
                await accounts.add("rnar\u0443", "third")

    async def test_name_is_given_once_of_many_who_ask_at_once(self, url: URL) -> None:
        """Of those who register one name in the same moment, at two servers, one gets it."""
        async with opened(url) as here, opened(url) as there:
            asked = [accounts.add(name, "hash") for name in ("Ann", "ann", "ANN") for accounts in (here, there)]
            outcomes = await asyncio.gather(*asked, return_exceptions=True)
            assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Account"] + 5 * ["AccountExists"]

    async def test_accounts_outlive_restart(self, url: URL) -> None:
        """What was opened, closed and opened again has forgotten nobody."""
        async with opened(url) as accounts:
            account = await accounts.add("Ann", "hash")
        async with opened(url) as accounts:
            assert await accounts.by_name("ann") == account

    async def test_demo_account_vanishes_in_production(self, url: URL) -> None:
        """A database once in development mode has no demo account when it is opened in public, nor later."""
        async with opened(url, with_demo=True) as accounts:
            demo = await accounts.add("test", "hash", is_demo=True)
            assert await accounts.by_name("test") == demo
        async with opened(url) as accounts:
            assert await accounts.by_name("test") is None
            await accounts.add("test", "a real one")
        async with opened(url, with_demo=True) as accounts:
            account = await accounts.by_name("test")
            assert account is not None
            assert (account.password_hash, account.is_demo) == ("a real one", False)

    async def test_demo_account_made_meanwhile_is_not_seen_in_production(self, url: URL) -> None:
        """A server in development mode on the same database cannot open a door into the public one."""
        async with opened(url) as public, opened(url, with_demo=True) as development:
            await development.add("test", "hash", is_demo=True)
            assert await public.by_name("test") is None

    async def test_hash_is_replaced_by_another_of_the_same_password(self, url: URL) -> None:
        """As long as it is still there: a password that was changed meanwhile is not changed back."""
        async with opened(url) as accounts:
            account = await accounts.add("Ann", "hash")
            replaced = await accounts.replace_hash(account, "new hash")
            assert replaced == await accounts.by_name("Ann")
            assert replaced.password_hash == "new hash"
            assert await accounts.replace_hash(account, "late hash") == account
            assert await accounts.by_name("Ann") == replaced

    async def test_hashes_are_told_by_how_they_begin(self, url: URL) -> None:
        """Each beginning comes once, however many accounts there are."""
        async with opened(url) as accounts:
            assert await accounts.hash_heads() == []
            for number, hashed in enumerate(("$2b$12$some", "$2b$12$other", "$2b$04$some", "x")):
                await accounts.add(f"user-{number}", hashed)
            assert sorted(await accounts.hash_heads()) == ["$2b$04$", "$2b$12$", "x"]

    async def test_moment_after_2038_is_kept(self, url: URL) -> None:
        """The column that says when an account was made takes more than 32 bits, which Unix seconds will need."""
        async with opened(url) as accounts:
            await accounts.add("Ann", "hash")
        await execute(url, f"UPDATE accounts SET created_at = {AFTER_2038}")  # noqa: S608 - our own number
        assert await scalar(url, "SELECT created_at FROM accounts") == AFTER_2038


class TestAccountsInSqlite(AccountsInAnyDatabase):
    """All of that in a file."""

    @pytest.fixture
    def url(self, tmp_path: Path) -> URL:
        """Name a file that is not there yet."""
        return sqlite_url(tmp_path / "accounts.sqlite3")

    async def test_accounts_are_written_ahead(self, url: URL, tmp_path: Path) -> None:
        """SQLite runs in WAL mode."""
        async with opened(url) as accounts:
            await accounts.add("Ann", "hash")
            assert (tmp_path / "accounts.sqlite3-wal").exists()


def test_account_hides_its_hash() -> None:
    """An account can be shown without the hash of its password."""
    assert "$2b$" not in repr(Account("1", "Ann", "$2b$12$hash", is_demo=False))


async def test_account_that_cannot_be_written_is_told_as_that(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A database that can be read only is no reason to speak of looking up."""
    path = tmp_path / "accounts.sqlite3"
    async with opened(sqlite_url(path)):
        pass
    database = Database(database_url(f"sqlite:///file:{path}?mode=ro&uri=true"))
    accounts = Accounts(database, with_demo=True)
    assert await accounts.by_name("Ann") is None
    with pytest.raises(AccountNotStored, match="cannot store accounts"):
        await accounts.add("Ann", "hash")
    assert "readonly database" in caplog.text
    await database.close()


async def test_check_fails_without_table(tmp_path: Path) -> None:
    """A database that is there, but without the accounts, is no use."""
    database = Database(sqlite_url(tmp_path / "accounts.sqlite3"))
    accounts = Accounts(database, with_demo=False)
    with pytest.raises(DependencyUnavailable, match="no such table"):
        await accounts.check()
    await database.open()
    await accounts.check()
    await database.close()
