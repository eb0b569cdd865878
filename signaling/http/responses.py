"""Shows refusals over HTTP, as JSON: {"error": {"code", "message", "retry_after"?, "request_id"?, …}}."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from protocol.codes import ErrorCode
from signaling.errors import AuthenticationError, BodyTooBig, Refusal, UnsupportedWebSocket
from signaling.monitoring.counters import Counters
from signaling.monitoring.request_ids import request_id
from signaling.site.security_headers import security_headers

NO_STORE = {"Cache-Control": "no-store"}


def refusal_response(refusal: Refusal) -> Response:
    """Return the response to a request that is refused."""
    headers = {}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    if isinstance(refusal, AuthenticationError):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(refusal, UnsupportedWebSocket):
        headers["Sec-WebSocket-Version"] = "13"  # RFC 6455 §4.4
    if isinstance(refusal, BodyTooBig):
        headers["Connection"] = "close"  # the rest of the body would be read as the next request
    return error_response(refusal.status, refusal.code, str(refusal), refusal.retry_after, headers, refusal.details)


def early_refusal(refusal: Refusal) -> Response:
    """Return the response to what is refused outside of the middleware, whose headers have to be put on here."""
    response = refusal_response(refusal)
    response.headers.update(security_headers())
    return response


def error_response(
    status: int,
    code: ErrorCode,
    message: str,
    retry_after: int | None = None,
    headers: dict[str, str] | None = None,
    details: Mapping[str, str] | None = None,
) -> Response:
    """Return an error in the one shape that errors have; `details` are what else a program may read of it."""
    error: dict[str, Any] = {"code": code, "message": message, **(details or {})}
    if retry_after is not None:
        error["retry_after"] = retry_after
    return JSONResponse({"error": error}, status, headers=NO_STORE | (headers or {}))


def failure_response(counters: Counters) -> Response:
    """Count our own failure, and say so; what happened is for the log, which has it under the id that is told."""
    counters.refusals[ErrorCode.INTERNAL] += 1
    name = request_id.get()
    message = f"The server failed. Try again later. The people who run it can find the reason by this number: {name}"
    # It is given outside of every middleware, so their headers have to be put on here.
    status, headers = HTTPStatus.INTERNAL_SERVER_ERROR, security_headers()
    return error_response(
        status, ErrorCode.INTERNAL, message, headers=headers, details={"request_id": name} if name else None
    )


@dataclass(frozen=True, slots=True)
class ErrorResponses:
    """What errors become on their way out: answers, and counts."""

    counters: Counters

    async def refused(self, _request: Request, error: Exception) -> Response:
        """Answer a request that one of our checks refused."""
        assert isinstance(error, Refusal)  # noqa: S101 - how Starlette's handlers are typed; the app's table says it
        self.counters.refusals[error.code] += 1
        return refusal_response(error)

    async def not_routed(self, _request: Request, error: Exception) -> Response:
        """Answer the two things that Starlette itself refuses: an unknown address, and a method that it lacks."""
        assert isinstance(error, HTTPException)  # noqa: S101 - likewise
        code, message = ErrorCode.NOT_FOUND, "There is nothing at this address."
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            code, message = ErrorCode.METHOD_NOT_ALLOWED, "This address takes other methods."
        self.counters.refusals[code] += 1
        return error_response(error.status_code, code, message, headers=dict(error.headers or {}))

    async def failed(self, _request: Request, _error: Exception) -> Response:
        """Answer a request on which we failed."""
        return failure_response(self.counters)


async def not_heard(_request: Request, _error: Exception) -> Response:
    """Answer a client that went away in the middle of its request: it will not hear, and it is not our failure."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)
