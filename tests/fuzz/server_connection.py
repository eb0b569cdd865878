"""One connection to the server as it stands under uvicorn, with an app that answers everything and remembers it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from signaling.monitoring.counters import Counters
from signaling.rate_limits.request_turns import RequestTurns
from signaling.sockets.accepted_websocket import EXTENSION
from signaling.sockets.http_protocol import Gate, HttpProtocol
from signaling.sockets.keepalive import Keepalive
from signaling.sockets.picows_websocket import PicowsServerState
from signaling.sockets.waiting_clients import Patience, WaitingClients
from signaling.sockets.websocket_handshake import WebSocketHandshake
from tests.fuzz.transport import FakeTransport, end, settle

MAX_MESSAGE_BYTES = 1_000
FOREVER = 1e9
"""Seconds: a script has no clock."""


class NoLimit:
    """A request limit that nobody reaches."""

    def source(self, host: str) -> str:
        """Return whom a request counts to."""
        return host

    def refusal(self, _host: str) -> None:
        """Refuse nobody."""

    def offend(self, _host: str) -> None:
        """Take no offence."""


async def _nobody(_scope: Scope, _receive: Receive, _send: Send) -> None:
    """Stand where each connection puts its own app."""


CLIENTS = WaitingClients(Patience(head=FOREVER, idle=FOREVER, reading=FOREVER, step=FOREVER))
GATE = Gate(CLIENTS, NoLimit(), RequestTurns(), Counters())  # type: ignore[arg-type]  # as far as it is asked
SHARED = PicowsServerState(Keepalive(FOREVER), MAX_MESSAGE_BYTES, FOREVER, complete_seconds=FOREVER)
CONFIG = uvicorn.Config(
    _nobody,
    interface="asgi3",
    ws=partial(WebSocketHandshake, SHARED),  # type: ignore[arg-type]  # it is called
    log_config=None,
    access_log=False,
    server_header=False,
    proxy_headers=False,
)
CONFIG.load()
"""What all connections share: their timers never end, so there is to be one of each."""


@dataclass
class Connection:
    """What came to the app over one connection."""

    served: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    """Of requests that were answered: method, target and body."""
    messages: list[str | None] = field(default_factory=list)
    """Of the WebSocket; None for one that is binary."""
    codes: list[int] = field(default_factory=list)
    is_websocket: bool = False

    def __post_init__(self) -> None:
        self.state = ServerState()
        config = copy(CONFIG)
        config.loaded_app = self._app
        self.transport = FakeTransport(HttpProtocol(config, self.state, {}, gate=GATE))

    async def play(self, pieces: Iterator[bytes]) -> None:
        """Receive pieces, one after the other, and lose the connection."""
        for piece in pieces:
            self.transport.receive(piece)
            await settle()
        self.transport.lose()
        await end(self.state.tasks)
        assert not self.state.connections
        assert [*CLIENTS._asking, *CLIENTS._reading] == []
        assert self.transport.is_over

    # What a WebSocket tells

    def text_received(self, text: str) -> None:
        """Remember."""
        self.messages.append(text)

    def binary_received(self) -> None:
        """Remember."""
        self.messages.append(None)

    def closed(self, code: int) -> None:
        """Remember."""
        self.codes.append(code)

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            self.is_websocket = True
            websocket: Any = scope["extensions"][EXTENSION]["websocket"]()
            websocket.listen(self)
            return
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
        else:
            return
        query = scope["query_string"]
        target = scope["raw_path"] + (b"?" + query if query else b"")
        self.served.append((scope["method"], target, body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


def pieces(data: bytes) -> Iterator[bytes]:
    """Cut a script into what comes at once: its first byte says how many bytes that are, and 0 that it is all."""
    size, rest = data[:1], data[1:]
    step = size[0] if size and size[0] else len(rest) or 1
    return (rest[start : start + step] for start in range(0, len(rest), step))


LOOP = asyncio.new_event_loop()
"""One for all inputs, since making one costs more than an input does."""


def connect(data: Iterator[bytes]) -> Connection:
    """Play pieces to a connection of its own."""

    async def played() -> Connection:
        connection = Connection()
        await connection.play(data)
        return connection

    return LOOP.run_until_complete(played())
