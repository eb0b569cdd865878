"""Awaits the HTTP API: reads its JSON bodies strictly, and answers in JSON."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from protocol.errors import MalformedMessage
from protocol.http import ICE_SERVERS, MAX_DEVICE_MARKS
from protocol.json_text import parse_json
from signaling.accounts.authenticator import Admission, Admitted
from signaling.accounts.store import Account
from signaling.client_addresses import host_of
from signaling.errors import MalformedBody, UnsupportedMedia
from signaling.http.responses import NO_STORE
from signaling.monitoring.logs import log
from signaling.origins import is_allowed
from signaling.rate_limits.rate_limit import RateLimit
from signaling.sessions.ice_servers import IceServerList

JSON_MEDIA_TYPE = "application/json"
BEARER = "bearer "
ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
CREDENTIALS = frozenset({"username", "password"})
DEVICE_MARKS = "device_marks"


@dataclass(frozen=True, slots=True)
class AccountApi:
    """The endpoints that end in a token."""

    admission: Admission
    refresh_limit: RateLimit

    async def register(self, request: Request) -> Response:
        """`POST /api/register`: make an account and log in to it."""
        body = await _json_object(request)
        username, password = _credentials(body)
        admitted = await self.admission.register(username, password, host_of(request.scope))
        log("registered", account=admitted.account.username, address=host_of(request.scope))
        return self._login_response(admitted, HTTPStatus.CREATED)

    async def log_in(self, request: Request) -> Response:
        """`POST /api/login`: exchange a name and a password for a token."""
        body = await _json_object(request)
        marks = _device_marks(body.pop(DEVICE_MARKS, []))
        username, password = _credentials(body)
        admitted = await self.admission.log_in(username, password, host_of(request.scope), marks)
        log("logged_in", account=admitted.account.username, address=host_of(request.scope))
        return self._login_response(admitted)

    async def refresh(self, request: Request) -> Response:
        """`POST /api/refresh`: exchange a good token for a fresh one."""
        account = await self.admission.account_of(bearer_token(request))
        await self.refresh_limit.spend(account.id)
        return JSONResponse(self._login(account), headers=NO_STORE)

    def _login_response(self, admitted: Admitted, status: HTTPStatus = HTTPStatus.OK) -> Response:
        body = self._login(admitted.account) | {"device_mark": admitted.device_mark}
        return JSONResponse(body, status, headers=NO_STORE)

    def _login(self, account: Account) -> dict[str, str | int]:
        token = self.admission.token_for(account)
        return {"token": token.text, "username": account.username, "expires_at": token.expires_at}


@dataclass(frozen=True, slots=True)
class IceServersApi:
    """The endpoint of pages whose TURN credentials are about to end."""

    admission: Admission
    ice_servers: IceServerList
    limit: RateLimit

    async def give(self, request: Request) -> Response:
        """`GET /api/ice-servers`: fresh credentials, for whoever has a good token."""
        account = await self.admission.account_of(bearer_token(request))
        await self.limit.spend(account.id)
        servers = self.ice_servers.of(account.id, time.time())
        return JSONResponse(ICE_SERVERS.to_json(servers), headers=NO_STORE)


@dataclass(frozen=True, slots=True)
class Health:
    """The endpoint that says how the server does; pages of any origin may read it.

    A browser keeps every other answer from a page whose origin is not allowed, so that it could not tell a person why
    this server does not serve it.
    """

    allowed_origins: Collection[str]

    async def health(self, request: Request) -> Response:
        """`GET /healthz`: the process is alive and answers, and may be used by the page that asks, if one does."""
        body: dict[str, str | bool] = {"status": "ok"}
        origin = request.headers.get("origin")
        if origin is not None:
            body["origin_allowed"] = is_allowed(origin, request.headers.get("host", ""), self.allowed_origins)
        return JSONResponse(body, headers=NO_STORE | ANY_ORIGIN)


async def _json_object(request: Request) -> dict[str, object]:
    """Return the JSON object in a body; MalformedBody if it is none."""
    media_type = request.headers.get("content-type", "").partition(";")[0]
    if media_type.strip().lower() != JSON_MEDIA_TYPE:
        raise UnsupportedMedia
    try:
        body = parse_json((await request.body()).decode())  # RFC 8259 §8.1: UTF-8, and nothing else
    except UnicodeDecodeError as error:
        raise MalformedBody("it is not UTF-8") from error
    except MalformedMessage as error:
        raise MalformedBody(error.reason) from error
    if not isinstance(body, dict):
        raise MalformedBody("it is not an object")
    return body


def _credentials(body: dict[str, object]) -> tuple[str, str]:
    """Return the username and the password of a body; MalformedBody if it is not just that."""
    if body.keys() != CREDENTIALS:
        raise MalformedBody("it is not an object with a username and a password, and nothing else")
    username, password = body["username"], body["password"]
    if not isinstance(username, str) or not isinstance(password, str):
        raise MalformedBody("the username and the password are not both text")
    return username, password


def _device_marks(marks: object) -> list[str]:
    """Return the marks in a body, good ones or not; MalformedBody if they are not a few texts."""
    if not isinstance(marks, list) or len(marks) > MAX_DEVICE_MARKS:
        raise MalformedBody(f"the device marks are not a list of at most {MAX_DEVICE_MARKS}")
    texts = [mark for mark in marks if isinstance(mark, str)]
    if len(texts) < len(marks):
        raise MalformedBody("a device mark is not text")
    return texts


def bearer_token(request: Request) -> str:
    """Give the token of `Authorization: Bearer` (RFC 6750 §2.1), or nothing."""
    header = request.headers.get("authorization", "")
    return header[len(BEARER) :].strip() if header[: len(BEARER)].lower() == BEARER else ""
