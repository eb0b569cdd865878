"""Touches HTTP: uvicorn's protocol over llhttp, which bounds a request in size and time, and hands over a WebSocket's.

llhttp is several times as fast as h11. What h11 refuses besides is refused by `signaling/sockets/request_heads.py`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from protocol.http import MAX_BODY_BYTES
from signaling.client_addresses import address_key
from signaling.errors import HeadTooBig, MalformedRequest, NoRoom, RateLimited, Refusal, RequestTooSlow
from signaling.http.responses import early_refusal
from signaling.monitoring.counters import Counters
from signaling.monitoring.logs import log
from signaling.rate_limits.penalties import MOST_SECONDS
from signaling.rate_limits.request_limit import RequestLimit
from signaling.rate_limits.request_turns import RequestTurns
from signaling.sockets.connection_reset import reset
from signaling.sockets.request_heads import HTTP_1_0, check_fields, check_handshake, path_of
from signaling.sockets.waiting_clients import WaitingClients
from signaling.sockets.websocket_handshake import WebSocketHandshake

MAX_HEAD_BYTES = 16_384
"""Of a request whose headers have not come to their end, or of what follows its body. One read may be beyond it."""
MAX_PASSED_OVER_BYTES = 65_536
"""Read from a client that is going to be refused. What stays in the kernel turns the answer into a reset."""
MAX_PIPELINED = 4
"""Requests that wait for the answer to the one before. No browser sends any; one read could hold thousands of them."""


class Awaited(Enum):
    """What a connection waits for, unless it is for ourselves."""

    HEAD = auto()
    """The head of a request, or the first byte on a new connection."""
    BODY = auto()
    """The rest of a body."""
    NEXT = auto()
    """Another request."""
    READING = auto()
    """For the client to read what is written."""
    MOMENT = auto()
    """Nothing: it is refused, and will be told so in a moment."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What a connection passes before the app, one for all of them."""

    clients: WaitingClients
    limit: RequestLimit
    turns: RequestTurns
    counters: Counters


