"""Awaits what is asked over HTTP about accounts and their logins, most of which ends in a token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from protocol.http import (
    CREDENTIALS,
    END_LOGIN,
    FAREWELL,
    LISTED_LOGINS,
    MARKED_CREDENTIALS,
    NEW_PASSWORD,
    ListedLogin,
    ListedLogins,
)
from signaling.accounts.access_tokens import Proof
from signaling.accounts.answers import device_of, json_response, login_response
from signaling.accounts.authenticator import Authenticator
from signaling.accounts.store import Account
from signaling.client_addresses import host_of
from signaling.errors import NotForGuests, ReusedToken, UnknownLogin
from signaling.http.requests import bearer_token, read_body
from signaling.http.responses import NO_STORE
from signaling.monitoring.logs import log
from signaling.rate_limits.rate_limit import RateLimit


@dataclass(frozen=True, slots=True)
class AccountApi:
    """The endpoints of accounts and logins."""

    authenticator: Authenticator
    refresh_limit: RateLimit
    account_limit: RateLimit
    """On all that concerns a login that there is, but for its renewal."""
    logins_changed: Callable[[str], None]
    """Told of an account of which a login has ended, or which has been deleted."""

    async def register(self, request: Request) -> Response:
        """`POST /api/register`: make an account and log in to it."""
        asked = await read_body(request, CREDENTIALS)
        logged_in = await self.authenticator.register(asked.username, asked.password, host_of(request.scope))
        log("registered", account=logged_in.account.username, address=host_of(request.scope))
        token = await self.authenticator.logins.begin(logged_in.account, device_of(request))
        return login_response(logged_in.account, token, logged_in.device_mark, HTTPStatus.CREATED)

    async def log_in(self, request: Request) -> Response:
        """`POST /api/login`: exchange a name and a password for a token."""
        asked = await read_body(request, MARKED_CREDENTIALS)
        host = host_of(request.scope)
        logged_in = await self.authenticator.log_in(asked.username, asked.password, host, asked.device_marks)
        log("logged_in", account=logged_in.account.username, address=host)
        token = await self.authenticator.logins.begin(logged_in.account, device_of(request))
        return login_response(logged_in.account, token, logged_in.device_mark)

    async def refresh(self, request: Request) -> Response:
        """`POST /api/refresh`: exchange a good token for the next one of its login."""
        account, proof = await self.authenticator.logins.proven(bearer_token(request))
        await self.refresh_limit.spend(account.id)
        try:
            token = await self.authenticator.logins.renew(account, proof, device_of(request))
        except ReusedToken:
            self.logins_changed(account.id)
            raise
        return login_response(account, token)

    async def change_password(self, request: Request) -> Response:
        """`POST /api/password`: give the account another password, and end all its other logins."""
        account, proof = await self._asked_by_member(request)
        asked = await read_body(request, NEW_PASSWORD)
        host = host_of(request.scope)
        confirmed = await self.authenticator.confirm(account, asked.password, host, asked.device_marks)
        try:
            logged_in, token = await self.authenticator.change_password(
                confirmed, proof, asked.new_password, host, device_of(request)
            )
        finally:
            self.logins_changed(account.id)
        log("password_changed", account=account.username, address=host)
        return login_response(logged_in.account, token, logged_in.device_mark)

    async def delete_account(self, request: Request) -> Response:
        """`POST /api/delete-account`: delete the account, all that is kept of it, and the guests whom it invited."""
        account, _ = await self._asked_by_member(request)
        asked = await read_body(request, FAREWELL)
        host = host_of(request.scope)
        await self.authenticator.confirm(account, asked.password, host, asked.device_marks)
        for ended in await self.authenticator.logins.delete_account(account.id):
            self.logins_changed(ended)
        log("account_deleted", account=account.username, address=host)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=NO_STORE)

    async def list_logins(self, request: Request) -> Response:
        """`GET /api/logins`: where the account is logged in."""
        account, proof = await self._asked_by(request)
        logins = await self.authenticator.logins.of(account.id)
        listed = (
            ListedLogin(login.id, login.device, login.created_at, login.last_used_at, login.id == proof.login_id)
            for login in logins
        )
        return json_response(LISTED_LOGINS.encode(ListedLogins(tuple(listed))))

    async def log_out(self, request: Request) -> Response:
        """`POST /api/logout`: end the login that asks, and of a guest all that is kept."""
        account, proof = await self._asked_by(request)
        if account.is_guest:  # nobody can be them again
            await self.authenticator.logins.delete_guest(account.id)
        else:
            await self.authenticator.logins.end(account.id, proof.login_id)
        self.logins_changed(account.id)
        log("logged_out", account=account.username, address=host_of(request.scope))
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=NO_STORE)

    async def end_login(self, request: Request) -> Response:
        """`POST /api/logins/end`: end one of the account's logins."""
        account, _ = await self._asked_by(request)
        asked = await read_body(request, END_LOGIN)
        if not await self.authenticator.logins.end(account.id, asked.id):
            raise UnknownLogin
        self.logins_changed(account.id)
        log("login_ended", account=account.username, address=host_of(request.scope))
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=NO_STORE)

    async def end_other_logins(self, request: Request) -> Response:
        """`POST /api/logins/end-others`: end all of the account's logins but the one that asks."""
        account, proof = await self._asked_by(request)
        try:
            account, token = await self.authenticator.logins.end_others(account, proof, device_of(request))
        finally:
            self.logins_changed(account.id)
        log("other_logins_ended", account=account.username, address=host_of(request.scope))
        return login_response(account, token)

    async def _asked_by(self, request: Request) -> tuple[Account, Proof]:
        account, proof = await self.authenticator.logins.proven(bearer_token(request))
        await self.account_limit.spend(account.id)
        return account, proof

    async def _asked_by_member(self, request: Request) -> tuple[Account, Proof]:
        account, proof = await self._asked_by(request)
        if account.is_guest:
            raise NotForGuests
        return account, proof
