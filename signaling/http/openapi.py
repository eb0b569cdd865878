"""Answers `GET /openapi.json`, in development mode only: what is answered over HTTP, for tools that try everything.

The shapes are those that `protocol` declares, so they are said once; what an address is for is a row of the table.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from http import HTTPStatus
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from protocol.codec import wire_name
from protocol.codes import ErrorCode
from protocol.fields import Items, Range, Text
from protocol.http import (
    DELETE_ACCOUNT_PATH,
    END_LOGIN_PATH,
    END_OTHER_LOGINS_PATH,
    GUEST_ACCOUNT_PATH,
    GUESTS_PATH,
    HEALTH_PATH,
    ICE_SERVERS_PATH,
    INVITATION_PATH,
    INVITATIONS_PATH,
    LOGIN_PATH,
    LOGINS_PATH,
    LOGOUT_PATH,
    PASSWORD_PATH,
    REFRESH_PATH,
    REGISTER_PATH,
    REVOKE_INVITATION_PATH,
    ROOM_PATH_PREFIX,
    SETTINGS_PATH,
    Credentials,
    EndLogin,
    Farewell,
    IceServers,
    Invitation,
    InvitationDetails,
    Invite,
    ListedInvitations,
    ListedLogins,
    Login,
    MarkedCredentials,
    NewGuest,
    NewPassword,
    RevokeInvitation,
    ShownInvitation,
)
from signaling.http.metrics_endpoint import METRICS_PATH
from signaling.http.readiness_endpoint import READY_PATH
from signaling.http.requests import JSON_MEDIA_TYPE
from signaling.http.responses import NO_STORE
from signaling.http.security_txt import SECURITY_TXT_PATH

OPENAPI_PATH = "/openapi.json"
OPENAPI_VERSION = "3.1.0"
"""The first whose schemas are those of JSON Schema, where a type may be null."""
PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
"""Of a route's path, as Starlette writes it."""
CHARACTER = re.compile(r"\\u[0-9a-f]{4}|\\U[0-9a-f]{8}")
"""Beyond ASCII, as `protocol` writes one in a pattern."""
ANY_SHAPE: dict[str, Any] = {}
ERROR = {
    "type": "object",
    "required": ["error"],
    "additionalProperties": False,
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "additionalProperties": False,
            "properties": {
                "code": {"enum": [code.value for code in ErrorCode]},
                "message": {"type": "string"},
                "retry_after": {"type": "integer", "minimum": 0},
                "request_id": {"type": "string"},
            },
        }
    },
}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """What one method of one address is for."""

    summary: str
    takes: type[Any] | None = None
    """The body, if there is one."""
    gives: type[Any] | None = None
    """The body of the answer; None where it is no declared shape."""
    status: HTTPStatus = HTTPStatus.OK
    others: tuple[HTTPStatus, ...] = ()
    """With which it may be answered too, and then with more than an error."""
    needs_token: bool = False
    media_type: str | None = JSON_MEDIA_TYPE
    """Of the answer; None where there is nothing in it."""


PAGE, FILE = "text/html", "*/*"
OPERATIONS = {
    ("POST", REGISTER_PATH): Operation("Make an account, and log in to it.", Credentials, Login, HTTPStatus.CREATED),
    ("POST", LOGIN_PATH): Operation("Exchange a name and a password for a token.", MarkedCredentials, Login),
    ("POST", REFRESH_PATH): Operation("Exchange a good token for a fresh one.", gives=Login, needs_token=True),
    ("POST", LOGOUT_PATH): Operation(
        "End the login that asks.", status=HTTPStatus.NO_CONTENT, media_type=None, needs_token=True
    ),
    ("GET", LOGINS_PATH): Operation("Where the account is logged in.", gives=ListedLogins, needs_token=True),
    ("POST", END_LOGIN_PATH): Operation(
        "End one login of the account.", EndLogin, status=HTTPStatus.NO_CONTENT, media_type=None, needs_token=True
    ),
    ("POST", END_OTHER_LOGINS_PATH): Operation(
        "End all logins of the account but the one that asks.", gives=Login, needs_token=True
    ),
    ("POST", PASSWORD_PATH): Operation("Give the account another password.", NewPassword, Login, needs_token=True),
    ("POST", DELETE_ACCOUNT_PATH): Operation(
        "Delete the account.", Farewell, status=HTTPStatus.NO_CONTENT, media_type=None, needs_token=True
    ),
    ("POST", INVITATIONS_PATH): Operation(
        "Invite guests to a room.", Invite, Invitation, HTTPStatus.CREATED, needs_token=True
    ),
    ("GET", INVITATIONS_PATH): Operation("The account's invitations.", gives=ListedInvitations, needs_token=True),
    ("POST", REVOKE_INVITATION_PATH): Operation(
        "End an invitation, and its guests if that is asked for.",
        RevokeInvitation,
        status=HTTPStatus.NO_CONTENT,
        media_type=None,
        needs_token=True,
    ),
    ("POST", INVITATION_PATH): Operation("Who invites, and to which room.", ShownInvitation, InvitationDetails),
    ("POST", GUESTS_PATH): Operation("Come as a guest.", NewGuest, Login, HTTPStatus.CREATED),
    ("POST", GUEST_ACCOUNT_PATH): Operation(
        "Make an account of a guest.", Credentials, Login, HTTPStatus.CREATED, needs_token=True
    ),
    ("GET", ICE_SERVERS_PATH): Operation("Fresh TURN credentials.", gives=IceServers, needs_token=True),
    ("GET", HEALTH_PATH): Operation("Whether the process is alive, and takes pages of the origin that asks."),
    ("GET", READY_PATH): Operation("Whether the server can serve.", others=(HTTPStatus.SERVICE_UNAVAILABLE,)),
    ("GET", METRICS_PATH): Operation("What is counted, for Prometheus.", media_type=FILE),
    ("GET", OPENAPI_PATH): Operation("This document."),
    ("GET", "/"): Operation("The page.", media_type=PAGE),
    ("GET", ROOM_PATH_PREFIX + "{room}"): Operation(
        "The page, in a room.", others=(HTTPStatus.NOT_FOUND,), media_type=PAGE
    ),
    ("GET", SETTINGS_PATH): Operation("The page, where somebody says how they like it to be.", media_type=PAGE),
    ("GET", "/service-worker.js"): Operation("What keeps a release in the browser.", media_type=FILE),
    ("GET", "/manifest.webmanifest"): Operation("How the page is installed.", media_type=FILE),
    ("GET", "/share"): Operation("Where the page is.", status=HTTPStatus.SEE_OTHER, media_type=None),
    ("POST", "/share"): Operation("Where the page is.", status=HTTPStatus.SEE_OTHER, media_type=None),
    ("GET", "/assets/{digest}/{name}"): Operation("A file of the page.", media_type=FILE),
    ("GET", "/pyodide/{version}/{name}"): Operation("A file of the runtime.", media_type=FILE),
    ("GET", "/favicon.ico"): Operation("Where the icon is.", status=HTTPStatus.TEMPORARY_REDIRECT, media_type=None),
    ("GET", "/robots.txt"): Operation("What a search engine is asked to leave alone.", media_type=FILE),
    ("GET", SECURITY_TXT_PATH): Operation("Whom to tell of a hole.", media_type=FILE),
}
"""By method and address. `HEAD` goes with `GET`, and the WebSocket is no matter of OpenAPI's (docs/protocol.md)."""


