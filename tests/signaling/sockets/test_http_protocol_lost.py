"""Connections that are lost while requests wait on them: over a transport that ends when a test says so."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

from signaling.client_addresses import ClientAddresses
from signaling.monitoring.counters import Counters
from signaling.rate_limits.address_and_account_quotas import Quotas
from signaling.rate_limits.request_limit import RequestLimit
from signaling.rate_limits.request_turns import RequestTurns
from signaling.sockets.http_protocol import Gate, HttpProtocol
from signaling.sockets.waiting_clients import Patience, WaitingClients
from tests.signaling.quotas import quota_limits

GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


class FakeTransport(asyncio.Transport):
    """A connection that keeps what is written, and takes nothing when it is gone, as uvloop's does."""

    def __init__(self) -> None:
        peer = ("192.0.2.1", 4711)
        socket = SimpleNamespace(fileno=lambda: 7, getsockname=lambda: ("192.0.2.9", 80), getpeername=lambda: peer)
        super().__init__({"socket": socket, "peername": peer})
        self.written = b""
        self.is_gone = False

    def write(self, data: Any) -> None:
        """Take bytes."""
        if self.is_gone:
            raise RuntimeError("the handler is closed")
        self.written += data

    def is_closing(self) -> bool:
        """Whether it is closed."""
        return self.is_gone

    def close(self) -> None:
        """Close."""
        self.is_gone = True

    def get_write_buffer_size(self) -> int:
        """Tell that the system has taken everything."""
        return 0


class Stage:
    """One connection, before an app that answers when it is let."""

    def __init__(self, at_once: int = 4) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()
        self.turns = RequestTurns(at_once)
        limit = RequestLimit(Quotas(quota_limits()), ClientAddresses([]))
        gate = Gate(WaitingClients(Patience()), limit, self.turns, Counters())
        self.state = ServerState()
        config = Config(
            self.app, interface="asgi3", lifespan="off", log_config=None, access_log=False, proxy_headers=False
        )
        config.load()
        self.protocol = HttpProtocol(config, self.state, {}, gate=gate)
        self.transport = FakeTransport()
        self.protocol.connection_made(self.transport)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - an app
        """Answer in time."""
        self.asked += 1
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    def lose(self) -> None:
        """Lose the connection."""
        self.transport.is_gone = True
        self.protocol.connection_lost(None)

    async def end(self) -> None:
        """Let the app answer, and wait for all that it has begun."""
        self.may_answer.set()
        await asyncio.gather(*self.state.tasks)


async def test_request_before_others_is_not_answered_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """A client may go that has asked for more than one thing: that is no failure of ours."""
    stage = Stage()
    stage.protocol.data_received(GET * 3)
    await asyncio.sleep(0)
    stage.lose()
    await stage.end()
    assert (stage.asked, stage.transport.written, caplog.messages) == (1, b"", [])


async def test_request_before_others_is_not_begun_for_nobody() -> None:
    """Nor is the app asked for a client that has gone while its first request waited for its turn."""
    stage = Stage(at_once=1)
    stage.turns.take("somebody else", lambda: None)
    stage.protocol.data_received(GET * 3)
    stage.lose()
    for _ in range(3):
        await asyncio.sleep(0)
    await stage.end()
    assert stage.asked == 0


async def test_requests_before_one_that_is_refused_are_left() -> None:
    """They would cost as much as before, and nobody could tell the refusal from their answers."""
    stage = Stage()
    stage.protocol.data_received(GET * 3 + b"GARBAGE\r\n\r\n")
    await asyncio.sleep(0)
    await stage.end()
    assert (stage.asked, stage.transport.written) == (1, b"")
    stage.lose()
