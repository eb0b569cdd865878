"""Awaits the logins of accounts, which stand in the database: who is logged in where, and whom a token proves."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, exists, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from signaling.accounts.access_tokens import CLOCK_SKEW, AccessToken, AccessTokens, Proof
from signaling.accounts.renewals import Chain, begun, renewed
from signaling.accounts.store import ACCOUNT_COLUMNS, Account, Accounts, name_columns
from signaling.errors import AccountExists, AuthenticationError, ReusedToken
from signaling.monitoring.logs import log
from signaling.storage.database import Database
from signaling.storage.tables import ACCOUNTS, INVITATIONS, LOGINS

KNOWN_SECONDS = 5.0
"""For so long what a token proved is not looked for again: until then one that was ended at another process, without a
backplane between them, can still come in. Where everyone comes back at once, as after a restart, it saves most of the
work."""
KNOWN_LOGINS = 4096
EXPIRED_SECONDS = 120
"""After its last token has expired, for so long a login is not listed, and kept all the same: connections have 35 s to
show another token (sessions/token_expiry.py), and are not to be told that their login was ended."""
MAX_LOGINS = 100
"""Of one account, as many as it may have connections: of more, the one that was used longest ago ends."""
MAX_ACCOUNTS_AT_ONCE = 500
"""In one question: SQLite and PostgreSQL take many more."""
GUEST_SECONDS = 7 * 86_400
"""For so long the token of a guest is good, and is there to be renewed: they have no password to come back with."""
ID_BYTES = 16
CHAIN_COLUMNS: tuple[Any, ...] = (
    LOGINS.c.generation,
    LOGINS.c.previous_generation,
    LOGINS.c.renewed_at,
    LOGINS.c.is_confirmed,
    LOGINS.c.oldest_generation,
    LOGINS.c.oldest_until,
)


@dataclass(frozen=True, slots=True)
class Login:
    """One of the logins of an account; moments in Unix seconds."""

    id: str
    device: str
    """What its client calls itself, in a few words."""
    created_at: int
    last_used_at: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What the logins of an account are worth at the moment."""

    version: int
    """Tokens of a lower one are refused."""
    login_ids: frozenset[str]
    """Of those that have not been ended, be it that their tokens have expired."""


@dataclass(frozen=True, slots=True)
class _Found:
    account: Account
    chain: Chain | None
    """Of the login that the token names; None where it names none."""


