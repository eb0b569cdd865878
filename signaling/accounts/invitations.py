"""Awaits the invitations of accounts, which stand in the database, and makes the guests who come by them.

A guest stands among the accounts, without a password: so the logins, connections and limits of guests are those of
everybody. An invitation itself is not stored, but its hash.
"""

from __future__ import annotations

import hashlib
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, get_args

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from protocol.fields import GUEST_SUFFIX_CHARACTERS, GUEST_SUFFIX_LENGTH, InvitationToken
from protocol.http import MAX_INVITATIONS
from protocol.usernames import guest_username, username_key
from signaling.accounts.logins import EXPIRED_SECONDS, delete_accounts
from signaling.accounts.store import Account
from signaling.errors import AuthenticationError, InvalidInvitation, TooManyInvitations, UnknownInvitation
from signaling.storage.database import Database
from signaling.storage.tables import ACCOUNTS, INVITATIONS, LOGINS

INVITATION_SECONDS = 7 * 86_400
"""A link in a mail is opened within days, and one that lies about for longer is one that somebody else finds."""
TOKEN_BYTES = 16
TOKEN = get_args(InvitationToken)[1]
NO_PASSWORD = ""
"""In place of a hash: no password has it."""
SWEEP_SECONDS = 3_600
"""Between two sweeps of a process: what they find is of no use to anybody, and only takes room."""
SUFFIXES_TRIED = 4
"""Of 387 million: that even the second one is taken is no chance."""
INVITATION_COLUMNS: tuple[Any, ...] = (
    INVITATIONS.c.id,
    INVITATIONS.c.account_id,
    INVITATIONS.c.room,
    INVITATIONS.c.places,
    INVITATIONS.c.guests,
    INVITATIONS.c.created_at,
    INVITATIONS.c.expires_at,
)
HAS_GUESTS = exists().where(ACCOUNTS.c.invitation_id == INVITATIONS.c.id, ACCOUNTS.c.is_guest)
"""The condition that somebody who came by an invitation is still a guest."""
HAS_INVITER = exists().where(ACCOUNTS.c.id == INVITATIONS.c.account_id)
"""The condition that who invites is there: in SQLite, the invitations of an account that a person has deleted stay."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """One invitation; moments in Unix seconds."""

    id: str
    account_id: str
    """Of who invites."""
    room: str
    places: int
    """How many guests may come by it."""
    guests: int
    """How many have."""
    created_at: int
    expires_at: int
    """When it ends, or was ended."""


class Invitations:
    """The invitations of this server. While the database is away, everything raises DatabaseUnavailable."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._swept_at = 0.0

    async def open(self) -> None:
        """Forget what has ended. The database is open, its tables up to date."""
        await self._sweep()

    async def make(self, account: Account, room: str, places: int) -> tuple[str, Invitation]:
        """Make an invitation, and return what a guest has to show; TooManyInvitations if there are enough.

        AuthenticationError if the account was deleted in this moment.
        """
        await self._sweep_if_due()
        now, token = int(self._clock()), secrets.token_urlsafe(TOKEN_BYTES)
        made = Invitation(uuid.uuid4().hex, account.id, room, places, 0, now, now + INVITATION_SECONDS)
        row = asdict(made) | {"token_hash": _hash(token)}
        async with self._database.begin() as connection:
            # Nothing is changed by it, but of those who ask at once, each waits to count what the one before has made.
            its_own = update(ACCOUNTS).where(ACCOUNTS.c.id == account.id).values(created_at=ACCOUNTS.c.created_at)
            if not (await connection.execute(its_own)).rowcount:
                raise AuthenticationError
            await connection.execute(insert(INVITATIONS).values(row))
            listed = select(func.count()).select_from(INVITATIONS).where(self._is_listed(account.id))
            if (await connection.execute(listed)).scalar_one() > MAX_INVITATIONS:
                raise TooManyInvitations(MAX_INVITATIONS)
        return token, made

    async def of(self, account_id: str) -> list[Invitation]:
        """Return an account's invitations that are valid, or have guests; the newest first."""
        query = select(*INVITATION_COLUMNS).where(self._is_listed(account_id))
        ordered = query.order_by(INVITATIONS.c.created_at.desc(), INVITATIONS.c.id).limit(MAX_INVITATIONS)
        async with self._database.connect() as connection:
            return [Invitation(*row) for row in await connection.execute(ordered)]

    async def find(self, token: str) -> Invitation:
        """Return the invitation that somebody shows; InvalidInvitation if it lets nobody in any more."""
        if not TOKEN.admits(token):
            raise InvalidInvitation
        query = select(*INVITATION_COLUMNS).where(INVITATIONS.c.token_hash == _hash(token), self._is_valid())
        async with self._database.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise InvalidInvitation
        return Invitation(*row)

    async def inviter_of(self, invitation: Invitation) -> str:
        """Return the name of who has made an invitation; InvalidInvitation if they are gone meanwhile."""
        query = select(ACCOUNTS.c.username).where(ACCOUNTS.c.id == invitation.account_id)
        async with self._database.connect() as connection:
            username: str | None = (await connection.execute(query)).scalar_one_or_none()
        if username is None:
            raise InvalidInvitation
        return username

    async def let_in(self, invitation: Invitation, name: str) -> Account:
        """Make a guest who comes by an invitation; InvalidInvitation if it has let in as many as it may meanwhile."""
        return await self._add_guest(name, invitation.room, invitation.id)

    async def let_in_uninvited(self, room: str, name: str) -> Account:
        """Make a guest who comes by none."""
        return await self._add_guest(name, room, None)

    async def revoke(self, account_id: str, invitation_id: str, *, with_guests: bool) -> list[str]:
        """End an invitation, and its guests if that is asked for; return the ids of those who have ended.

        UnknownInvitation if the account has made no such.
        """
        now = int(self._clock())
        ours = and_(INVITATIONS.c.id == invitation_id, INVITATIONS.c.account_id == account_id)
        ends = case((INVITATIONS.c.expires_at > now, now), else_=INVITATIONS.c.expires_at)
        async with self._database.begin() as connection:
            # Written before guests are looked for, so that nobody comes by it after that.
            found = await connection.execute(update(INVITATIONS).where(ours).values(expires_at=ends))
            if not found.rowcount:
                raise UnknownInvitation
            if not with_guests:
                return []
            guests = select(ACCOUNTS.c.id).where(ACCOUNTS.c.invitation_id == invitation_id, ACCOUNTS.c.is_guest)
            ids = (await connection.execute(guests)).scalars().all()
            await delete_accounts(connection, ids, ACCOUNTS.c.is_guest)
            await connection.execute(delete(INVITATIONS).where(ours))
        return list(ids)

    async def _add_guest(self, name: str, room: str, invitation_id: str | None) -> Account:
        await self._sweep_if_due()
        for _ in range(SUFFIXES_TRIED - 1):
            try:
                return await self._try_to_add(name, room, invitation_id)
            except IntegrityError:  # of this name and suffix there is one
                continue
        return await self._try_to_add(name, room, invitation_id)

    async def _try_to_add(self, name: str, room: str, invitation_id: str | None) -> Account:
        suffix = "".join(secrets.choice(GUEST_SUFFIX_CHARACTERS) for _ in range(GUEST_SUFFIX_LENGTH))
        username = guest_username(name, suffix)
        guest = Account(uuid.uuid4().hex, username, NO_PASSWORD, is_demo=False, is_guest=True, room=room)
        row = {
            "id": guest.id,
            "username": username,
            "username_key": username_key(username),
            "password_hash": NO_PASSWORD,
            "is_demo": False,
            "is_guest": True,
            "room": room,
            "invitation_id": invitation_id,
            "created_at": int(self._clock()),
        }
        async with self._database.begin() as connection:
            if invitation_id is not None:
                await self._count(connection, invitation_id)
            await connection.execute(insert(ACCOUNTS).values(row))
        return guest

    async def _count(self, connection: AsyncConnection, invitation_id: str) -> None:
        this_one = and_(INVITATIONS.c.id == invitation_id, self._is_valid())
        counted = await connection.execute(update(INVITATIONS).where(this_one).values(guests=INVITATIONS.c.guests + 1))
        if not counted.rowcount:
            raise InvalidInvitation

    def _is_valid(self) -> ColumnElement[bool]:
        is_open = and_(INVITATIONS.c.expires_at > int(self._clock()), INVITATIONS.c.guests < INVITATIONS.c.places)
        return and_(is_open, HAS_INVITER)

    def _is_listed(self, account_id: str) -> ColumnElement[bool]:
        return and_(INVITATIONS.c.account_id == account_id, or_(self._is_valid(), HAS_GUESTS))

    async def _sweep_if_due(self) -> None:
        if self._clock() - self._swept_at > SWEEP_SECONDS:
            await self._sweep()

    async def _sweep(self) -> None:
        """Forget guests whose login nobody has renewed, or whose inviter is gone, and invitations without any."""
        self._swept_at = now = self._clock()
        has_login = exists().where(LOGINS.c.account_id == ACCOUNTS.c.id)
        has_invitation = exists().where(INVITATIONS.c.id == ACCOUNTS.c.invitation_id)
        # One that has just been made gets its login in a moment.
        is_left = and_(ACCOUNTS.c.created_at <= now - EXPIRED_SECONDS, ~has_login)
        is_stray = and_(ACCOUNTS.c.invitation_id.is_not(None), ~has_invitation)
        strays = select(ACCOUNTS.c.id).where(ACCOUNTS.c.is_guest, is_stray)
        async with self._database.begin() as connection:
            await connection.execute(delete(INVITATIONS).where(~HAS_INVITER))
            await connection.execute(delete(LOGINS).where(LOGINS.c.expires_at <= now - EXPIRED_SECONDS))
            await connection.execute(delete(LOGINS).where(LOGINS.c.account_id.in_(strays)))
            await connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.is_guest, or_(is_left, is_stray)))
            await connection.execute(delete(INVITATIONS).where(~self._is_valid(), ~HAS_GUESTS))


def _hash(token: str) -> str:
    """Return what stands in the database for an invitation: of 128 random bits, nobody finds them by it."""
    return hashlib.sha256(token.encode()).hexdigest()