class OpenApi:
    """The endpoint that describes the routes beside it."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._routes = tuple(routes)

    async def serve(self, _request: Request) -> Response:
        """`GET /openapi.json`."""
        return JSONResponse(document([*self._routes, Route(OPENAPI_PATH, self.serve)]), headers=NO_STORE)


def document(routes: Iterable[BaseRoute]) -> Json:
    """Return the description of routes; a KeyError names the one that has no row in the table."""
    paths: dict[str, Json] = {}
    for method, path in operations_of(routes):
        paths.setdefault(path, {})[method.lower()] = _operation(path, OPERATIONS[method, path])
    schemes = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    about = {"title": "P2P Chat", "version": "1", "description": "What pages ask over HTTP; see docs/protocol.md."}
    return {"openapi": OPENAPI_VERSION, "info": about, "paths": paths, "components": {"securitySchemes": schemes}}


def operations_of(routes: Iterable[BaseRoute]) -> list[tuple[str, str]]:
    """Return the methods and addresses of HTTP routes."""
    return [
        (method, PARAMETER.sub(r"{\1}", route.path))
        for route in routes
        if isinstance(route, Route)
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]


def _operation(path: str, operation: Operation) -> Json:
    described: Json = {
        "summary": operation.summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in PARAMETER.findall(path)
        ],
        "responses": _responses(operation),
    }
    if operation.takes is not None:
        shape = schema(operation.takes)
        described["requestBody"] = {"required": True, "content": {JSON_MEDIA_TYPE: {"schema": shape}}}
    if operation.needs_token:
        described["security"] = [{"token": []}]
    return described


def _responses(operation: Operation) -> Json:
    """Whatever is asked, the answer is what is given, or an error in its one shape; and never a failure of ours."""
    shape = ANY_SHAPE if operation.gives is None else schema(operation.gives)
    given: Json = {"description": "What was asked for."}
    if operation.media_type is not None:
        given["content"] = {operation.media_type: {"schema": shape}}
    refused: Json = {"description": "Why not.", "content": {JSON_MEDIA_TYPE: {"schema": ERROR}}}
    responses: Json = {"4XX": refused, str(HTTPStatus.SERVICE_UNAVAILABLE.value): refused}
    responses[str(operation.status.value)] = given
    for status in operation.others:
        responses[str(status.value)] = given | {"content": refused["content"] | given["content"]}
    return responses


def schema(annotation: Any) -> Json:
    """Return the JSON Schema of what the codec takes for an annotation; it has no fields that are not declared."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if is_dataclass(annotation):
        return _object(annotation)
    if origin is Annotated:
        return schema(arguments[0]) | _bounds(arguments[1])
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [schema(part) for part in arguments]}
    if origin is tuple:
        return {"type": "array", "items": schema(arguments[0])}
    return {"type": _SCALARS[annotation]}


def _object(cls: Any) -> Json:
    hints = get_type_hints(cls, include_extras=True)
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [wire_name(field) for field in fields(cls) if field.default is MISSING],
        "properties": {wire_name(field): schema(hints[field.name]) for field in fields(cls)},
    }


def _bounds(bound: Text | Range | Items) -> Json:
    match bound:
        case Text(max_bytes, pattern):
            # Bytes of UTF-8, of which a character is one at least.
            return {"maxLength": max_bytes} | ({"pattern": f"^(?:{_portable(pattern)})$"} if pattern else {})
        case Range(least, most):
            return {"minimum": least, "maximum": most}
        case Items(least, most):
            return {"minItems": least, "maxItems": most}


def _portable(pattern: str) -> str:
    """Return a regular expression with its characters in place of Python's escapes for them, which JavaScript lacks."""
    return CHARACTER.sub(lambda escape: chr(int(escape[0][2:], 16)), pattern)


_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean", types.NoneType: "null"}
