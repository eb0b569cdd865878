"""Answers `GET /healthz`: the process is alive, and whether it may be used by the page that asks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from signaling.http.responses import NO_STORE
from signaling.origins import is_allowed

ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}


@dataclass(frozen=True, slots=True)
class HealthEndpoint:
    """The endpoint that says how the server does; pages of any origin may read it.

    A browser keeps every other answer from a page whose origin is not allowed, so that it could not tell a person why
    this server does not serve it.
    """

    allowed_origins: Collection[str]

    async def serve(self, request: Request) -> Response:
        """`GET /healthz`: the process is alive and answers, and may be used by the page that asks, if one does."""
        body: dict[str, str | bool] = {"status": "ok"}
        origin = request.headers.get("origin")
        if origin is not None:
            body["origin_allowed"] = is_allowed(origin, request.headers.get("host", ""), self.allowed_origins)
        return JSONResponse(body, headers=NO_STORE | ANY_ORIGIN)
