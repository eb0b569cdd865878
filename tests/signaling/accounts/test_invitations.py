"""Invitations in any database; here in SQLite, and in PostgreSQL in e2e/test_postgresql.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import URL

from protocol.fields import USERNAME
from protocol.http import MAX_INVITATIONS
from signaling.accounts.access_tokens import AccessTokens
from signaling.accounts.invitations import INVITATION_SECONDS, SWEEP_SECONDS, Invitations
from signaling.accounts.logins import EXPIRED_SECONDS, GUEST_SECONDS, Logins
from signaling.accounts.store import Account, Accounts
from signaling.errors import (
    AccountExists,
    AuthenticationError,
    InvalidInvitation,
    SimilarAccountExists,
    TooManyInvitations,
    UnknownInvitation,
)
from signaling.storage.database import Database, sqlite_url
from tests.signaling.accounts.test_access_tokens import SECRET
from tests.signaling.accounts.test_logins import TOKENS, Clock
from tests.signaling.storage.test_schema import execute, opened_database, scalar

ROOM = "kitchen"


@dataclass
class Opened:
    """The invitations of a database with one account, and the time there."""

    database: Database
    invitations: Invitations
    logins: Logins
    accounts: Accounts
    ann: Account
    clock: Clock

    async def guest(self, name: str = "Eve", places: int = 8) -> tuple[Account, str]:
        """Have somebody come by an invitation; give who it is, and their token."""
        token, _ = await self.invitations.make(self.ann, ROOM, places)
        guest = await self.invitations.let_in(await self.invitations.find(token), name)
        return guest, (await self.logins.begin(guest, "Firefox")).text

    async def is_good(self, token: str) -> bool:
        """Tell whether a token proves anything."""
        try:
            await self.logins.proven(token)
        except AuthenticationError:
            return False
        return True


@asynccontextmanager
async def opened(url: URL) -> AsyncIterator[Opened]:
    """Open the invitations of a database with one account."""
    async with opened_database(url) as database:
        accounts, clock = Accounts(database, with_demo=False), Clock()
        logins = Logins(database, accounts, TOKENS, clock=clock, monotonic=clock)
        invitations = Invitations(database, clock=clock)
        await invitations.open()
        ann = await accounts.by_name("Ann") or await accounts.add("Ann", "hash")
        yield Opened(database, invitations, logins, accounts, ann, clock)


class InvitationsInAnyDatabase:
    """Holds for every kind of database; a subclass gives the `url` of an empty one."""

    @staticmethod
    def opened(url: URL) -> AbstractAsyncContextManager[Opened]:
        """Open the invitations of a database with one account."""
        return opened(url)

    async def test_guest_comes_by_an_invitation(self, url: URL) -> None:
        """Who shows one becomes a guest of its room, under a name that nobody else has."""
        async with self.opened(url) as here:
            token, made = await here.invitations.make(here.ann, ROOM, 2)
            found = await here.invitations.find(token)
            assert await here.invitations.inviter_of(found) == "Ann"
            with pytest.raises(InvalidInvitation):
                await here.invitations.inviter_of(replace(found, account_id="gone"))
            guests = [await here.invitations.let_in(found, "Eve") for _ in range(2)]
            assert {(guest.room, guest.is_guest, guest.username[:4]) for guest in guests} == {(ROOM, True, "Eve~")}
            assert len({guest.username for guest in guests}) == 2
            assert all(USERNAME.admits(guest.username) for guest in guests)
            assert await here.invitations.of(here.ann.id) == [replace(made, guests=2)]

    async def test_invitation_is_not_stored(self, url: URL) -> None:
        """Somebody who reads the database cannot come by what stands there."""
        async with self.opened(url) as here:
            token, made = await here.invitations.make(here.ann, ROOM, 1)
            stored = await scalar(url, "SELECT token_hash FROM invitations")
            assert token not in str(stored)
            for shown in (str(stored), str(stored)[:22], made.id):
                with pytest.raises(InvalidInvitation):
                    await here.invitations.find(shown)

    @pytest.mark.parametrize("shown", ["", "x" * 22, "x" * 4096, "\ud800" * 22, "é" * 22])
    async def test_what_is_no_invitation_lets_nobody_in(self, url: URL, shown: str) -> None:
        """A link that was cut, or made up, is refused like one that has ended."""
        async with self.opened(url) as here:
            with pytest.raises(InvalidInvitation):
                await here.invitations.find(shown)

    async def test_invitation_expires(self, url: URL) -> None:
        """After its end nobody comes by it; those who have, stay."""
        async with self.opened(url) as here:
            token, _ = await here.invitations.make(here.ann, ROOM, 8)
            found = await here.invitations.find(token)
            guest = await here.invitations.let_in(found, "Eve")
            login = (await here.logins.begin(guest, "")).text
            here.clock.now += INVITATION_SECONDS
            with pytest.raises(InvalidInvitation):
                await here.invitations.find(token)
            with pytest.raises(InvalidInvitation):
                await here.invitations.let_in(found, "Eva")
            assert await here.is_good(login)

    async def test_invitation_lets_in_as_many_as_it_may(self, url: URL) -> None:
        """Of more who come at once, the others are refused, and it is counted right."""
        async with self.opened(url) as here:
            token, _ = await here.invitations.make(here.ann, ROOM, 2)
            found = await here.invitations.find(token)
            came = [here.invitations.let_in(found, "Eve") for _ in range(4)]
            outcomes = await asyncio.gather(*came, return_exceptions=True)
            assert sorted(type(outcome).__name__ for outcome in outcomes) == 2 * ["Account"] + 2 * ["InvalidInvitation"]
            [listed] = await here.invitations.of(here.ann.id)
            assert listed.guests == 2

    async def test_account_makes_so_many_invitations(self, url: URL) -> None:
        """Beyond that, one has to be ended first; of those who ask at once, no more get one."""
        async with self.opened(url) as here:
            for _ in range(MAX_INVITATIONS - 1):
                _, last = await here.invitations.make(here.ann, ROOM, 1)
            asked = [here.invitations.make(here.ann, ROOM, 1) for _ in range(2)]
            outcomes = await asyncio.gather(*asked, return_exceptions=True)
            assert [type(outcome) for outcome in outcomes].count(TooManyInvitations) == 1
            assert len(await here.invitations.of(here.ann.id)) == MAX_INVITATIONS
            await here.invitations.revoke(here.ann.id, last.id, with_guests=False)
            await here.invitations.make(here.ann, ROOM, 1)

    async def test_revoked_invitation_lets_nobody_in(self, url: URL) -> None:
        """It ends at once, and its guests stay until they are ended too, by the same invitation."""
        async with self.opened(url) as here:
            guest, login = await here.guest()
            [made] = await here.invitations.of(here.ann.id)
            assert await here.invitations.revoke(here.ann.id, made.id, with_guests=False) == []
            with pytest.raises(InvalidInvitation):
                await here.invitations.let_in(made, "Eva")
            assert await here.is_good(login)
            assert [each.id for each in await here.invitations.of(here.ann.id)] == [made.id]
            assert await here.invitations.revoke(here.ann.id, made.id, with_guests=True) == [guest.id]
            here.logins.forget(guest.id)
            assert not await here.is_good(login)
            assert await here.logins.standings([guest.id]) == {}
            assert await here.invitations.of(here.ann.id) == []
            with pytest.raises(UnknownInvitation):
                await here.invitations.revoke(here.ann.id, made.id, with_guests=True)

    async def test_guest_who_is_coming_is_ended_too(self, url: URL) -> None:
        """Who was let in and has no login yet gets none, when the invitation is ended in this moment."""
        async with self.opened(url) as here:
            token, made = await here.invitations.make(here.ann, ROOM, 1)
            guest = await here.invitations.let_in(await here.invitations.find(token), "Eve")
            assert await here.invitations.revoke(here.ann.id, made.id, with_guests=True) == [guest.id]
            with pytest.raises(AuthenticationError):
                await here.logins.begin(guest, "Firefox")
            assert await scalar(url, "SELECT count(*) FROM logins") == 0

    async def test_invitation_of_someone_else_is_not_revoked(self, url: URL) -> None:
        """An id is of no use to another account, and nothing is listed for it."""
        async with self.opened(url) as here:
            ben = await here.accounts.add("Ben", "hash")
            token, made = await here.invitations.make(here.ann, ROOM, 1)
            assert await here.invitations.of(ben.id) == []
            with pytest.raises(UnknownInvitation):
                await here.invitations.revoke(ben.id, made.id, with_guests=True)
            await here.invitations.find(token)

    async def test_guest_is_nobody_to_log_in_as(self, url: URL) -> None:
        """A guest has no password, and takes no name from an account, nor from one that looks like it."""
        async with self.opened(url) as here:
            guest, _ = await here.guest("Mary")
            assert await here.accounts.by_name(guest.username) is None
            await here.accounts.check_free("Mary")
            await here.accounts.check_free("rnary")
            await here.accounts.add("Mary", "hash")
            await here.guest("Mary")

    async def test_login_of_a_guest_lasts_and_is_renewed(self, url: URL) -> None:
        """It is good for days after its last use, since a guest has nothing to come back with; then they are gone."""
        async with self.opened(url) as here:
            guest, token = await here.guest()
            for _ in range(2):
                here.clock.now += GUEST_SECONDS - 60
                account, proof = await here.logins.proven(token)
                token = (await here.logins.renew(account, proof, "")).text
            assert await here.is_good(token)
            here.clock.now += GUEST_SECONDS + EXPIRED_SECONDS
            await here.invitations.make(here.ann, ROOM, 1)
            assert await here.logins.standings([guest.id]) == {}
            assert await scalar(url, "SELECT count(*) FROM logins") == 0

    async def test_what_has_ended_is_swept(self, url: URL) -> None:
        """An invitation that nobody came by goes after its end, and a guest who is new stays until they log in."""
        async with self.opened(url) as here:
            await here.invitations.make(here.ann, ROOM, 1)
            here.clock.now += INVITATION_SECONDS
            token, kept = await here.invitations.make(here.ann, ROOM, 1)
            guest = await here.invitations.let_in(await here.invitations.find(token), "Eve")
            await Invitations(here.database, clock=here.clock).open()
            assert await here.logins.standings([guest.id]) != {}
            assert await scalar(url, "SELECT count(*) FROM invitations") == 1
            here.clock.now += SWEEP_SECONDS + 1
            await here.invitations.make(here.ann, "cellar", 1)
            assert await here.logins.standings([guest.id]) == {}
            assert [each.room for each in await here.invitations.of(here.ann.id)] == ["cellar"]
            assert kept.id not in {each.id for each in await here.invitations.of(here.ann.id)}

    async def test_guests_go_with_their_inviter(self, url: URL) -> None:
        """An account that is deleted takes its invitations and its guests along, and nobody else's."""
        async with self.opened(url) as here:
            guest, login = await here.guest()
            uninvited = await here.invitations.let_in_uninvited(ROOM, "Eva")
            assert set(await here.logins.delete_account(here.ann.id)) == {here.ann.id, guest.id}
            assert not await here.is_good(login)
            assert set(await here.logins.standings([here.ann.id, guest.id, uninvited.id])) == {uninvited.id}
            assert await scalar(url, "SELECT count(*) FROM invitations") == 0

    async def test_guests_go_with_an_inviter_who_was_deleted_by_hand(self, url: URL) -> None:
        """Where a person has deleted rows, the sweep finds what is left of them."""
        async with self.opened(url) as here:
            guest, _ = await here.guest()
            await execute(url, "DELETE FROM invitations")
            await Invitations(here.database, clock=here.clock).open()
            assert await here.logins.standings([guest.id]) == {}

    async def test_inviter_who_is_gone_invites_nobody(self, url: URL) -> None:
        """A person has deleted the account, or it was one of the demo: nobody comes by it, and those who have, go."""
        async with self.opened(url) as here:
            guest, _ = await here.guest()
            token, _ = await here.invitations.make(here.ann, ROOM, 1)
            found = await here.invitations.find(token)
            await execute(url, "DELETE FROM accounts WHERE username = 'Ann'")
            with pytest.raises(InvalidInvitation):
                await here.invitations.find(token)
            with pytest.raises(InvalidInvitation):
                await here.invitations.let_in(found, "Eva")
            await Invitations(here.database, clock=here.clock).open()
            assert await here.logins.standings([guest.id]) == {}
            assert await scalar(url, "SELECT count(*) FROM invitations") == 0

    async def test_guest_whose_name_was_taken_in_this_moment_keeps_the_login(self, url: URL) -> None:
        """It is good for days, as a guest's is, and not for as long as the account's would have been."""
        async with self.opened(url) as here:
            guest, token = await here.guest()
            hour = AccessTokens(SECRET, 3_600)
            logins = Logins(here.database, here.accounts, hour, clock=here.clock, monotonic=here.clock)
            with pytest.raises(AccountExists):
                await logins.make_account(guest, hour.proof(token), "", "Ann", "a hash")
            here.clock.now += hour.life + EXPIRED_SECONDS + 1
            assert await here.is_good(token)

    async def test_server_that_takes_no_guests_has_none(self, url: URL) -> None:
        """Where guests were taken before, they are dropped; accounts stay."""
        async with self.opened(url) as here:
            guest, _ = await here.guest()
            accounts = Accounts(here.database, with_demo=False, with_guests=False)
            logins = Logins(here.database, accounts, TOKENS)
            assert set(await logins.standings([guest.id, here.ann.id])) == {here.ann.id}
            await accounts.open()
            assert set(await here.logins.standings([guest.id, here.ann.id])) == {here.ann.id}

    async def test_guest_becomes_an_account(self, url: URL) -> None:
        """It is the same person, who has a name and a password of their own now; what they had before is no good."""
        async with self.opened(url) as here:
            guest, before = await here.guest()
            account, proof = await here.logins.proven(before)
            made, token = await here.logins.make_account(account, proof, "", "Eva", "a hash")
            assert (made.id, made.username, made.is_guest) == (guest.id, "Eva", False)
            assert (made.room, made.formerly) == (ROOM, guest.username)
            assert token.life == TOKENS.life
            assert await here.accounts.by_name("eva") == made
            assert (await here.logins.proven(token.text))[0] == made
            assert not await here.is_good(before)
            with pytest.raises(SimilarAccountExists):
                await here.accounts.check_free("Ev\u0430")
            [listed] = await here.invitations.of(here.ann.id)
            assert await here.invitations.revoke(here.ann.id, listed.id, with_guests=True) == []
            assert await here.is_good(token.text)

    async def test_account_that_a_guest_has_become_is_not_deleted_as_a_guest(self, url: URL) -> None:
        """Who logs out as a guest in one tab, in the moment in which another makes an account, deletes nothing."""
        async with self.opened(url) as here:
            _, token = await here.guest()
            guest, proof = await here.logins.proven(token)
            _, made = await here.logins.make_account(guest, proof, "", "Eva", "a hash")
            await here.logins.delete_guest(guest.id)
            assert await here.is_good(made.text)
            another, token = await here.guest()
            await here.logins.delete_guest(another.id)
            assert not await here.is_good(token)
            assert await scalar(url, "SELECT count(*) FROM logins") == 1

    async def test_account_that_is_gone_invites_nobody(self, url: URL) -> None:
        """An account that was deleted in this moment leaves no invitation behind."""
        async with self.opened(url) as here:
            await here.logins.delete_account(here.ann.id)
            with pytest.raises(AuthenticationError):
                await here.invitations.make(here.ann, ROOM, 1)
            assert await scalar(url, "SELECT count(*) FROM invitations") == 0

    async def test_guest_cannot_have_a_name_that_is_taken(self, url: URL) -> None:
        """Who was slower is told so, stays a guest, and may try again with the token that they have."""
        async with self.opened(url) as here:
            guest, token = await here.guest()
            account, proof = await here.logins.proven(token)
            with pytest.raises(AccountExists):
                await here.logins.make_account(account, proof, "", "ANN", "a hash")
            assert (await here.logins.proven(token))[0] == guest
            made, _ = await here.logins.make_account(account, proof, "", "Anna", "a hash")
            assert made.username == "Anna"

    async def test_two_tabs_make_one_account(self, url: URL) -> None:
        """Of two who make an account of one guest at once, one does."""
        async with self.opened(url) as here:
            _, token = await here.guest()
            account, proof = await here.logins.proven(token)
            asked = [here.logins.make_account(account, proof, "", name, "a hash") for name in ("Eva", "Evi")]
            outcomes = await asyncio.gather(*asked, return_exceptions=True)
            assert [isinstance(outcome, AuthenticationError) for outcome in outcomes].count(True) == 1


class TestInvitations(InvitationsInAnyDatabase):
    """In a file of SQLite."""

    @pytest.fixture
    def url(self, tmp_path: Path) -> URL:
        """Give a file that is not there yet."""
        return sqlite_url(tmp_path / "accounts.sqlite3")