class Logins:
    """The logins of this server's accounts. While the database is away, everything raises DatabaseUnavailable.

    What the methods are handed was proven before, by `proven` and for the same token.
    """

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        tokens: AccessTokens,
        *,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._tokens = tokens
        self._clock = clock
        self._monotonic = monotonic
        # Made once: putting it together would take as long as asking it.
        self._account_and_chain = _account_and_chain(accounts.are_seen)
        self._known: dict[tuple[str, str], tuple[_Found, float]] = {}
        self._searches: dict[tuple[str, str], asyncio.Task[_Found | None]] = {}

    async def open(self) -> None:
        """Forget the logins that nobody has renewed. The database is open, its tables up to date."""
        async with self._database.begin() as connection:
            await connection.execute(delete(LOGINS).where(LOGINS.c.expires_at <= self._clock() - EXPIRED_SECONDS))

    def close(self) -> None:
        """Look for nobody any more."""
        for search in self._searches.values():
            search.cancel()

    async def begin(self, account: Account, device: str) -> AccessToken:
        """Log an account in; AuthenticationError if its password was changed, or it was deleted, in this moment."""
        now, login_id = int(self._clock()), secrets.token_hex(ID_BYTES)
        token = self._issue(account, login_id, 0)
        row = {
            "id": login_id,
            "device": device,
            "created_at": now,
            "last_used_at": now,
            "expires_at": token.expires_at,
            **asdict(begun(now)),
        }
        is_same = and_(ACCOUNTS.c.id == account.id, ACCOUNTS.c.token_version == account.token_version)
        names, values = [*row, "account_id"], [literal(value) for value in row.values()]
        row_of_ours = insert(LOGINS).from_select(names, select(*values, ACCOUNTS.c.id).where(is_same))
        try:
            async with self._database.begin() as connection:
                made = await connection.execute(row_of_ours, execution_options={"preserve_rowcount": True})
                if not made.rowcount:
                    raise AuthenticationError
                await _end_the_oldest(connection, account.id, now)
        except IntegrityError as error:  # PostgreSQL has waited for who deletes the account
            raise AuthenticationError from error
        return token

    async def proven(self, text: str) -> tuple[Account, Proof]:
        """Return the account that a token proves, and what else it says; AuthenticationError if it proves none."""
        proof = self._tokens.proof(text)
        found = await self._find(proof.account_id, proof.login_id)
        if found is not None and proof.version > found.account.token_version:
            # Another process has issued it since we have looked, and nobody has told us.
            self.forget(proof.account_id)
            found = await self._find(proof.account_id, proof.login_id)
        if found is None or proof.version < found.account.token_version:
            raise AuthenticationError
        chain = found.chain
        if chain is not None and not chain.is_confirmed and proof.generation >= chain.generation:
            await self._confirm(proof, chain)
        return found.account, proof

    async def renew(self, account: Account, proof: Proof, device: str) -> AccessToken:
        """Exchange a token for the next one of its login; a ReusedToken if another had it, and the login has ended."""
        if not proof.login_id:  # of a release that had no list of logins
            return await self.begin(account, device)
        chain = await self._exchange(account, proof)
        return self._issue(account, proof.login_id, chain.generation)

    async def of(self, account_id: str) -> list[Login]:
        """Return the logins of an account, the one used last first."""
        columns = (LOGINS.c.id, LOGINS.c.device, LOGINS.c.created_at, LOGINS.c.last_used_at)
        query = select(*columns).where(LOGINS.c.account_id == account_id, self._is_open())
        async with self._database.connect() as connection:
            rows = await connection.execute(query.order_by(LOGINS.c.last_used_at.desc(), LOGINS.c.id).limit(MAX_LOGINS))
        return [Login(*row) for row in rows]

    async def end(self, account_id: str, login_id: str) -> bool:
        """End one login of an account; tell whether there was one."""
        ours = and_(LOGINS.c.id == login_id, LOGINS.c.account_id == account_id)
        async with self._database.begin() as connection:
            ended = await connection.execute(delete(LOGINS).where(ours))
        self.forget(account_id)
        return bool(ended.rowcount)

    async def end_others(
        self, account: Account, proof: Proof, device: str, password_hash: str | None = None
    ) -> tuple[Account, AccessToken]:
        """End all other logins of an account, and all tokens of this one but the new one; give it another password.

        AuthenticationError if somebody else has done that in this moment, or a ReusedToken as above.
        """
        changed = replace(account, password_hash=password_hash or account.password_hash)
        return await self._change(account, changed, proof, device, {"password_hash": changed.password_hash})

    async def make_account(
        self, guest: Account, proof: Proof, device: str, username: str, password_hash: str
    ) -> tuple[Account, AccessToken]:
        """Make an account of a guest, and end all their tokens but the new one; errors as above, or AccountExists.

        It keeps its id, and so its place in the room, and the name that it was known by there.
        """
        changed = replace(
            guest, username=username, password_hash=password_hash, is_guest=False, formerly=guest.username
        )
        values = {
            **name_columns(username),
            "password_hash": password_hash,
            "is_guest": False,
            "formerly": guest.username,
            "invitation_id": None,
        }
        try:
            return await self._change(guest, changed, proof, device, values)
        except IntegrityError as error:
            await self._accounts.check_free(username)
            raise AccountExists from error

    async def _change(
        self, account: Account, changed: Account, proof: Proof, device: str, values: Mapping[str, object]
    ) -> tuple[Account, AccessToken]:
        """Write what has changed about an account, and end all of its tokens but a new one of the login that asks."""
        generation = (await self._exchange(account, proof)).generation if proof.login_id else 0
        changed = replace(changed, token_version=account.token_version + 1)
        is_same = and_(ACCOUNTS.c.id == account.id, ACCOUNTS.c.token_version == account.token_version)
        logins = LOGINS.c.account_id == account.id
        async with self._database.begin() as connection:
            written = {**values, "token_version": changed.token_version}
            await _hold(connection, logins)
            made = await connection.execute(update(ACCOUNTS).where(is_same).values(written))
            if not made.rowcount:
                raise AuthenticationError
            await connection.execute(delete(LOGINS).where(logins, LOGINS.c.id != proof.login_id))
            # Only now, since a guest whose account was refused stays one, with a token that is good for longer.
            ends = int(self._clock()) + self._life(changed)
            await connection.execute(update(LOGINS).where(logins).values(expires_at=ends))
        self.forget(account.id)
        if not proof.login_id:
            return changed, await self.begin(changed, device)
        return changed, self._issue(changed, proof.login_id, generation)

    async def delete_account(self, account_id: str) -> list[str]:
        """Delete an account, with its logins, its invitations and the guests who came by them; return all their ids."""
        invited = ACCOUNTS.join(INVITATIONS, INVITATIONS.c.id == ACCOUNTS.c.invitation_id)
        guests = select(ACCOUNTS.c.id).select_from(invited)
        async with self._database.begin() as connection:
            # First, so that nobody comes by one after the guests were looked for.
            ends = update(INVITATIONS).where(INVITATIONS.c.account_id == account_id)
            await connection.execute(ends.values(expires_at=0))
            theirs = guests.where(INVITATIONS.c.account_id == account_id, ACCOUNTS.c.is_guest)
            ids = [account_id, *(await connection.execute(theirs)).scalars()]
            await connection.execute(delete(INVITATIONS).where(INVITATIONS.c.account_id == account_id))
            await delete_accounts(connection, ids, or_(ACCOUNTS.c.id == account_id, ACCOUNTS.c.is_guest))
        for each in ids:
            self.forget(each)
        return ids

    async def delete_guest(self, account_id: str) -> None:
        """Delete a guest, unless they have made an account of themselves in this moment."""
        async with self._database.begin() as connection:
            await delete_accounts(connection, [account_id], ACCOUNTS.c.is_guest)
        self.forget(account_id)

    async def standings(self, account_ids: Iterable[str]) -> Mapping[str, Standing]:
        """Return what the logins of accounts are worth; an account that is missing does not exist."""
        wanted = list(account_ids)
        found: dict[str, Standing] = {}
        for start in range(0, len(wanted), MAX_ACCOUNTS_AT_ONCE):
            found |= await self._some_standings(wanted[start : start + MAX_ACCOUNTS_AT_ONCE])
        return found

    def forget(self, account_id: str) -> None:
        """Look an account up again when its next token is shown."""
        for kept in (self._known, self._searches):
            for key in [key for key in kept if key[0] == account_id]:
                del kept[key]

    async def _some_standings(self, account_ids: list[str]) -> dict[str, Standing]:
        logins = LOGINS.c.account_id == ACCOUNTS.c.id
        query = select(ACCOUNTS.c.id, ACCOUNTS.c.token_version, LOGINS.c.id).select_from(
            ACCOUNTS.outerjoin(LOGINS, logins)
        )
        async with self._database.connect() as connection:
            some = query.where(self._accounts.are_seen, ACCOUNTS.c.id.in_(account_ids))
            rows = (await connection.execute(some)).all()
        versions = {account_id: version for account_id, version, _ in rows}
        login_ids: dict[str, set[str]] = {account_id: set() for account_id in versions}
        for account_id, _, login_id in rows:
            if login_id is not None:
                login_ids[account_id].add(login_id)
        return {each: Standing(version, frozenset(login_ids[each])) for each, version in versions.items()}

    async def _exchange(self, account: Account, proof: Proof) -> Chain:
        """Take a token for the next one of its login, and return what that is."""
        now = int(self._clock())
        ours = and_(LOGINS.c.id == proof.login_id, LOGINS.c.account_id == account.id)
        async with self._database.begin() as connection:
            # Written before it is read, so that of two who renew at once the second one reads what the first has made.
            await connection.execute(update(LOGINS).where(ours).values(last_used_at=now))
            row = (await connection.execute(select(*CHAIN_COLUMNS).where(ours))).one_or_none()
            if row is None:
                raise AuthenticationError
            chain = renewed(Chain(*row), proof.generation, now)
            if chain is None:
                await connection.execute(delete(LOGINS).where(ours))
            else:
                values = {**asdict(chain), "expires_at": now + self._life(account)}
                await connection.execute(update(LOGINS).where(ours).values(values))
        self.forget(account.id)
        if chain is None:
            log("token_reused", level=logging.WARNING, source=account.username, account=account.username)
            raise ReusedToken(account.id)
        return chain

    def _issue(self, account: Account, login_id: str, generation: int) -> AccessToken:
        return self._tokens.issue(account.id, login_id, generation, account.token_version, self._life(account))

    def _life(self, account: Account) -> int:
        return GUEST_SECONDS if account.is_guest else self._tokens.life

    async def _confirm(self, proof: Proof, chain: Chain) -> None:
        """Note that a token of the newest generation has reached its browser."""
        is_same = and_(LOGINS.c.id == proof.login_id, LOGINS.c.generation == chain.generation)
        noted = {"is_confirmed": True, "last_used_at": int(self._clock())}
        async with self._database.begin() as connection:
            await connection.execute(update(LOGINS).where(is_same).values(noted))
        self._known.pop((proof.account_id, proof.login_id), None)

    async def _find(self, account_id: str, login_id: str) -> _Found | None:
        """Return an account and the chain of its login, as they were within the last KNOWN_SECONDS.

        Of many who ask for one of them at once, one asks the database.
        """
        key = account_id, login_id
        found, expires_at = self._known.get(key, (None, 0.0))
        if found is not None and self._monotonic() < expires_at:
            return found
        search = self._searches.get(key)
        if search is None:
            search = self._searches[key] = asyncio.create_task(self._search(key))
            search.add_done_callback(lambda done: self._forget_search(key, done))
        return await asyncio.shield(search)  # a caller that goes away does not end it for the others

    async def _search(self, key: tuple[str, str]) -> _Found | None:
        self._known.pop(key, None)
        account_id, login_id = key
        wanted = {"account_id": account_id, "login_id": login_id, "expired_at": int(self._clock() - CLOCK_SKEW)}
        async with self._database.connect() as connection:
            row = (await connection.execute(self._account_and_chain, wanted)).one_or_none()
        if row is None or (login_id and row.generation is None):
            return None
        count = len(ACCOUNT_COLUMNS)
        found = _Found(Account(*row[:count]), Chain(*row[count:]) if login_id else None)
        if self._searches.get(key) is not asyncio.current_task():
            return found  # something has changed since it was asked for
        self._known[key] = found, self._monotonic() + KNOWN_SECONDS
        if len(self._known) > KNOWN_LOGINS:
            del self._known[next(iter(self._known))]
        return found

    def _forget_search(self, key: tuple[str, str], search: asyncio.Task[_Found | None]) -> None:
        if self._searches.get(key) is search:
            del self._searches[key]

    def _is_open(self) -> ColumnElement[bool]:
        return LOGINS.c.expires_at > self._clock() - CLOCK_SKEW


