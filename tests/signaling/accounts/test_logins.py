"""Logins in any database; here in SQLite, and in PostgreSQL in e2e/test_postgresql.py."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.accounts.access_tokens import AccessToken, AccessTokens
from signaling.accounts.logins import EXPIRED_SECONDS, KNOWN_SECONDS, MAX_LOGINS, Logins, Standing
from signaling.accounts.renewals import GRACE_SECONDS
from signaling.accounts.store import Account, Accounts
from signaling.errors import AuthenticationError, ReusedToken
from signaling.storage.database import sqlite_url
from tests.signaling.storage.test_schema import execute, opened_database, scalar

SECRET = b"a secret of the tests, 32 bytes or more"
TOKENS = AccessTokens(SECRET, 30 * 86_400)
"""They do not end while a test runs, however far its clock goes ahead of PyJWT's."""
BEGIN = int(time.time())


class Clock:
    """Seconds since the epoch, and since any other moment, that pass when a test says so."""

    now = float(BEGIN)

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@dataclass
class Opened:
    """The logins of a database with one account, and the time there."""

    logins: Logins
    accounts: Accounts
    account: Account
    clock: Clock

    async def log_in(self, device: str = "Firefox on Linux") -> str:
        """Begin a login; give its token."""
        return (await self.logins.begin(self.account, device)).text

    async def renew(self, token: str, after: float = 0.0) -> str:
        """Exchange a token some seconds later."""
        self.clock.now += after
        account, proof = await self.logins.proven(token)
        return (await self.logins.renew(account, proof, "Firefox on Linux")).text

    async def is_good(self, token: str) -> bool:
        """Tell whether a token proves anything."""
        try:
            await self.logins.proven(token)
        except AuthenticationError:
            return False
        return True

    async def devices(self) -> list[str]:
        """Return what the logins of the account are called."""
        return [login.device for login in await self.logins.of(self.account.id)]


@asynccontextmanager
async def opened(url: URL) -> AsyncIterator[Opened]:
    """Open the logins of a database with one account."""
    async with opened_database(url) as database:
        accounts, clock = Accounts(database, with_demo=False), Clock()
        logins = Logins(database, accounts, TOKENS, clock=clock, monotonic=clock)
        await logins.open()
        account = await accounts.by_name("Ann") or await accounts.add("Ann", "hash")
        yield Opened(logins, accounts, account, clock)
        logins.close()


