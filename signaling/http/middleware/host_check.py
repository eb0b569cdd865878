"""Refuses requests under a name that is not this server's: a page could have pointed its own name here (DNS rebinding).

Its browser would take this server for the page's own, and let it read whatever this server answers.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache, partial

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from signaling.client_addresses import address_key, host_of
from signaling.errors import ForbiddenHost
from signaling.host_names import is_answered
from signaling.http.responses import refusal_response
from signaling.monitoring.counters import Counters
from signaling.monitoring.logs import given, log

RECENT = 32
"""Hosts that need not be read again. A name can be as long as the head of a request, so there are few of them."""


class HostCheck:
    """Plain ASGI middleware. Probes are answered under any name: load balancers ask for what they know a server by."""

    def __init__(
        self, app: ASGIApp, allowed: Collection[str], probes: Collection[str], counters: Counters, *, only_here: bool
    ) -> None:
        self._app = app
        # Browsers name the same host again and again, and to read one takes longer than the rest of this.
        self._is_answered = lru_cache(RECENT)(partial(is_answered, allowed=frozenset(allowed), only_here=only_here))
        self._probes = probes
        self._counters = counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with 421; a WebSocket's handshake likewise."""
        host = Headers(scope=scope).get("host", "")
        if scope["path"] in self._probes or self._is_answered(host):
            await self._app(scope, receive, send)
            return
        self._counters.refusals[ForbiddenHost.code] += 1
        log("forbidden_host", source=address_key(host_of(scope)), path=given(scope["path"]), host=given(host))
        await refusal_response(ForbiddenHost(given(host)))(scope, receive, send)
