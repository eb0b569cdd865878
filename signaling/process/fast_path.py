"""Puts the fast path together: uvicorn's protocol over llhttp, bounded, which hands WebSockets over to picows.

It builds on more than uvicorn and picows promise, so it is imported where doing without is possible.
"""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from signaling.process.open_files import most_open_files
from signaling.rate_limits.request_turns import RequestTurns
from signaling.sockets.http_protocol import Gate, HttpProtocol
from signaling.sockets.keepalive import Keepalive
from signaling.sockets.picows_websocket import PicowsServerState
from signaling.sockets.tls_handshake import TlsGate, over_tls
from signaling.sockets.waiting_clients import WaitingClients, waiting_clients
from signaling.sockets.websocket_handshake import WebSocketHandshake
from signaling.sockets.websocket_limits import WEBSOCKET_MAX_BYTES

OVERRIDDEN = (
    "_start_asgi_task",
    "_should_upgrade",
    "_unset_keepalive_if_required",
    "handle_websocket_upgrade",
    "on_response_complete",
)
USED = (
    "connections",
    "cycle",
    "expect_100_continue",
    "flow",
    "headers",
    "parser",
    "pipeline",
    "server_state",
    "transport",
    "ws_protocol_class",
)
"""What `HttpProtocol` finds in uvicorn's protocol beside what it overrides there."""


def fast_path(
    app: Starlette, asgi: ASGIApp, clients: WaitingClients | None, ping_seconds: float, **options: Any
) -> uvicorn.Config:
    """Return uvicorn's settings; an AttributeError or TypeError if this uvicorn is not like those that are known."""
    clients = clients or waiting_clients(most_files=most_open_files(), exhausted=app.state.exhausted_files)
    gate = Gate(clients, app.state.request_limit, RequestTurns(), app.state.counters)
    shared = PicowsServerState(Keepalive(ping_seconds), WEBSOCKET_MAX_BYTES, counters=app.state.counters)
    http, ws = partial(HttpProtocol, gate=gate), partial(WebSocketHandshake, shared)
    if app.state.certificate is not None:
        http = over_tls(http, TlsGate(app.state.certificate, clients, app.state.request_limit))  # type: ignore[assignment]
    config = uvicorn.Config(asgi, http=http, ws=ws, **options)  # type: ignore[arg-type]  # both are called
    check(HttpProtocol, gate, config)
    return config


def check(protocol: type[HttpProtocol], gate: Gate, config: uvicorn.Config) -> None:
    """Make a connection's protocol for nobody: an AttributeError names what it lacks."""
    [base] = protocol.__bases__
    made = protocol(config, ServerState(), {}, SimpleNamespace(), gate=gate)
    for owner, names in ((base, OVERRIDDEN), (made, USED)):
        for name in names:
            getattr(owner, name)