class LoginsInAnyDatabase:
    """Holds for every kind of database; a subclass gives the `url` of an empty one."""

    async def test_token_proves_account_and_login(self, url: URL) -> None:
        """A login has a token, which leads back to it, also after a restart."""
        async with opened(url) as here:
            token = await here.log_in()
        async with opened(url) as here:
            account, proof = await here.logins.proven(token)
            [login] = await here.logins.of(account.id)
            assert (account, proof.login_id, proof.generation) == (here.account, login.id, 0)
            assert (login.device, login.created_at, login.last_used_at) == ("Firefox on Linux", BEGIN, BEGIN)

    async def test_token_of_before_the_list_is_good_and_gets_a_login(self, url: URL) -> None:
        """Nobody is logged out by an upgrade; who renews is listed from then on."""
        async with opened(url) as here:
            token = TOKENS.issue(here.account.id).text
            assert await here.is_good(token)
            assert await here.devices() == []
            assert await here.is_good(await here.renew(token))
            assert await here.devices() == ["Firefox on Linux"]

    async def test_ended_login_proves_nothing(self, url: URL) -> None:
        """One of two logins ends at once, at the server that ends it; the other one goes on."""
        async with opened(url) as here:
            laptop, phone = await here.log_in("laptop"), await here.log_in("phone")
            _, proof = await here.logins.proven(laptop)
            assert await here.logins.end(here.account.id, proof.login_id)
            assert not await here.is_good(laptop)
            assert await here.is_good(phone)
            assert await here.devices() == ["phone"]
            assert not await here.logins.end(here.account.id, proof.login_id)

    async def test_login_of_another_account_cannot_be_ended(self, url: URL) -> None:
        """Who knows the id of somebody's login can do nothing with it."""
        async with opened(url) as here:
            token = await here.log_in()
            _, proof = await here.logins.proven(token)
            other = await here.accounts.add("Ben", "hash")
            assert not await here.logins.end(other.id, proof.login_id)
            assert await here.is_good(token)
            assert not await here.is_good(TOKENS.issue(other.id, proof.login_id).text)

    async def test_login_that_is_ended_elsewhere_is_gone_some_seconds_later(self, url: URL) -> None:
        """What another server on the database has ended is known here for some seconds only."""
        async with opened(url) as here, opened(url) as there:
            token = await here.log_in()
            _, proof = await here.logins.proven(token)
            await there.logins.end(here.account.id, proof.login_id)
            here.clock.now += KNOWN_SECONDS - 0.1
            assert await here.is_good(token)
            here.clock.now += 0.1
            assert not await here.is_good(token)

    async def test_token_of_a_newer_version_has_an_account_looked_up_again(self, url: URL) -> None:
        """Who has another password now is known by their new token at once, at a server that was told nothing, too."""
        async with opened(url) as here, opened(url) as there:
            _, proof = await here.logins.proven(token := await here.log_in())
            assert await there.is_good(token)
            changed, issued = await here.logins.end_others(here.account, proof, "", "another hash")
            assert await there.logins.proven(issued.text) == await here.logins.proven(issued.text)
            assert (await there.logins.proven(issued.text))[0] == changed
            assert not await there.is_good(token)

    async def test_logins_are_ended_by_a_deleted_row_of_another_program(self, url: URL) -> None:
        """An account that somebody deletes from the database proves nothing any more, and leaves no login."""
        async with opened(url) as here:
            token = await here.log_in()
            await execute(url, "DELETE FROM accounts")
            assert not await here.is_good(token)
            assert await here.logins.standings([here.account.id]) == {}

    async def test_renewed_login_goes_on(self, url: URL) -> None:
        """However long, as long as it is renewed; the tokens between are good until they expire, for all but that."""
        async with opened(url) as here:
            first = token = await here.log_in()
            for _ in range(5):
                token = await here.renew(token, 1800)
                assert await here.is_good(token)
            assert await here.is_good(first)
            [login] = await here.logins.of(here.account.id)
            assert (login.created_at, login.last_used_at) == (BEGIN, BEGIN + 5 * 1800)

    async def test_login_that_nobody_renews_ends(self, url: URL) -> None:
        """It is not listed any more when its last token has expired, and forgotten when the next one begins."""
        async with opened(url) as here:
            await here.log_in("forgotten")
            await execute(url, f"UPDATE logins SET expires_at = {BEGIN + 3600}")  # noqa: S608 - our own number
            here.clock.now += 3600 + 5
            assert await here.devices() == []
            # A connection has some seconds to show another token, and is not told meanwhile that this was ended.
            assert len((await here.logins.standings([here.account.id]))[here.account.id].login_ids) == 1
            here.clock.now += EXPIRED_SECONDS
            await here.log_in("new")
            assert await scalar(url, "SELECT count(*) FROM logins") == 1

    async def test_replaced_token_ends_the_login(self, url: URL, caplog: pytest.LogCaptureFixture) -> None:
        """Of a thief and an owner, the second one to renew ends the login for both, and the log says so."""
        async with opened(url) as here:
            stolen = await here.log_in()
            renewed = await here.renew(stolen, 1800)
            assert await here.is_good(renewed)
            with pytest.raises(ReusedToken) as caught:
                await here.renew(stolen, GRACE_SECONDS + 1)
            assert caught.value.account_id == here.account.id
            assert not await here.is_good(renewed)
            assert "event=token_reused account=Ann" in caplog.text

    async def test_lost_answer_can_be_asked_for_again(self, url: URL) -> None:
        """Whoever has not received the next token has not shown it either, and renews with the one that they have."""
        async with opened(url) as here:
            token = await here.log_in()
            await here.renew(token, 1800)
            await here.renew(token, 900)
            assert await here.is_good(await here.renew(token, 700))

    async def test_many_tabs_renew_at_once(self, url: URL) -> None:
        """At two servers, with one token: all of them get one that can be renewed again."""
        async with opened(url) as here, opened(url) as there:
            token = await here.log_in()
            tokens = await asyncio.gather(*(each.renew(token) for each in (here, there) for _ in range(4)))
            generations = {TOKENS.proof(each).generation for each in tokens}
            assert generations == {1}
            for each in tokens:
                assert await here.is_good(each)
            await asyncio.gather(*(here.renew(each, 10) for each in tokens[:2]))

    async def test_others_end_and_this_one_has_another_token(self, url: URL) -> None:
        """Ending all others ends every token but the one that comes of it, those of before the list too."""
        async with opened(url) as here:
            mine, other = await here.log_in("mine"), await here.log_in("other")
            of_before = TOKENS.issue(here.account.id).text
            account, token = await here.logins.end_others(*await here.logins.proven(mine), "mine")
            assert [await here.is_good(each) for each in (mine, other, of_before)] == [False] * 3
            assert await here.devices() == ["mine"]
            found, proof = await here.logins.proven(token.text)
            assert (found, proof.version, proof.generation) == (account, 1, 1)
            assert await here.is_good(await here.renew(token.text, 1800))

    async def test_others_can_be_ended_with_a_token_of_before(self, url: URL) -> None:
        """Its login is listed from then on."""
        async with opened(url) as here:
            await here.log_in("other")
            of_before = TOKENS.issue(here.account.id).text
            _, token = await here.logins.end_others(*await here.logins.proven(of_before), "mine")
            assert await here.is_good(token.text)
            assert await here.devices() == ["mine"]

    async def test_replaced_token_ends_no_others(self, url: URL) -> None:
        """Nobody gets around being found out by asking for a token in another way."""
        async with opened(url) as here:
            stolen, other = await here.log_in("mine"), await here.log_in("other")
            assert await here.is_good(await here.renew(stolen, 1800))
            here.clock.now += GRACE_SECONDS + 1
            with pytest.raises(ReusedToken):
                await here.logins.end_others(*await here.logins.proven(stolen), "thief")
            assert await here.is_good(other)
            assert await here.devices() == ["other"]

    async def test_of_two_who_end_others_at_once_one_stays(self, url: URL) -> None:
        """The other one's login was one of the others."""
        async with opened(url) as here, opened(url) as there:
            proven = [await each.logins.proven(await here.log_in(name)) for each, name in ((here, "a"), (there, "b"))]
            asked = [each.logins.end_others(*who, "new") for each, who in zip((here, there), proven, strict=True)]
            outcomes = await asyncio.gather(*asked, return_exceptions=True)
            good = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
            assert len(good) == 1
            assert [type(each) for each in outcomes if isinstance(each, BaseException)] == [AuthenticationError]
            assert len(await here.devices()) == 1

    async def test_password_is_changed_with_all_others_ended(self, url: URL) -> None:
        """Both happen, or neither does."""
        async with opened(url) as here:
            who = await here.logins.proven(await here.log_in())
            account, _ = await here.logins.end_others(*who, "mine", "new hash")
            assert account == await here.accounts.by_name("Ann")
            assert account.password_hash == "new hash"
            with pytest.raises(AuthenticationError):
                await here.logins.end_others(*who, "mine", "late hash")
            assert await here.accounts.by_name("Ann") == account

    async def test_login_with_the_password_of_before_comes_too_late(self, url: URL) -> None:
        """Who has shown the right password while it was changed is not let in by it."""
        async with opened(url) as here:
            before = here.account
            await here.logins.end_others(*await here.logins.proven(await here.log_in()), "mine", "new hash")
            with pytest.raises(AuthenticationError):
                await here.logins.begin(before, "thief")
            assert await here.devices() == ["Firefox on Linux"]

    async def test_deleted_account_leaves_nothing(self, url: URL) -> None:
        """No row is left of it, no token of it is good, and its name is free."""
        async with opened(url) as here:
            token = await here.log_in()
            assert await here.is_good(token)
            await here.logins.delete_account(here.account.id)
            assert not await here.is_good(token)
            assert await scalar(url, "SELECT count(*) FROM logins") == 0
            with pytest.raises(AuthenticationError):
                await here.logins.begin(here.account, "late")
            later = await here.accounts.add("Ann", "hash")
            assert not await here.is_good(token)
            assert await here.logins.standings([here.account.id, later.id]) == {later.id: Standing(0, frozenset())}

    async def test_logins_of_one_account_are_bounded(self, url: URL) -> None:
        """Of too many, the one that was used longest ago ends; those of others have no part in it."""
        async with opened(url) as here:
            first, second = await here.log_in("first"), await here.log_in("second")
            first = await here.renew(first, 10)
            ben = await here.logins.begin(await here.accounts.add("Ben", "hash"), "other")
            for _ in range(MAX_LOGINS - 1):
                here.clock.now += 1
                token = await here.log_in("more")
            assert [await here.is_good(each) for each in (first, second, token, ben.text)] == [True, False, True, True]
            assert len(await here.devices()) == MAX_LOGINS

    async def test_standings_say_what_is_left(self, url: URL) -> None:
        """Of each account that exists: its version, and its logins."""
        async with opened(url) as here:
            tokens = [await here.log_in() for _ in range(2)]
            ids = frozenset([(await here.logins.proven(token))[1].login_id for token in tokens])
            ben = await here.accounts.add("Ben", "hash")
            many = [here.account.id, ben.id, *(f"nobody-{number}" for number in range(1200))]
            assert await here.logins.standings(many) == {
                here.account.id: Standing(0, ids),
                ben.id: Standing(0, frozenset()),
            }

    async def test_database_is_asked_once_by_many_at_once(self, url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where many pages of an account come back together, one look-up serves them; one that goes ends nothing."""
        async with opened(url) as here:
            token = await here.log_in()
            connections = 0
            connect = here.logins._database.connect

            def counted() -> AbstractAsyncContextManager[AsyncConnection]:
                nonlocal connections
                connections += 1
                return connect()

            monkeypatch.setattr(here.logins._database, "connect", counted)
            first, *others = [asyncio.create_task(here.logins.proven(token)) for _ in range(20)]
            await asyncio.sleep(0)
            first.cancel()
            assert [account for account, _ in await asyncio.gather(*others)] == [here.account] * 19
            assert await here.is_good(token)
            assert connections == 1

    async def test_answer_that_was_overtaken_is_not_kept(self, url: URL) -> None:
        """What was asked for before a login ended is not remembered after it."""
        async with opened(url) as here:
            token = await here.log_in()
            asked = asyncio.create_task(here.logins.proven(token))
            await asyncio.sleep(0)
            here.logins.forget(here.account.id)
            await asked
            assert here.logins._known == {}
            assert await here.is_good(token)
            assert len(here.logins._known) == 1

    async def test_demo_login_is_not_seen_in_production(self, url: URL) -> None:
        """A login of development mode opens no public server on the same database."""
        async with opened(url) as here, opened_database(url) as database:
            development = Accounts(database, with_demo=True)
            demo = await development.add("test", "hash", is_demo=True)
            token: AccessToken = await Logins(database, development, TOKENS).begin(demo, "a test")
            assert not await here.is_good(token.text)
            assert await here.logins.standings([demo.id]) == {}


class TestLoginsInSqlite(LoginsInAnyDatabase):
    """All of that in a file."""

    @pytest.fixture
    def url(self, tmp_path: Path) -> URL:
        """Name a file that is not there yet."""
        return sqlite_url(tmp_path / "accounts.sqlite3")
