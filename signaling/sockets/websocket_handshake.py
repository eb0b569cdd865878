"""Awaits the handshake of a WebSocket: a request was read, the app decides, and picows has the connection then.

The app sees an ordinary ASGI WebSocket until it accepts or refuses, so that routes and middleware hold for it. What it
accepts becomes a `PicowsWebSocket`, and no message passes through ASGI.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from http import HTTPStatus
from time import perf_counter
from typing import Any
from urllib.parse import unquote

from picows import WSAutoPingStrategy, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # what its documentation builds on, not in its stubs
from starlette.types import Message, Scope
from uvicorn import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState

from protocol.codes import CloseCode
from signaling.http.responses import failure_response
from signaling.site.security_headers import security_headers
from signaling.sockets.accepted_websocket import ABNORMAL_CLOSURE, EXTENSION
from signaling.sockets.connection_reset import reset
from signaling.sockets.picows_websocket import READ_BUFFER_BYTES, PicowsServerState, PicowsWebSocket

READ_BYTES = 65_536
"""At once. picows doubles its buffer whenever a read has filled it: a fast client could have it grow to megabytes."""
BIG_READ_BYTES = 16_384
"""After which everybody else is read first. libuv reads up to 32 times from one connection before it looks at others,
as long as each read fills its buffer: of a client that sends at full speed, two megabytes would be looked at in a row.
"""
TIMED_EVERY_SECONDS = 0.01
"""Of the reads that relay something, one is timed as often as that: enough to tell how long they take."""
Headers = Iterable[tuple[bytes, bytes]]
BARE = tuple((name.lower().encode(), value.encode()) for name, value in security_headers().items())
"""The headers of an answer that the app has not made."""


class _PicowsLog(logging.LoggerAdapter[logging.Logger]):
    """Where picows writes: what a client does wrong is an error to it, and to us nothing worth a line."""

    def error(self, msg: object, *args: object, **options: Any) -> None:
        """Write for those who debug; `exception`, which tells of our own failures, stays what it is."""
        self.debug(msg, *args, **options)


PICOWS_LOG = _PicowsLog(logging.getLogger("picows"))


class _Frames(WSProtocol):  # type: ignore[misc]  # it is Any without stubs
    """picows, telling the `PicowsWebSocket` when a read is complete, and uvicorn when the connection is gone."""

    __slots__ = ()

    # Nobody calls it; but uvloop asks for it, and keeps the former protocol as long as it gets none.
    data_received = None

    def get_buffer(self, size_hint: int) -> memoryview:
        """Return a place for what comes next, which bounds both what is kept and what is sent on at once."""
        place: memoryview = WSProtocol.get_buffer(self, size_hint)
        place = place[:READ_BYTES]
        websocket: PicowsWebSocket = self.listener
        websocket.place_bytes = len(place)
        return place

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes came."""
        websocket: PicowsWebSocket = self.listener
        shared = websocket.shared
        shared.is_reading = True
        started, relayed_before = perf_counter(), shared.counters.relayed
        kept = websocket.partial_bytes = websocket.partial_bytes + nbytes
        if kept > READ_BUFFER_BYTES:
            websocket.buffer_filled(kept)
        try:
            WSProtocol.buffer_updated(self, nbytes)
        finally:
            shared.flush()
        if websocket.partial_bytes or websocket.is_unfinished:
            websocket.read_ended(has_frame=websocket.partial_bytes != kept)
        if nbytes >= BIG_READ_BYTES:
            websocket.let_others_pass()
        elif nbytes >= websocket.place_bytes:
            websocket.wait_for_turn()
        if started >= shared.next_timed:
            _time_read(shared, started, relayed_before)
        if self.transport.is_close_frame_sent:
            websocket.closed_by_picows()


