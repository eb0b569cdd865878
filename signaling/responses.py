"""Shows refusals over HTTP, as JSON: {"error": {"code", "message", "retry_after"?}}."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from protocol.codes import ErrorCode
from signaling.errors import AuthenticationError, BodyTooBig, Refusal
from signaling.middleware.security_headers import security_headers

NO_STORE = {"Cache-Control": "no-store"}


def refusal_response(refusal: Refusal) -> Response:
    """Give the response to a request that is refused."""
    headers = {}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    if isinstance(refusal, AuthenticationError):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(refusal, BodyTooBig):
        headers["Connection"] = "close"  # the rest of the body would be read as the next request
    return error_response(refusal.status, refusal.code, str(refusal), refusal.retry_after, headers)


def error_response(
    status: int, code: ErrorCode, message: str, retry_after: int | None = None, headers: dict[str, str] | None = None
) -> Response:
    """Give an error in the one shape that errors have."""
    error: dict[str, Any] = {"code": code, "message": message}
    if retry_after is not None:
        error["retry_after"] = retry_after
    return JSONResponse({"error": error}, status, headers=NO_STORE | (headers or {}))


async def refused(_request: Request, error: Exception) -> Response:
    """Answer a request that one of our checks refused."""
    assert isinstance(error, Refusal)  # noqa: S101 - how Starlette's handlers are typed; the app's table says it
    return refusal_response(error)


async def not_routed(_request: Request, error: Exception) -> Response:
    """Answer the two things that Starlette itself refuses: an unknown address, and a method that an address lacks."""
    assert isinstance(error, HTTPException)  # noqa: S101 - likewise
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        message = "This address takes other methods."
        return error_response(error.status_code, ErrorCode.METHOD_NOT_ALLOWED, message, headers=headers)
    message = "There is nothing at this address."
    return error_response(error.status_code, ErrorCode.NOT_FOUND, message, headers=headers)


async def not_heard(_request: Request, _error: Exception) -> Response:
    """Answer a client that went away in the middle of its request: it will not hear, and it is not our failure."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


async def failed(_request: Request, _error: Exception) -> Response:
    """Answer a request on which we failed; what happened is for the log, not for a stranger."""
    message = "The server failed. Try again later."
    # Starlette answers failures outside of every middleware, so their headers have to be put on here.
    return error_response(HTTPStatus.INTERNAL_SERVER_ERROR, ErrorCode.INTERNAL, message, headers=security_headers())
