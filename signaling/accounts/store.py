"""Awaits the accounts, which stand in a database of their own."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, literal, or_, select, true, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from protocol.usernames import username_key
from signaling.errors import (
    AccountExists,
    AccountNotStored,
    DatabaseUnavailable,
    DependencyUnavailable,
    SimilarAccountExists,
)
from signaling.lookalikes import skeleton
from signaling.storage.database import Database
from signaling.storage.tables import ACCOUNTS

ACCOUNT_COLUMNS: tuple[Any, ...] = (
    ACCOUNTS.c.id,
    ACCOUNTS.c.username,
    ACCOUNTS.c.password_hash,
    ACCOUNTS.c.is_demo,
    ACCOUNTS.c.token_version,
    ACCOUNTS.c.is_guest,
    ACCOUNTS.c.room,
    ACCOUNTS.c.formerly,
)
"""In the order of the fields of `Account`."""
HEAD_CHARACTERS = 7
"""Of a hash of bcrypt, as in `$2b$12$`."""


@dataclass(frozen=True, slots=True)
class Account:
    """Someone who can log in, `username` as they wrote it when they registered; or a guest."""

    id: str
    username: str
    password_hash: str = field(repr=False)
    is_demo: bool
    token_version: int = 0
    """Tokens of a lower one are refused: it rises with a new password, and when all other logins are ended."""
    is_guest: bool = False
    """Has come by an invitation, and has no password."""
    room: str | None = None
    """The one that a guest is bound to; of an account that was a guest, the one that it was bound to."""
    formerly: str | None = None
    """The name that it had as a guest."""


def name_columns(username: str) -> dict[str, str]:
    """Return what stands in the row of an account about its name."""
    return {"username": username, "username_key": username_key(username), "skeleton": skeleton(username)}


class Accounts:
    """The accounts of this server, and its guests. While the database is away, everything raises DatabaseUnavailable.

    Demo accounts are seen in development mode only, wherever they were made, and guests where the server takes some.
    """

    def __init__(self, database: Database, *, with_demo: bool, with_guests: bool = True) -> None:
        self._with_demo = with_demo
        self._with_guests = with_guests
        self._database = database

    async def open(self) -> None:
        """Drop the demo accounts and guests that this is no place for. The database is open, its tables up to date."""
        async with self._database.begin() as connection:
            await connection.execute(delete(ACCOUNTS).where(~self.are_seen))

    @property
    def are_seen(self) -> ColumnElement[bool]:
        """The condition that holds for those that are accounts or guests here."""
        demo = true() if self._with_demo else ACCOUNTS.c.is_demo.is_(False)
        return demo if self._with_guests else and_(demo, ACCOUNTS.c.is_guest.is_(False))

    async def check(self) -> None:
        """Have the database look at its accounts, at one at most; DependencyUnavailable if it does not."""
        await self._database.check_file()
        try:
            async with self._database.connect() as connection:
                await connection.execute(select(literal(1)).select_from(ACCOUNTS).limit(1))
        except (DatabaseUnavailable, SQLAlchemyError) as error:
            raise DependencyUnavailable(str(error.__cause__ or error).partition("\n")[0]) from error

    async def check_free(self, username: str) -> None:
        """Raise AccountExists if a name is taken, in whatever case, or SimilarAccountExists if one like it is."""
        key = username_key(username)
        like_it = or_(ACCOUNTS.c.username_key == key, ACCOUNTS.c.skeleton == skeleton(username))
        async with self._database.connect() as connection:
            keys = (await connection.execute(select(ACCOUNTS.c.username_key).where(like_it))).scalars().all()
        if keys:
            raise AccountExists if key in keys else SimilarAccountExists

    async def add(self, username: str, password_hash: str, *, is_demo: bool = False) -> Account:
        """Make an account; AccountExists as `check_free` raises it, or AccountNotStored."""
        account = Account(uuid.uuid4().hex, username, password_hash, is_demo)
        row = {
            "id": account.id,
            **name_columns(username),
            "password_hash": password_hash,
            "is_demo": is_demo,
            "created_at": int(time.time()),
        }
        try:
            async with self._database.begin() as connection:
                await connection.execute(insert(ACCOUNTS).values(row))
        except IntegrityError as error:
            await self.check_free(username)
            raise AccountExists from error
        except DatabaseUnavailable as error:
            raise AccountNotStored from error
        return account

    async def replace_hash(self, account: Account, password_hash: str) -> Account:
        """Give an account another hash of its password; it stays as it is if it has another password by now."""
        statement = (
            update(ACCOUNTS)
            .where(ACCOUNTS.c.id == account.id, ACCOUNTS.c.password_hash == account.password_hash)
            .values(password_hash=password_hash)
        )
        async with self._database.begin() as connection:
            was_replaced = (await connection.execute(statement)).rowcount
        return replace(account, password_hash=password_hash) if was_replaced else account

    async def hash_heads(self) -> list[str]:
        """Return how hashes begin, each beginning once: their kind and their cost stand there."""
        heads = select(func.substr(ACCOUNTS.c.password_hash, 1, HEAD_CHARACTERS)).distinct()
        async with self._database.connect() as connection:
            return list((await connection.execute(heads)).scalars())

    async def by_name(self, username: str) -> Account | None:
        """Return the account of a name, in whatever case; none for a guest's, who has no password to log in with."""
        return await self._one(and_(ACCOUNTS.c.username_key == username_key(username), ACCOUNTS.c.is_guest.is_(False)))

    async def _one(self, condition: Any) -> Account | None:
        query = select(*ACCOUNT_COLUMNS).where(condition, self.are_seen)
        async with self._database.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else Account(*row)
