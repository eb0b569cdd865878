"""Awaits the TLS handshake of a connection, bounded in time and number as what comes after it is.

An event loop that listens with TLS itself tells of a connection when its handshake is done: of those that never are,
nobody would know. So it listens without, and each connection is brought to TLS when its first bytes are there.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, cast

from uvicorn import Config
from uvicorn.server import ServerState

from signaling.client_addresses import address_key
from signaling.errors import MalformedRequest
from signaling.http.responses import early_refusal
from signaling.monitoring.logs import log
from signaling.rate_limits.request_limit import RequestLimit
from signaling.sockets.certificate import Certificate
from signaling.sockets.connection_reset import reset
from signaling.sockets.waiting_clients import WaitingClients

RECORD = b"\x16"
"""RFC 8446 §5.1: what a handshake begins with. No method of HTTP does."""
GOODBYE_SECONDS = 30.0
"""For a client to read the rest, and to end TLS on its side, after we have ended it on ours."""
MakeProtocol = Callable[..., Any]
"""What uvicorn makes the protocol of a connection by."""


@dataclass(frozen=True, slots=True)
class TlsGate:
    """What a connection passes before its handshake, one for all of them."""

    certificate: Certificate
    clients: WaitingClients
    limit: RequestLimit


def over_tls(make: MakeProtocol, gate: TlsGate) -> MakeProtocol:
    """Return what makes the protocol of a connection that goes on as `make` has it once TLS is there."""
    return partial(TlsHandshake, make, gate)


class TlsHandshake(asyncio.Protocol):
    """One connection, from its first byte until it can be read."""

    def __init__(
        self, make: MakeProtocol, gate: TlsGate, *, config: Config, server_state: ServerState, **options: Any
    ) -> None:
        self._make = partial(make, config=config, server_state=server_state, **options)
        self._gate = gate
        self._server_state = server_state
        self._transport: asyncio.Transport
        self._first = b""
        """Came before TLS was begun."""
        self._early = bytearray()
        """Came in TLS before its protocol was there: not every event loop tells first that the handshake is done."""
        self._is_refused = False
        self.address = ""
        self.due = 0.0

    # The transport

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # likewise uvicorn's
        """Wait for the first bytes, unless this is one connection too many of where it comes from."""
        self._transport = transport
        peer = transport.get_extra_info("peername")
        host = str(peer[0]) if peer else ""
        clients, patience = self._gate.clients, self._gate.clients.patience
        self.address = address_key(host)
        # TLS would cost more than the answer that it carries.
        self._is_refused = self._gate.limit.refusal(host) is not None
        self.due = clients.clock() + (patience.for_refusal() if self._is_refused else patience.head)
        self._server_state.connections.add(self)  # type: ignore[arg-type]  # uvicorn names its own protocols there
        if clients.has_come(self, transport.get_extra_info("socket").fileno()):
            clients.owes(self)
        else:
            self.make_way()

    def data_received(self, data: bytes) -> None:
        """Begin with TLS, or say to a client that has begun otherwise what is spoken here."""
        if self._first:
            self._early += data
        elif self._is_refused:
            self._transport.pause_reading()
        elif data.startswith(RECORD):
            self._first = data
            self._begin()
        else:
            self._is_done()
            self._transport.write(_plain_answer())
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - of no interest
        """The client has gone, or has been sent away."""
        self._is_done()

    def shutdown(self) -> None:
        """The server stops: uvicorn calls this."""
        self.make_way()

    # Inputs of the watch over deadlines

    def time_is_up(self, now: float) -> None:  # noqa: ARG002 - there is no more time to be had
        """Close: the handshake has not come to its end."""
        self.make_way()

    def make_way(self) -> None:
        """Close: others need the place."""
        self._is_done()
        reset(self._transport)

    # What these are made of

    def _begin(self) -> None:
        # From here on, TLS is the protocol of the connection. What it has not seen yet is handed to it as soon as it
        # knows of the connection, which the task has the event loop tell it next, and before more can be read.
        self._transport.pause_reading()
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._shake_hands(loop))
        loop.call_soon(loop.call_soon, self._hand_on)
        self._server_state.tasks.add(task)
        task.add_done_callback(self._server_state.tasks.discard)

    def _hand_on(self) -> None:
        tls = cast("asyncio.BufferedProtocol", self._transport.get_protocol())
        rest = memoryview(self._first)
        while rest and not self._transport.is_closing():
            place = memoryview(tls.get_buffer(len(rest)))
            count = min(len(place), len(rest))
            place[:count] = rest[:count]
            tls.buffer_updated(count)
            rest = rest[count:]

    async def _shake_hands(self, loop: asyncio.AbstractEventLoop) -> None:
        context = self._gate.certificate.context
        try:
            secure = await loop.start_tls(
                self._transport, self, context, server_side=True, ssl_shutdown_timeout=GOODBYE_SECONDS
            )
        except ssl.SSLError as error:
            log("tls_failed", source=self.address, address=self.address, reason=error.reason or str(error))
        except OSError:
            pass  # the client has gone
        else:
            # Where the connection was lost meanwhile, uvloop gives one that is closed.
            if secure is not None and not secure.is_closing():
                self._hand_over(secure)
        finally:
            self._is_done()

    def _hand_over(self, secure: asyncio.Transport) -> None:
        protocol = self._make()
        secure.set_protocol(protocol)
        protocol.connection_made(secure)
        if self._early:
            protocol.data_received(bytes(self._early))

    def _is_done(self) -> None:
        self._gate.clients.is_done(self)
        self._server_state.connections.discard(self)


@cache
def _plain_answer() -> bytes:
    """Return what a client reads that has begun without TLS: a browser shows it to a person."""
    response = early_refusal(MalformedRequest("https is spoken here; put https:// before the address"))
    response.headers["Connection"] = "close"
    lines = [b"%b: %b" % pair for pair in response.raw_headers]
    return b"\r\n".join([b"HTTP/1.1 400 Bad Request", *lines, b"", bytes(response.body)])