def _account_and_chain(are_seen: ColumnElement[bool]) -> Select[Any]:
    """Return the question for an account and, where it has the login that is named, how far its renewals have come."""
    is_open = LOGINS.c.expires_at > bindparam("expired_at")
    login = and_(LOGINS.c.account_id == ACCOUNTS.c.id, LOGINS.c.id == bindparam("login_id"), is_open)
    both = ACCOUNTS.outerjoin(LOGINS, login)
    return (
        select(*ACCOUNT_COLUMNS, *CHAIN_COLUMNS)
        .select_from(both)
        .where(are_seen, ACCOUNTS.c.id == bindparam("account_id"))
    )


async def delete_accounts(connection: AsyncConnection, ids: Sequence[str], are_gone: ColumnElement[bool]) -> None:
    """Delete those accounts for which a condition holds, with their logins.

    It is looked at again when they are deleted: a guest may have become an account since the ids were found.
    """
    await _hold(connection, LOGINS.c.account_id.in_(ids))
    await connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.id.in_(ids), are_gone))
    # SQLite does not do by itself what the table asks of a database.
    is_left = exists().where(ACCOUNTS.c.id == LOGINS.c.account_id)
    await connection.execute(delete(LOGINS).where(LOGINS.c.account_id.in_(ids), ~is_left))


async def _hold(connection: AsyncConnection, are_theirs: ColumnElement[bool]) -> None:
    """Lock logins before their account is written, where the database locks rows.

    A renewal goes the same way: it writes its row twice, and for that PostgreSQL looks at the account. The other way
    round, the two would wait for each other until one of them is ended.
    """
    await connection.execute(select(LOGINS.c.id).where(are_theirs).order_by(LOGINS.c.id).with_for_update())


async def _end_the_oldest(connection: AsyncConnection, account_id: str, now: int) -> None:
    """End the logins of an account that nobody has renewed, and of too many, those that were used longest ago."""
    ours = LOGINS.c.account_id == account_id
    await connection.execute(delete(LOGINS).where(ours, LOGINS.c.expires_at <= now - EXPIRED_SECONDS))
    kept = select(LOGINS.c.id).where(ours).order_by(LOGINS.c.last_used_at.desc(), LOGINS.c.created_at.desc())
    ids = (await connection.execute(kept)).scalars().all()
    if len(ids) > MAX_LOGINS:
        await connection.execute(delete(LOGINS).where(LOGINS.c.id.in_(ids[MAX_LOGINS:])))
