"""Awaits the checks between a name with a password and a token: making an account, logging in, staying logged in."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from protocol.fields import USERNAME, password_fault, username_fault
from signaling.access_tokens import AccessToken, AccessTokens
from signaling.accounts import Account, Accounts, username_key
from signaling.errors import AccountExists, AuthenticationError, InvalidCredentials, InvalidPassword, InvalidUsername
from signaling.passwords import Passwords
from signaling.rate_limits import LoginLimits, RateLimit, address_key
from signaling.settings import is_loopback

DEMO_USERNAME = "test"
DEMO_PASSWORD = "test"  # noqa: S105 - known to everyone; it opens a server in development mode, from its own machine


@dataclass(frozen=True, slots=True)
class Admission:
    """The door to the accounts."""

    accounts: Accounts
    passwords: Passwords
    tokens: AccessTokens
    login_limits: LoginLimits
    registration_limit: RateLimit

    async def register(self, username: str, password: str, host: str | None) -> Account:
        """Make an account for someone at `host`; a Refusal if it cannot be had."""
        if fault := username_fault(username):
            raise InvalidUsername(fault)
        if fault := password_fault(password):
            raise InvalidPassword(fault)
        await self.registration_limit.spend(address_key(host))
        if await self.accounts.by_name(username) is not None:
            raise AccountExists
        async with self.passwords.turn():
            password_hash = await self.passwords.hash(password)
        return await self.accounts.add(username, password_hash)

    async def log_in(self, username: str, password: str, host: str | None) -> Account:
        """Give the account of a name and a password; InvalidCredentials, or RateLimited after too many tries."""
        address = address_key(host)
        # What cannot be a name is counted as one name: made-up ones must not fill the memory.
        name = username_key(username) if USERNAME.admits(username) else ""
        await self.login_limits.admit_attempt(address)
        async with self.passwords.turn():
            # Looked at when the turn has come: of many tries at once, the later ones know how the earlier ones failed.
            await self.login_limits.check_failures(name, address)
            account = await self._matching(name, password, host)
            if account is None:
                await self.login_limits.count_failure(name, address)
                raise InvalidCredentials
        await self.login_limits.remember_success(name, address)
        return account

    async def account_of(self, token: str) -> Account:
        """Give the account that a token proves; AuthenticationError if it proves none that exists."""
        account = await self.accounts.by_id(self.tokens.account_id(token))
        if account is None:
            raise AuthenticationError
        return account

    def token_for(self, account: Account) -> AccessToken:
        """Make the token of someone who has been let in."""
        return self.tokens.issue(account.id)

    async def seed_demo(self) -> bool:
        """Make the demo account unless the name is taken; tell whether there is one."""
        if await self.accounts.by_name(DEMO_USERNAME) is None:
            password_hash = await self.passwords.hash(DEMO_PASSWORD)
            with contextlib.suppress(AccountExists):  # by another server that starts on the same data
                await self.accounts.add(DEMO_USERNAME, password_hash, is_demo=True)
        account = await self.accounts.by_name(DEMO_USERNAME)
        return account is not None and account.is_demo

    async def _matching(self, name: str, password: str, host: str | None) -> Account | None:
        account = await self.accounts.by_name(name)
        matches = await self.passwords.matches(password, account.password_hash if account else None)
        # A proxy can publish a development server by mistake; its visitors do not get in with a password that all know.
        if account is not None and account.is_demo and not is_loopback(host or ""):
            return None
        return account if matches else None
