"""Awaits registrations, logins and renewals over HTTP: what ends in a token."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from protocol.http import CREDENTIALS, LOGIN, MARKED_CREDENTIALS, Login
from signaling.accounts.authenticator import Authenticator
from signaling.accounts.store import Account
from signaling.client_addresses import host_of
from signaling.http.requests import JSON_MEDIA_TYPE, bearer_token, read_body
from signaling.http.responses import NO_STORE
from signaling.monitoring.logs import log
from signaling.rate_limits.rate_limit import RateLimit


@dataclass(frozen=True, slots=True)
class AccountApi:
    """The endpoints that end in a token."""

    authenticator: Authenticator
    refresh_limit: RateLimit

    async def register(self, request: Request) -> Response:
        """`POST /api/register`: make an account and log in to it."""
        asked = await read_body(request, CREDENTIALS)
        logged_in = await self.authenticator.register(asked.username, asked.password, host_of(request.scope))
        log("registered", account=logged_in.account.username, address=host_of(request.scope))
        return self._login(logged_in.account, logged_in.device_mark, HTTPStatus.CREATED)

    async def log_in(self, request: Request) -> Response:
        """`POST /api/login`: exchange a name and a password for a token."""
        asked = await read_body(request, MARKED_CREDENTIALS)
        host = host_of(request.scope)
        logged_in = await self.authenticator.log_in(asked.username, asked.password, host, asked.device_marks)
        log("logged_in", account=logged_in.account.username, address=host)
        return self._login(logged_in.account, logged_in.device_mark)

    async def refresh(self, request: Request) -> Response:
        """`POST /api/refresh`: exchange a good token for a fresh one."""
        account = await self.authenticator.account_of(bearer_token(request))
        await self.refresh_limit.spend(account.id)
        return self._login(account)

    def _login(self, account: Account, device_mark: str | None = None, status: HTTPStatus = HTTPStatus.OK) -> Response:
        token = self.authenticator.token_for(account)
        # A page cannot tell by its own clock how long that is, since it may be wrong (RFC 6749 §5.1 names the field).
        body = LOGIN.encode(Login(token.text, account.username, token.expires_at, device_mark, token.life))
        return Response(body, status, NO_STORE, JSON_MEDIA_TYPE)
