"""A handshake by itself, with apps that do what ours does not."""

import asyncio
import errno
import json
import socket
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from uvicorn import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState

from protocol.codes import ErrorCode
from signaling.monitoring.counters import Counters
from signaling.monitoring.request_ids import request_id
from signaling.sockets.accepted_websocket import AcceptedWebSocket, websocket_of
from signaling.sockets.keepalive import Keepalive
from signaling.sockets.picows_websocket import PicowsServerState
from signaling.sockets.websocket_handshake import WebSocketHandshake

HEADERS = [
    (b"host", b"here"),
    (b"sec-websocket-version", b"13"),
    (b"sec-websocket-key", b"c2l4dGVlbiBieXRlcyBvaw=="),
    (b"sec-websocket-protocol", b"one, two"),
    (b"sec-websocket-protocol", b"three"),
]
REQUEST = {
    "type": "http",
    "http_version": "1.1",
    "method": "GET",
    "scheme": "https",
    "server": ("192.0.2.1", 80),
    "client": ("192.0.2.2", 4000),
    "headers": HEADERS,
    "state": {},
}
PATIENCE = 5.0


class FakeTransport:
    """The connection, as far as a handshake that is refused goes."""

    def __init__(self) -> None:
        self.written = b""
        self.is_reading = True
        self.is_closed = asyncio.Event()

    def write(self, data: bytes) -> None:
        """Take bytes."""
        self.written += data

    def close(self) -> None:
        """Close."""
        self.is_closed.set()

    def is_closing(self) -> bool:
        """Whether it is closed."""
        return self.is_closed.is_set()

    def pause_reading(self) -> None:
        """Leave what comes in the kernel."""
        self.is_reading = False

    def abort(self) -> None:
        """Close at once."""
        self.is_closed.set()

    def get_extra_info(self, name: str) -> object:
        """Have a socket of which nothing can be set, as macOS has it of a client that has reset the connection."""
        return ResetSocket() if name == "socket" else None


class ResetSocket:
    """What is left of a connection that the other side has reset."""

    def setsockopt(self, *_options: object) -> None:
        """Fail as macOS does."""
        raise OSError(errno.EINVAL, "Invalid argument")


def begin(app: Any, counters: Counters | None = None) -> tuple[WebSocketHandshake, FakeTransport, ServerState]:
    """Connect to an app, and send it the request."""
    config = Config(app, lifespan="off", log_config=None)
    config.load()
    state, transport = ServerState(), FakeTransport()
    upgrade = WebSocketHandshake(PicowsServerState(Keepalive(3600), 1000, counters=counters), config, state)
    upgrade.asked(transport, REQUEST, b"/ws?room=1", "192.0.2.1")  # type: ignore[arg-type]  # as far as it goes
    upgrade.begin()
    return upgrade, transport, state


async def answer(app: Any, counters: Counters | None = None) -> bytes:
    """Return what a client is answered by an app, when the connection is closed."""
    _, transport, state = begin(app, counters)
    await asyncio.wait_for(transport.is_closed.wait(), PATIENCE)
    await asyncio.gather(*state.tasks)
    return transport.written


async def test_app_sees_the_handshake() -> None:
    """The app is given an ordinary scope, and the subprotocols of every header; nothing is read meanwhile."""
    scopes: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scopes.append(scope)
        assert await receive() == {"type": "websocket.connect"}
        with pytest.raises(RuntimeError):
            websocket_of(scope)
        await send({"type": "websocket.close"})

    _, transport, _ = begin(app)
    await asyncio.wait_for(transport.is_closed.wait(), PATIENCE)
    [scope] = scopes
    assert (scope["type"], scope["path"], scope["query_string"]) == ("websocket", "/ws", b"room=1")
    assert scope["scheme"] == "wss"
    assert (scope["client"], scope["server"]) == (("192.0.2.2", 4000), ("192.0.2.1", 80))
    assert "method" not in scope
    assert scope["subprotocols"] == ["one", "two", "three"]
    assert (b"host", b"here") in scope["headers"]
    assert transport.written.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert not transport.is_reading