class WebSocketHandshake(asyncio.Protocol):
    """One handshake, as uvicorn's `ws` protocol; a connection that is accepted goes on without it."""

    def __init__(self, shared: PicowsServerState, config: Config, server_state: ServerState) -> None:
        self._shared = shared
        self._config = config
        self._server_state = server_state
        self._transport: asyncio.Transport
        self._key = b""
        self._websocket: PicowsWebSocket | None = None
        self._denial: tuple[int, list[tuple[bytes, bytes]]] | None = None
        self._body = b""
        self._is_answered = False
        self._is_connected = False
        self._is_lost = asyncio.Event()
        self._request: Scope
        self._target = b""
        self._source = ""
        """Whose turn it is when it is this connection's."""

    # Inputs of the HTTP protocol, of uvicorn, and of the transport

    def asked(self, transport: asyncio.Transport, request: Scope, target: bytes, source: str) -> None:
        """Take a handshake that keeps to the rules (`signaling/sockets/request_heads.py`), and its source.

        What else comes on the connection waits in the kernel until the handshake is done.
        """
        self._transport = transport
        transport.pause_reading()
        self._server_state.connections.add(self)  # type: ignore[arg-type]  # uvicorn names its own protocols there
        self._request, self._target, self._source = request, target, source

    def begin(self) -> None:
        """Ask the app about the handshake: it is its turn. Nothing is asked for a client that has gone."""
        if self._is_answered or self._is_lost.is_set():
            return
        fields = dict(self._request["headers"])
        self._key = fields[b"sec-websocket-key"]
        task = asyncio.get_running_loop().create_task(self._ask_app(self._scope(self._request, self._target)))
        self._server_state.tasks.add(task)
        task.add_done_callback(self._server_state.tasks.discard)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - of no interest
        """The client has not waited."""
        self._is_lost.set()
        self._server_state.connections.discard(self)

    def shutdown(self) -> None:
        """The server stops: uvicorn calls this."""
        self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, BARE, b"")

    # The app

    async def _ask_app(self, scope: Scope) -> None:
        try:
            await self._config.loaded_app(scope, self._receive, self._send)
        except ClientDisconnected:
            pass
        except Exception:
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
        if self._websocket is not None:
            self._websocket.close_unless_heard(CloseCode.INTERNAL_ERROR)
        else:
            self._fail()

    async def _receive(self) -> Message:
        if not self._is_connected:
            self._is_connected = True
            return {"type": "websocket.connect"}
        await self._is_lost.wait()
        return {"type": "websocket.disconnect", "code": ABNORMAL_CLOSURE}

    async def _send(self, message: Message) -> None:
        if self._is_lost.is_set():
            raise ClientDisconnected
        match message["type"]:
            case "websocket.accept" if not self._is_answered:
                self._accept(message.get("subprotocol"), message.get("headers", ()))
            case "websocket.close" if self._websocket is not None:
                self._websocket.close(message.get("code", CloseCode.NORMAL))
            case "websocket.close":
                self._refuse(HTTPStatus.FORBIDDEN, BARE, b"")
            case "websocket.http.response.start" if not self._is_answered:
                self._denial = (message["status"], list(message.get("headers", ())))
            case "websocket.http.response.body" if self._denial is not None:
                self._body += message.get("body", b"")
                if not message.get("more_body", False):
                    self._refuse(*self._denial, self._body)
            case other:
                raise RuntimeError(f"{other} is not expected now: messages do not go through ASGI")

    # What these are made of

    def _scope(self, request: Scope, target: bytes) -> Scope:
        raw_path, _, query = target.partition(b"?")
        root_path = self._config.root_path
        values = (value for name, value in request["headers"] if name == b"sec-websocket-protocol")
        offers = b",".join(values).decode("latin-1")
        return {
            "type": "websocket",
            "asgi": {"version": self._config.asgi_version, "spec_version": "2.4"},
            "http_version": request["http_version"],
            # A proxy that has ended TLS is told of by uvicorn's middleware.
            "scheme": "wss" if request["scheme"] == "https" else "ws",
            "server": request["server"],
            "client": request["client"],
            "root_path": root_path,
            "path": root_path + unquote(raw_path.decode("ascii")),
            "raw_path": root_path.encode("ascii") + raw_path,
            "query_string": query,
            "headers": request["headers"],
            "subprotocols": [offer.strip() for offer in offers.split(",") if offer.strip()],
            "state": request["state"],
            "extensions": {"websocket.http.response": {}, EXTENSION: {"websocket": self._accepted}},
        }

    def _accepted(self) -> PicowsWebSocket:
        if self._websocket is None:
            raise RuntimeError("there is no WebSocket before it is accepted")
        return self._websocket

    def _accept(self, subprotocol: str | None, headers: Headers) -> None:
        if self._transport.is_closing():
            raise ClientDisconnected
        self._is_answered = True
        connections: set[Any] = self._server_state.connections
        connections.discard(self)
        websocket = PicowsWebSocket(self._shared, connections, self._source)
        response = WSUpgradeResponse.create_101_response(self._accepting(subprotocol, headers))
        frames = _frames(WSUpgradeResponseWithListener(response, websocket), self._shared.max_bytes)
        try:
            frames.connection_made(self._transport)
        except OSError as error:
            # It sets options of TCP, which macOS refuses where the client has reset the connection. Nothing is read
            # meanwhile, so nobody would ever hear of that either.
            reset(self._transport)
            raise ClientDisconnected from error
        self._websocket = websocket
        self._transport.set_protocol(frames)
        request = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
        _feed(frames, b"%bSec-WebSocket-Key: %b\r\n\r\n" % (request, self._key))
        # picows keeps these as long as the connection stands, and nobody reads them again.
        response.headers.clear()
        frames.transport.request.headers.clear()

    def _accepting(self, subprotocol: str | None, headers: Headers) -> list[tuple[str, str]]:
        chosen = [(b"sec-websocket-protocol", subprotocol.encode())] if subprotocol else []
        every = [*self._server_state.default_headers, *headers, *chosen]
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in every]

    def _fail(self) -> None:
        """Answer for an app that has failed, or had nothing to say, if somebody still waits for that."""
        if not (self._is_answered or self._is_lost.is_set()):
            failure = failure_response(self._shared.counters)
            self._refuse(failure.status_code, failure.raw_headers, bytes(failure.body))

    def _refuse(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer with something else than a WebSocket, and close; nothing if it is answered, or nobody is there."""
        if self._is_answered or self._is_lost.is_set():
            return
        self._is_answered = True
        length = [(b"content-length", b"%d" % len(body)), (b"connection", b"close")]
        own = {name for name, _ in length}
        given = [(name, value) for name, value in headers if name.lower() not in own]
        lines = [b"%b: %b" % pair for pair in (*self._server_state.default_headers, *given, *length)]
        reason = HTTPStatus(status).phrase.encode()
        self._transport.write(b"\r\n".join([b"HTTP/1.1 %d %b" % (status, reason), *lines, b"", body]))
        self._transport.close()


def _time_read(shared: PicowsServerState, started: float, relayed_before: int) -> None:
    """Count how long a read took whose messages are answered, if it relayed any."""
    if shared.counters.relayed != relayed_before:
        now = perf_counter()
        shared.counters.relay_seconds.add(now - started)
        shared.next_timed = now + TIMED_EVERY_SECONDS


def _frames(response: WSUpgradeResponseWithListener, max_bytes: int) -> _Frames:
    """Make picows' end of a connection: without a timer, a task, compression or pongs of its own."""
    return _Frames(
        None,
        None,
        False,  # noqa: FBT003 - its parameters can be given by position only
        lambda _request: response,
        PICOWS_LOG,
        True,  # noqa: FBT003 - disconnect where a listener fails
        None,  # no time limit for the handshake: it is done
        False,  # noqa: FBT003 - no pings
        1,
        1,
        WSAutoPingStrategy.PING_PERIODICALLY,
        False,  # noqa: FBT003 - no pongs
        max_bytes,
        None,
        READ_BUFFER_BYTES,
    )


def _feed(frames: _Frames, data: bytes) -> None:
    """Hand bytes to picows as if they came over the network."""
    WSProtocol.get_buffer(frames, len(data))[: len(data)] = data
    WSProtocol.buffer_updated(frames, len(data))