class HttpProtocol(HttpToolsProtocol):
    """One connection, until it becomes a WebSocket."""

    def __init__(self, *args: Any, gate: Gate, **options: Any) -> None:
        super().__init__(*args, **options)
        self._gate = gate
        self._clients = gate.clients
        self._host = ""
        self.address = ""
        self.due = 0.0
        self._awaited: Awaited | None = None
        self._since = 0.0
        self._unsent_bytes = 0
        self._unread_bytes = 0
        """What came since the last piece of a body, or since the last request was complete."""
        self._body_bytes = 0
        self._is_in_head = False
        self._is_in_body = False
        self._is_too_long = False
        """Of the body: the app will refuse it, whatever more comes."""
        self._is_websocket = False
        self._ends_tls = False
        """Whether the client has to end TLS too before the connection is closed."""
        self._refusal: Refusal | None = None
        """What the client is told in a moment. Nothing that it sends until then is looked at."""
        self._is_spoiled = False
        """Whether a refusal would be taken for a part of another answer."""
        self._asked: RequestResponseCycle | None = None
        """The request that the app answers, or will when it is its turn; `cycle` is the last one that came."""
        self._unbegun: tuple[RequestResponseCycle, Any] | None = None
        """What will be asked of the app when the body is there."""

    # The transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # likewise uvicorn's
        """Wait for the first request, or refuse all of them."""
        super().connection_made(transport)
        self._ends_tls = self.scheme == "https"
        self._host = host = self.client[0] if self.client else ""
        self.address = address_key(host)
        self._refusal = self._gate.limit.refusal(host)
        self._wait_for(Awaited.HEAD if self._refusal is None else Awaited.MOMENT)
        if not self._clients.has_come(self, transport.get_extra_info("socket").fileno()):
            self._refuse(NoRoom())

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        super().connection_lost(exc)
        self._ends_tls = False
        self._wait_for(None)
        self._hang_up()
        # Each of them has the connection, which has them: that would keep all until the next collection of garbage.
        self._asked = self._unbegun = self.cycle = None  # type: ignore[assignment]  # likewise uvicorn's
        self.pipeline.clear()

    def data_received(self, data: bytes) -> None:
        """Read on, as long as it leads to something."""
        self._unread_bytes += len(data)
        if self._refusal is not None:
            self._pass_over()
            return
        try:
            self._read(data)
        except httptools.HttpParserError as error:
            reason = error.__context__
            self._reject(reason if isinstance(reason, Refusal) else MalformedRequest("it breaks a rule of HTTP/1.1"))
        except Refusal as refusal:
            self._reject(refusal)
        if self._unread_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._reject(HeadTooBig(MAX_HEAD_BYTES))
        self._look()

    def pause_writing(self) -> None:
        """The client reads more slowly than it is written to."""
        super().pause_writing()
        self._look()

    def resume_writing(self) -> None:
        """The client has read most of it."""
        super().resume_writing()
        self._look()

    # llhttp; what is raised here comes out of its `feed_data`

    def on_message_begin(self) -> None:
        """Begin with a head."""
        super().on_message_begin()
        self._is_in_head, self._is_websocket = True, False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field without the spaces around it, which are not its own (RFC 9112 §5.1).

        What follows a body is dropped (RFC 9110 §6.5.1): it is no field of the request, which a proxy has vouched for
        and our checks have seen.
        """
        if self._is_in_head:
            super().on_header(name, value.strip(b" \t"))

    def on_headers_complete(self) -> None:
        """Begin with a request that can be read in one way only."""
        self._is_in_head, self._body_bytes = False, 0
        if len(self.pipeline) >= MAX_PIPELINED:
            raise MalformedRequest("too many others wait before it")
        if refusal := self._gate.limit.refusal(self._host):
            raise refusal
        method, version = self.parser.get_method().decode("ascii"), self.parser.get_http_version()
        found = check_fields(version, self.headers)
        self._is_too_long = int(found.get(b"content-length", b"0")) > MAX_BODY_BYTES
        self.url = path_of(method, self.url, found.get(b"host"))
        self._is_websocket = check_handshake(method, version, found, self.headers)
        if version == HTTP_1_0:
            self.expect_100_continue = False  # RFC 9110 §10.1.1
        super().on_headers_complete()
        self._is_in_body = True

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        self._unread_bytes = 0
        self._body_bytes += len(body)
        super().on_body(body)
        if self._body_bytes > MAX_BODY_BYTES:
            self._is_too_long = True
            self._ask_app()  # which will refuse it

    def on_message_complete(self) -> None:
        """Be ready for another request."""
        self._unread_bytes = 0
        self._is_in_body = False
        super().on_message_complete()
        self._ask_app()

    # uvicorn

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Begin with a request when all of it is there: half a body costs nothing but the time for it to come."""
        self._unbegun = cycle, app
        if not cycle.more_body or cycle.waiting_for_100_continue or self._is_too_long:
            self._ask_app()

    def on_response_complete(self) -> None:
        """Wait for another request, by our clock: uvicorn's would be stopped by a single byte."""
        super().on_response_complete()
        self._unset_keepalive_if_required()
        self._look()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over with what was parsed, where uvicorn would write it again to be parsed again."""
        if self._is_answering():
            raise MalformedRequest("there is a response under way")
        self._wait_for(None)
        self.connections.discard(self)
        handshake: WebSocketHandshake
        handshake = self.ws_protocol_class(self.config, self.server_state)  # type: ignore[assignment, call-arg, misc]
        self.transport.set_protocol(handshake)
        source = self._gate.limit.source(self._host)
        handshake.asked(self.transport, dict(self.scope), self.url, source)
        self._gate.turns.take(source, handshake.begin)

    def _should_upgrade(self) -> bool:
        return self._is_websocket

    # Inputs of the watch over deadlines

    def time_is_up(self, now: float) -> None:
        """Close, unless more has come, or has been read, than when the time was set."""
        match self._awaited:
            case Awaited.READING:
                unsent = self.transport.get_write_buffer_size()
                if unsent >= self._unsent_bytes:
                    reset(self.transport)
                else:
                    self._unsent_bytes, self.due = unsent, now + self._clients.patience.reading
            case Awaited.BODY:
                self.due = self._since + self._clients.patience.for_body(self._body_bytes)
                if self.due <= now:
                    self._give_up()
            case _:
                self._give_up()

    def make_way(self) -> None:
        """Close: others need the place."""
        was_reading, self._awaited = self._awaited is Awaited.READING, None
        if was_reading:
            reset(self.transport)
        else:
            self.transport.close()
            self._look()

    # What these are made of

    def _read(self, data: bytes) -> None:
        """Parse what came. WebSocket is the only other protocol on offer: a request for another is served as HTTP."""
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                if self._is_websocket:
                    if data:
                        raise MalformedRequest("more follows before the WebSocket is open") from upgrade
                    self.handle_websocket_upgrade()
            else:
                return

    def _ask_app(self) -> None:
        """Hand a request to the app when it is its turn."""
        if self._unbegun is not None:
            cycle, app = self._unbegun
            self._asked, self._unbegun = cycle, None
            self._gate.turns.take(self._gate.limit.source(self._host), partial(self._begin, cycle, app))

    def _begin(self, cycle: RequestResponseCycle, app: Any) -> None:
        if not cycle.disconnected:  # while it waited
            super()._start_asgi_task(cycle, app)

    def _pass_over(self) -> None:
        """Look at nothing that comes, and read no more of a flood, which is held as long as every other refusal."""
        if self._is_flooded and not self.transport.is_closing():
            self.transport.pause_reading()

    @property
    def _is_flooded(self) -> bool:
        return self._refusal is not None and self._unread_bytes > MAX_PASSED_OVER_BYTES

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete  # type: ignore[redundant-expr]  # None at first

    def _look(self) -> None:
        """Find out what is awaited now, and from when on."""
        self._wait_for(self._next_awaited())

    def _next_awaited(self) -> Awaited | None:
        if self._is_websocket:
            return None
        if self.transport.is_closing():
            return Awaited.READING if self._ends_tls or self.transport.get_write_buffer_size() else None
        if self._refusal is not None:
            return Awaited.MOMENT
        if self._is_in_body:
            return Awaited.BODY
        if self._is_answering():
            return Awaited.READING if self.flow.write_paused else None
        if self._is_in_head or self._unread_bytes or self.cycle is None:
            return Awaited.HEAD
        return Awaited.NEXT

    def _wait_for(self, awaited: Awaited | None) -> None:
        if awaited is self._awaited:
            return
        clients, before = self._clients, self._awaited
        self._awaited = awaited
        if before is not None:
            clients.is_done(self)
        if awaited is None:
            return
        self._since = clients.clock()
        self.due = self._since + self._patience(awaited)
        if awaited is Awaited.READING:
            self._unsent_bytes = self.transport.get_write_buffer_size()
            clients.has_to_read(self)
        else:
            clients.owes(self)

    def _patience(self, awaited: Awaited) -> float:
        patience = self._clients.patience
        match awaited:
            case Awaited.HEAD:
                return patience.head
            case Awaited.BODY:
                return patience.for_body(self._body_bytes)
            case Awaited.NEXT:
                return patience.idle
            case Awaited.READING:
                return patience.reading
            case Awaited.MOMENT:
                return patience.for_refusal()

    def _give_up(self) -> None:
        """Close, and say why to a client that has begun a request."""
        if self._refusal is not None:
            self._tell(self._refusal)
        elif self._is_in_head or self._unread_bytes or self._is_in_body:
            self._refuse(RequestTooSlow())
        else:
            self.transport.close()
            self._look()

    def _reject(self, refusal: Refusal) -> None:
        """Refuse what was sent, and hold it against where it comes from: who goes on does not do it by accident.

        It is told in a moment, since a client that was closed at once could be back at once.
        """
        self._gate.limit.offend(self._host)
        log("request_rejected", source=self.address, address=self._host, reason=str(refusal))
        self._leave_off()
        self._refusal, self._unread_bytes = refusal, 0

    def _refuse(self, refusal: Refusal) -> None:
        """Answer in place of the app, and close."""
        self._leave_off()
        self._tell(refusal)

    def _leave_off(self) -> None:
        """Read and answer no request any more."""
        if self._is_answering():
            self._is_spoiled = bool(self.pipeline) or self.cycle.response_started
            self.cycle.disconnected = True
        else:
            self._is_spoiled = self._is_in_body
        self._hang_up()
        self.pipeline.clear()
        self._is_websocket = False

    def _hang_up(self) -> None:
        """Have what the app still says ignored. uvicorn does so for the last request, which others may precede."""
        if self._asked is not None:
            self._asked.disconnected = True
            self._asked.message_event.set()

    def _tell(self, refusal: Refusal) -> None:
        """Answer with a refusal, and close; only close where an answer would be taken for a part of another."""
        self._gate.counters.refusals[refusal.code] += 1
        if self._is_flooded:
            reset(self.transport)
            return
        if not self._is_spoiled:
            self.transport.write(self._answer(refusal))
        self.transport.close()
        self._look()

    def _answer(self, refusal: Refusal) -> bytes:
        first, rest = _too_many(refusal.retry_after) if isinstance(refusal, RateLimited) else _answer(refusal)
        lines = [b"%b: %b" % pair for pair in self.server_state.default_headers]
        return b"\r\n".join([first, *lines, rest])


def _answer(refusal: Refusal) -> tuple[bytes, bytes]:
    """Return the first line of a response, and what follows uvicorn's own headers."""
    response = early_refusal(refusal)
    response.headers["Connection"] = "close"
    lines = [b"%b: %b" % pair for pair in response.raw_headers]
    status = HTTPStatus(response.status_code)
    return b"HTTP/1.1 %d %b" % (status, status.phrase.encode()), b"\r\n".join([*lines, b"", bytes(response.body)])


@lru_cache(maxsize=int(MOST_SECONDS))
def _too_many(seconds: int) -> tuple[bytes, bytes]:
    """Return the answer that is given most when there are too many to answer."""
    return _answer(RateLimited(seconds))
