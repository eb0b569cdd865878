"""Writes what the endpoints of accounts and guests answer, and reads what they know of a browser."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from protocol.http import LOGIN, Login
from signaling.accounts.access_tokens import AccessToken
from signaling.accounts.device_labels import device_label
from signaling.accounts.store import Account
from signaling.http.requests import JSON_MEDIA_TYPE
from signaling.http.responses import NO_STORE


def device_of(request: Request) -> str:
    """Return what a browser calls itself, in a few words."""
    return device_label(request.headers.get("user-agent", ""))


def login_response(
    account: Account, token: AccessToken, device_mark: str | None = None, status: HTTPStatus = HTTPStatus.OK
) -> Response:
    """Return the answer that hands over a login."""
    # A page cannot tell by its own clock how long that is, since it may be wrong (RFC 6749 §5.1 names the field).
    name, room, formerly = account.username, account.room, account.formerly
    body = Login(token.text, name, token.expires_at, device_mark, token.life, room, formerly)
    return json_response(LOGIN.encode(body), status)


def json_response(text: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Return an answer in JSON, which nobody on the way keeps."""
    return Response(text, status, NO_STORE, JSON_MEDIA_TYPE)
