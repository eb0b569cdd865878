"""Awaits the checks of names and passwords: making an account, logging in, and what a password is asked for again."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass

from protocol.fields import ACCOUNT_USERNAME
from protocol.passwords import password_fault
from protocol.usernames import MAX_USERNAME_CHARACTERS, username_fault, username_form, username_key
from signaling.accounts.access_tokens import AccessToken, Proof
from signaling.accounts.device_marks import DeviceMark, DeviceMarks
from signaling.accounts.login_limits import Caller, LoginLimits
from signaling.accounts.logins import Logins
from signaling.accounts.passwords import Comparison, Passwords
from signaling.accounts.reserved_usernames import is_reserved
from signaling.accounts.store import Account, Accounts
from signaling.client_addresses import address_key, is_loopback, network_key
from signaling.errors import (
    AccountExists,
    AuthenticationError,
    DatabaseUnavailable,
    InvalidCredentials,
    InvalidPassword,
    InvalidUsername,
    ReservedUsername,
)
from signaling.rate_limits.fair_queue import Share
from signaling.rate_limits.rate_limit import RateLimit

DEMO_PASSWORDS = {"test": "test", "demo": "demo"}
"""Of the demo accounts, by username: two, so that two people can talk. Everyone knows them, so they open a server in
development mode alone, and from its own machine."""
STORE_SECONDS = 1.0
"""For a hash to be replaced by one of today's: a login with the right password is not to wait for that."""
DEVICE_ID_BYTES = 8
"""Sixty-four bits: devices are told apart only among those of one account."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Someone who has shown that they know the password of an account."""

    account: Account
    device_mark: str
    """For their browser to show when they log in again."""


@dataclass(frozen=True, slots=True)
class ProvenAccount:
    """Which account a token proves, and until when, and by which login."""

    account: Account
    expires_at: int
    """Unix seconds."""
    login_id: str = ""
    version: int = 0
    """The account's `token_version` when the token was issued."""