async def test_app_may_answer_with_page_of_its_own() -> None:
    """A refusal may have a status, headers and a body, which may come in pieces."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"x-why", b"because"), (b"content-length", b"99")]
        await send({"type": "websocket.http.response.start", "status": 404, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": b"not ", "more_body": True})
        await send({"type": "websocket.http.response.body", "body": b"here"})

    head, _, body = (await answer(app)).partition(b"\r\n\r\n")
    assert head.splitlines()[0] == b"HTTP/1.1 404 Not Found"
    assert {b"x-why: because", b"content-length: 8", b"connection: close"} <= set(head.splitlines())
    assert b"content-length: 99" not in head
    assert body == b"not here"


async def test_app_that_fails_is_answered_for(caplog: pytest.LogCaptureFixture) -> None:
    """A failure before the acceptance is a 500 as elsewhere: counted, and with what finds the traceback in the log."""
    counters = Counters()

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        request_id.set("its-number")
        raise ValueError("a defect")

    head, _, body = (await answer(app, counters)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 500 ")
    error = json.loads(body)["error"]
    assert (error["code"], error["request_id"]) == ("internal", "its-number")
    assert counters.refusals[ErrorCode.INTERNAL] == 1
    assert "a defect" in caplog.text


async def test_app_that_says_nothing_is_answered_for() -> None:
    """An app that neither accepts nor refuses has a defect too."""

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        pass

    assert (await answer(app)).startswith(b"HTTP/1.1 500 ")


async def test_server_that_stops_refuses_handshake() -> None:
    """A handshake that is under way when the server stops is answered with 503, once."""

    async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
        await receive()
        await receive()

    upgrade, transport, state = begin(app)
    await asyncio.sleep(0)
    upgrade.shutdown()
    upgrade.shutdown()
    assert transport.written.count(b"HTTP/1.1 503 ") == transport.written.count(b"HTTP/1.1") == 1
    upgrade.connection_lost(None)
    await asyncio.wait_for(asyncio.gather(*state.tasks), PATIENCE)


async def test_client_that_is_gone_is_not_accepted() -> None:
    """An app that answers too late is told that the client has not waited."""
    answers: list[Message] = []

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        answers.append(await receive())
        await send({"type": "websocket.accept"})

    counters = Counters()
    upgrade, transport, state = begin(app, counters)
    assert len(state.connections) == 1
    await asyncio.sleep(0)
    upgrade.connection_lost(None)
    await asyncio.wait_for(asyncio.gather(*state.tasks), PATIENCE)
    assert answers == [{"type": "websocket.disconnect", "code": 1006}]
    assert (transport.written, state.connections, counters.refusals.total()) == (b"", set(), 0)


class Crowd:
    """A receiver during whose first message many others begin to wait for their turn to read."""

    def __init__(self, shared: PicowsServerState) -> None:
        self.received = asyncio.Event()
        self._shared = shared

    def text_received(self, text: str) -> None:  # noqa: ARG002 - of no interest
        """Have the others wait."""
        if not self.received.is_set():
            for number in range(100):
                self._shared.reads.take_later(f"198.51.100.{number}", lambda: None)
            self.received.set()

    def binary_received(self) -> None:
        """Expect none."""
        raise AssertionError

    def closed(self, code: int) -> None:
        """Of no interest."""


@pytest.mark.parametrize(("frames", "is_read_on"), [(1, True), (1_000, False)])
async def test_client_that_fills_a_read_waits_for_its_turn(frames: int, *, is_read_on: bool) -> None:
    """Also the first one, which is small; a client that does not is read again when it sends again."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        accepted.set_result(websocket_of(scope))
        await asyncio.Event().wait()

    config = Config(app, lifespan="off", log_config=None)
    config.load()
    loop = asyncio.get_running_loop()
    accepted: asyncio.Future[AcceptedWebSocket | None] = loop.create_future()
    shared, state = PicowsServerState(Keepalive(3600), 1000), ServerState()
    upgrade = WebSocketHandshake(shared, config, state)
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        transport, _ = await loop.connect_accepted_socket(lambda: upgrade, listener.accept()[0])
        upgrade.asked(transport, REQUEST, b"/ws", "192.0.2.2")
        upgrade.begin()
        websocket = await asyncio.wait_for(accepted, PATIENCE)
        client.sendall(b"\x81\x81\0\0\0\0x" * frames)
        crowd = Crowd(shared)
        assert websocket is not None
        websocket.listen(crowd)
        await asyncio.wait_for(crowd.received.wait(), PATIENCE)
        assert transport.is_reading() is is_read_on
        transport.abort()
    for task in state.tasks:
        task.cancel()
    await asyncio.gather(*state.tasks, return_exceptions=True)


async def test_app_is_not_asked_for_a_client_that_has_gone() -> None:
    """It went while it waited for its turn."""
    asked: list[Any] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        asked.append(scope)

    config = Config(app, lifespan="off", log_config=None)
    config.load()
    state = ServerState()
    upgrade = WebSocketHandshake(PicowsServerState(Keepalive(3600), 1000), config, state)
    upgrade.asked(FakeTransport(), REQUEST, b"/ws", "192.0.2.1")  # type: ignore[arg-type]  # as far as it goes
    upgrade.connection_lost(None)
    upgrade.begin()
    await asyncio.gather(*state.tasks)
    assert (asked, state.connections) == ([], set())


async def test_client_that_has_reset_the_connection_is_let_go(caplog: pytest.LogCaptureFixture) -> None:
    """It cannot be handed to picows; the app hears that nobody is there, and nothing of the connection is left."""
    heard: list[BaseException] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        try:
            await send({"type": "websocket.accept"})
        except OSError as error:
            heard.append(error)
            raise

    _, transport, state = begin(app)
    await asyncio.wait_for(transport.is_closed.wait(), PATIENCE)
    await asyncio.gather(*state.tasks)
    assert [type(error) for error in heard] == [ClientDisconnected]
    assert not state.connections
    assert not transport.written
    assert not caplog.records
