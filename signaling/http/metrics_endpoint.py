"""Awaits scrapes of `GET /metrics`: decides who may see the metrics, and shows them in the form that is asked for."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus

from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from signaling.client_addresses import is_loopback
from signaling.host_names import host_name
from signaling.http.requests import bearer_token
from signaling.http.responses import NO_STORE
from signaling.monitoring.worker_metrics import WorkerMetrics

METRICS_PATH = "/metrics"
PROXY_HEADERS = frozenset(
    {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-server", "x-real-ip"}
)
"""What says that somebody else asks than who is connected, whether or not the proxy is one that we trust."""


@dataclass(frozen=True, slots=True)
class MetricsEndpoint:
    """`serve`, and the token that opens it to those who are not on this machine; an empty one opens it to nobody."""

    metrics: WorkerMetrics
    token: str

    async def serve(self, request: Request) -> Response:
        """Answer as if there were nothing, unless this very machine asks, or someone who has the token."""
        if not (self._has_token(request) or _is_of_this_machine(request)):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        encode, media_type = _encoder(request.headers.get("accept", ""))
        content = encode(_Collected(await self.metrics.collect()))
        return Response(content, headers={**NO_STORE, "Content-Type": media_type})

    def _has_token(self, request: Request) -> bool:
        # Header fields are read as Latin-1, and the environment as UTF-8: the bytes are what both have in common.
        given = bearer_token(request).encode("latin-1")
        return bool(self.token) and secrets.compare_digest(given, self.token.encode(errors="surrogateescape"))


def _encoder(accept: str) -> tuple[Callable[[Collector], bytes], str]:
    """Return what writes the form that is asked for; the plain one if that cannot be read, or is none."""
    try:
        return choose_encoder(accept)
    except TypeError:  # it compares a version such as `x.y` with numbers
        return choose_encoder("")


@dataclass(frozen=True, slots=True)
class _Collected(Collector):
    """Hands an encoder what was collected already."""

    metrics: list[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.metrics


def _is_of_this_machine(request: Request) -> bool:
    """Whether the client is here, no proxy stands before it, and it asks for this machine by name.

    A proxy may send no header of its own; but it passes on the Host of the public site, as every page needs it to. Nor
    does a page whose name was pointed at this machine (DNS rebinding) ask for `localhost`.
    """
    if request.client is None or not is_loopback(request.client.host):
        return False
    return PROXY_HEADERS.isdisjoint(request.headers) and is_loopback(host_name(request.headers.get("host", "")))