@dataclass(frozen=True, slots=True)
class Authenticator:
    """The door to the accounts."""

    accounts: Accounts
    passwords: Passwords
    logins: Logins
    marks: DeviceMarks
    login_limits: LoginLimits
    registration_limit: RateLimit

    async def register(self, username: str, password: str, host: str | None) -> LoggedIn:
        """Make an account for someone at `host`; a Refusal if it cannot be had."""
        name, password_hash = await self._new_credentials(username, password, host)
        return self._logged_in(await self.accounts.add(name, password_hash), None)

    async def make_account(
        self, guest: Account, proof: Proof, username: str, password: str, host: str | None, device: str
    ) -> tuple[LoggedIn, AccessToken]:
        """Make an account of a guest; refusals as for a new one. Their login goes on as one of the account."""
        name, password_hash = await self._new_credentials(username, password, host)
        account, token = await self.logins.make_account(guest, proof, device, name, password_hash)
        return self._logged_in(account, None), token

    async def _new_credentials(self, username: str, password: str, host: str | None) -> tuple[str, str]:
        """Return the form of a new name, and the hash of a new password; a Refusal if they cannot be had."""
        name = new_name(username)
        if fault := password_fault(password):
            raise InvalidPassword(fault)
        # That a name is taken has to be said; how many one can ask about is bounded (docs/security.md).
        await self.registration_limit.spend(address_key(host))
        await self.accounts.check_free(name)
        async with self.passwords.turn(_strangers_share(host)):
            return name, await self.passwords.hash(password)

    async def log_in(
        self, username: str, password: str, host: str | None, device_marks: Sequence[str] = ()
    ) -> LoggedIn:
        """Admit a person by name and password; InvalidCredentials, or RateLimited after too many tries.

        `device_marks` are those that the browser holds, whichever accounts they are of.
        """
        # What cannot be a name is counted as one name: made-up ones must not fill the memory.
        name = username_key(username) if ACCOUNT_USERNAME.admits(username_form(username)) else ""
        mark = self._mark_of(name, device_marks)
        address = address_key(host)
        caller = Caller(address, mark.device_id, mark.account_tag) if mark else Caller(address)
        await self.login_limits.admit_attempt(name, caller)
        # The database is asked before the turn, or everyone would wait while it does not answer; and not at all for
        # those who would be sent away after it.
        self.passwords.check_room(_share(name, mark, host))
        account = await self.accounts.by_name(name)
        if mark is not None and not self._is_current(mark, account):
            mark, caller = None, Caller(address)
            await self.login_limits.admit_attempt(name, caller)
        async with self.passwords.turn(_share(name, mark, host)):
            # Looked at when the turn has come: of many tries at once, the later ones know how the earlier ones failed.
            await self.login_limits.check_failures(name, caller)
            # In this order: an unknown name takes its time too.
            found = await self.passwords.compare(password, _hash_for(account, host))
            if found is Comparison.WRONG or account is None:
                await self.login_limits.count_failure(name, caller)
                raise InvalidCredentials
            fresh_hash = await self.passwords.hash(password) if found is Comparison.OUTDATED else None
        if fresh_hash is not None:
            account = await self._with_hash(account, fresh_hash)
        await self.login_limits.remember_success(name, caller)
        return self._logged_in(account, mark)

    async def confirm(
        self, account: Account, password: str, host: str | None, device_marks: Sequence[str] = ()
    ) -> LoggedIn:
        """Let someone who is logged in show the password again; it is as hard to guess here as at a login."""
        logged_in = await self.log_in(account.username, password, host, device_marks)
        if logged_in.account.id != account.id:  # it was deleted, and the name registered again
            raise AuthenticationError
        return logged_in

    async def change_password(
        self, confirmed: LoggedIn, proof: Proof, password: str, host: str | None, device: str
    ) -> tuple[LoggedIn, AccessToken]:
        """Give an account another password, and end its other logins."""
        if fault := password_fault(password):
            raise InvalidPassword(fault)
        async with self.passwords.turn(_strangers_share(host)):
            password_hash = await self.passwords.hash(password)
        account, token = await self.logins.end_others(confirmed.account, proof, device, password_hash)
        name, device_id = username_key(account.username), confirmed.device_mark.partition(".")[0]
        mark = self.marks.issue(name, account.id, account.password_hash, device_id, time.time())
        return LoggedIn(account, mark), token

    async def account_of(self, token: str) -> Account:
        """Return the account that a token proves; AuthenticationError if it proves none that exists."""
        account, _ = await self.logins.proven(token)
        return account

    async def proof_of(self, token: str) -> ProvenAccount:
        """Return which account a token proves, and until when; AuthenticationError if it proves none that exists."""
        account, proof = await self.logins.proven(token)
        return ProvenAccount(account, proof.expires_at, proof.login_id, proof.version)

    async def open(self) -> None:
        """Look at what passwords have cost so far. The accounts are open."""
        self.passwords.expect(await self.accounts.hash_heads())

    async def seed_demo(self) -> list[str]:
        """Make the demo accounts that are missing; return the names that someone has registered instead."""
        return [name for name, password in DEMO_PASSWORDS.items() if not await self._seed(name, password)]

    async def _seed(self, username: str, password: str) -> bool:
        if await self.accounts.by_name(username) is None:
            password_hash = await self.passwords.hash(password)
            with contextlib.suppress(AccountExists):  # by another server that starts on the same data
                await self.accounts.add(username, password_hash, is_demo=True)
        account = await self.accounts.by_name(username)
        return account is not None and account.is_demo

    def _mark_of(self, name: str, texts: Sequence[str]) -> DeviceMark | None:
        now = time.time()
        return next((mark for text in texts if (mark := self.marks.read(text, name, now)) is not None), None)

    def _is_current(self, mark: DeviceMark, account: Account | None) -> bool:
        return account is not None and self.marks.is_for(mark, account.id, account.password_hash)

    def _logged_in(self, account: Account, mark: DeviceMark | None) -> LoggedIn:
        device_id = mark.device_id if mark else secrets.token_hex(DEVICE_ID_BYTES)
        name = username_key(account.username)
        return LoggedIn(account, self.marks.issue(name, account.id, account.password_hash, device_id, time.time()))

    async def _with_hash(self, account: Account, password_hash: str) -> Account:
        """Store the hash that the password of an account has today; the next login tries again where that fails."""
        try:
            async with asyncio.timeout(STORE_SECONDS):
                return await self.accounts.replace_hash(account, password_hash)
        except (DatabaseUnavailable, TimeoutError):
            return account


def new_name(typed: str, most: int = MAX_USERNAME_CHARACTERS) -> str:
    """Return the form of a name that someone wants to have; InvalidUsername or ReservedUsername if nobody may."""
    name = username_form(typed)
    if fault := username_fault(name, most):
        raise InvalidUsername(fault, most)
    if is_reserved(name):
        raise ReservedUsername
    return name


def _hash_for(account: Account | None, host: str | None) -> str | None:
    """Return what a password is compared with; None where nobody gets in by any."""
    # A proxy can publish a development server by mistake; its visitors do not get in with a password that all know.
    is_open = account is not None and (not account.is_demo or is_loopback(host or ""))
    return account.password_hash if account is not None and is_open else None


def _share(name: str, mark: DeviceMark | None, host: str | None) -> Share:
    return ("device", name, mark.device_id) if mark else _strangers_share(host)


def _strangers_share(host: str | None) -> Share:
    return "stranger", network_key(host), address_key(host)
