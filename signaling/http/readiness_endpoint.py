"""Answers `GET /readyz`: whether the server can serve, and what is missing if it cannot."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from signaling.http.responses import NO_STORE
from signaling.monitoring.readiness import OK, Readiness

READY_PATH = "/readyz"


@dataclass(frozen=True, slots=True)
class ReadinessEndpoint:
    """`serve`, for the checks of a server."""

    readiness: Readiness

    async def serve(self, _request: Request) -> Response:
        """Answer 200 where the server can serve, and 503 where it cannot, with what is missing."""
        if self.readiness.is_stopping:
            return _answer("stopping")
        dependencies = await self.readiness.dependencies()
        ready = all(state == OK for state in dependencies.values())
        return _answer("ready" if ready else "unready", dependencies)


def _answer(status: str, dependencies: dict[str, str] | None = None) -> Response:
    body: dict[str, object] = {"status": status}
    if dependencies is not None:
        body["dependencies"] = dependencies
    code = HTTPStatus.OK if status == "ready" else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse(body, code, headers=NO_STORE)
