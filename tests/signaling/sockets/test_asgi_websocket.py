"""A WebSocket through ASGI: by itself, over a server that takes what it is told to take, and where it is chosen."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.types import Message
from starlette.websockets import WebSocket
from websockets.frames import Opcode

from protocol.codes import CloseCode
from protocol.events import EVENTS, Joined, Welcome
from protocol.requests import REQUESTS, Join
from signaling.app import create_app
from signaling.client_addresses import ClientAddress
from signaling.configuration.settings import Settings
from signaling.rate_limits.address_and_account_quotas import Quotas
from signaling.rate_limits.budgets import Rate
from signaling.site.loading import Site
from signaling.sockets.accepted_websocket import ABNORMAL_CLOSURE, NO_CODE, TOO_BIG
from signaling.sockets.asgi_websocket import AsgiFallback, AsgiWebSocket
from signaling.sockets.keepalive import PING_SECONDS, PONG_SECONDS
from signaling.sockets.websocket_limits import MAX_WAITING_MESSAGES
from tests.signaling.conftest import StartServer, over_both_paths
from tests.signaling.quotas import quota_limits
from tests.signaling.raw_client import connected
from tests.signaling.running import PATIENCE, RunningServer, in_room

GONE: Message = {"type": "websocket.disconnect", "code": 1000}
CREDENTIALS = {"username": "Anna", "password": "correct horse"}


class Ear:
    """A receiver that remembers, and does something about each message."""

    def __init__(self, then: Callable[[], None] = lambda: None) -> None:
        self.heard: list[str | int] = []
        self._then = then

    def text_received(self, text: str) -> None:
        """Remember a text."""
        self.heard.append(text)
        self._then()

    def binary_received(self) -> None:
        """Remember that there was one."""
        self.heard.append("binary")

    def closed(self, code: int) -> None:
        """Remember the code."""
        self.heard.append(code)


class Line:
    """A WebSocket with both its ends: an ASGI server that is fed, and that takes messages while `is_taken` is set."""

    def __init__(self, *, patience: float = 3600.0, frames: int = 1000, mib: int = 16) -> None:
        self.coming: asyncio.Queue[Message] = asyncio.Queue()
        self.coming.put_nowait({"type": "websocket.connect"})
        self.sent: list[Message] = []
        self.is_taken = asyncio.Event()
        self.is_taken.set()
        self.starlette = WebSocket({"type": "websocket"}, self.coming.get, self._send)
        self.websocket = AsgiWebSocket(self.starlette, AsgiFallback(1000, patience))
        self.ear = Ear()
        limits = quota_limits(connections=1, frames=Rate.of(frames, 3600.0), buffered_bytes=mib * 2**20)
        self.quotas = Quotas(limits)

    @property
    def is_counted(self) -> bool:
        """Whether it takes the one place that there is."""
        return self.quotas.connect(None, 0.0) is None

    async def begin(self) -> asyncio.Task[None]:
        """Let the client in, and carry its messages from now on."""
        await self.starlette.accept()
        usage = self.quotas.connect(ClientAddress("203.0.113.1"), 0.0)
        assert usage is not None
        self.websocket.count_against(usage)
        self.websocket.listen(self.ear)
        return asyncio.create_task(self.websocket.carry())

    def come(self, *texts: str) -> None:
        """Have messages come."""
        for text in texts:
            self.coming.put_nowait({"type": "websocket.receive", "text": text})

    def go(self, **code: int) -> None:
        """Have the client go."""
        self.coming.put_nowait({"type": "websocket.disconnect", **code})

    async def _send(self, message: Message) -> None:
        await self.is_taken.wait()
        self.sent.append(message)


async def ended(carrying: asyncio.Task[None]) -> None:
    """Wait for the end."""
    await asyncio.wait_for(carrying, PATIENCE)


@pytest.mark.parametrize(("code", "told"), [({"code": 1000}, 1000), ({}, NO_CODE)])
async def test_messages_are_received_until_the_client_goes(code: dict[str, int], told: int) -> None:
    """Messages come in their order, and at last the code; then it is not counted any more."""
    line = Line()
    carrying = await line.begin()
    line.come("one", "two")
    line.coming.put_nowait({"type": "websocket.receive", "bytes": b"three"})
    line.go(**code)
    await ended(carrying)
    assert line.ear.heard == ["one", "two", "binary", told]
    assert not line.is_counted


async def test_close_comes_after_what_was_sent() -> None:
    """What was sent goes out in its order, then the first code; what comes after that is not read."""
    line = Line()
    carrying = await line.begin()
    line.websocket.send(b"one")
    line.websocket.send(b"two")
    line.websocket.close(CloseCode.REPLACED)
    line.websocket.close(CloseCode.NORMAL)
    line.come("late", "later")
    await ended(carrying)
    assert [sent.get("text", sent.get("code")) for sent in line.sent[1:]] == ["one", "two", CloseCode.REPLACED]
    assert line.ear.heard == [CloseCode.REPLACED]
    assert line.coming.qsize() == 1


async def test_messages_wait_for_slow_client_up_to_a_number() -> None:
    """Who does not read is written to no more, and is closed before what waits; nobody waits for them for long."""
    line = Line(patience=0.05)
    carrying = await line.begin()
    line.is_taken.clear()
    line.websocket.send(b"under way")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for _ in range(MAX_WAITING_MESSAGES):
        assert line.websocket.send(b"x")
    assert not line.websocket.send(b"x")
    line.websocket.close(CloseCode.SLOW_CONSUMER)
    await ended(carrying)
    assert line.ear.heard == [CloseCode.SLOW_CONSUMER]
    assert len(line.sent) == 1
    assert not line.is_counted


async def test_slow_client_that_reads_again_is_told_the_code() -> None:
    """Of what waited it gets nothing, since there was too much of it."""
    line = Line()
    carrying = await line.begin()
    line.is_taken.clear()
    for text in (b"under way", b"waits"):
        line.websocket.send(text)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    line.websocket.close(CloseCode.SLOW_CONSUMER)
    line.is_taken.set()
    line.go(code=CloseCode.SLOW_CONSUMER)
    await ended(carrying)
    assert [sent.get("text", sent.get("code")) for sent in line.sent[1:]] == ["under way", CloseCode.SLOW_CONSUMER]


async def test_what_client_does_not_read_counts_against_its_address() -> None:
    """Below the number of messages that may wait, it is their size that is too much."""
    line = Line(mib=1)
    carrying = await line.begin()
    taken = 0
    while line.websocket.send(b"x" * 30_000):
        taken += 1
    assert taken == 2**20 // 8 // 30_000
    line.go()
    await ended(carrying)


async def test_messages_over_the_limit_close() -> None:
    """The message that is one too many is not looked at, nor what comes after it."""
    line = Line(frames=2)
    carrying = await line.begin()
    line.come(*"12345")
    await ended(carrying)
    assert line.ear.heard == ["1", "2", CloseCode.RATE_LIMITED]
    assert line.coming.qsize() == 2


@pytest.mark.parametrize("message", [{"text": "x" * 1001}, {"bytes": b"x" * 1001}])
async def test_message_over_the_size_closes(message: dict[str, Any]) -> None:
    """Also where the server lets it through."""
    line = Line()
    carrying = await line.begin()
    line.coming.put_nowait({"type": "websocket.receive", **message})
    await ended(carrying)
    assert line.ear.heard == [TOO_BIG]


async def test_others_have_their_turn_between_messages() -> None:
    """A client whose server has read much at once does not hold up the others."""
    line = Line()
    turns: list[int] = []

    def let_somebody_look() -> None:
        asyncio.get_running_loop().call_soon(lambda: turns.append(len(line.ear.heard)))

    line.ear = Ear(let_somebody_look)
    carrying = await line.begin()
    line.come(*"1234")
    line.go()
    await ended(carrying)
    assert turns == [1, 2, 3, 4]


async def test_close_before_anyone_listens_takes_effect() -> None:
    """A connection that is closed while it is welcomed is closed all the same, and not waited for."""
    line = Line(patience=0.05)
    await line.starlette.accept()
    line.is_taken.clear()
    line.websocket.send(b"welcome")
    line.websocket.close(CloseCode.RATE_LIMITED)
    line.websocket.listen(line.ear)
    await asyncio.wait_for(line.websocket.carry(), PATIENCE)
    assert line.ear.heard == [CloseCode.RATE_LIMITED]


async def test_server_that_cancels_ends_it() -> None:
    """The end of its task is the end, as of a lost connection."""
    line = Line()
    carrying = await line.begin()
    await asyncio.sleep(0)
    carrying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await carrying
    assert line.ear.heard == [ABNORMAL_CLOSURE]
    assert not line.is_counted


# Where it is chosen


async def test_any_asgi_server_will_do(settings: Settings, site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """The app serves WebSockets under a server that knows nothing of it, and says so once."""
    app = create_app(settings, site)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        token = (await http.post("/api/register", json=CREDENTIALS)).json()["token"]
        for _ in range(2):
            coming: asyncio.Queue[Message] = asyncio.Queue()
            sent: list[Message] = []

            async def send(message: Message, sent: list[Message] = sent) -> None:
                sent.append(message)

            join = REQUESTS.encode(Join("kitchen"))
            for message in ({"type": "websocket.connect"}, {"type": "websocket.receive", "text": join}, GONE):
                coming.put_nowait(message)
            scope = {"type": "websocket", "path": "/ws", "query_string": f"token={token}".encode(), "headers": []}
            await app({**scope, "subprotocols": []}, coming.get, send)
            assert [type(EVENTS.decode(each["text"])) for each in sent[1:]] == [Welcome, Joined]
    told = [message for message in caplog.messages if "websockets_through_asgi" in message]
    assert len(told) == 1
    assert "does not hand connections over" in told[0]


@over_both_paths
async def test_log_says_why_the_fast_path_is_not_taken(
    start_server: StartServer, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    """Where it is, nothing is said."""
    server = start_server()
    async with in_room(server, await server.register(), "kitchen"):
        pass
    told = [message for message in caplog.messages if "websockets_through_asgi" in message]
    reasons = ["the test does without it"] if "asgi" in request.node.name else []
    assert len(told) == len(reasons)
    assert all(reason in message for reason, message in zip(reasons, told, strict=True))


@pytest.mark.parametrize("build", ["asgi"], indirect=True)
async def test_silent_client_is_given_up(start_server: StartServer) -> None:
    """A client that does not answer a ping in time is closed, by uvicorn."""
    server: RunningServer = start_server()
    config = server.server.config
    assert (config.ws_ping_interval, config.ws_ping_timeout) == (PING_SECONDS, PONG_SECONDS)
    config.ws_ping_interval = config.ws_ping_timeout = 0.05
    async with connected(server, await server.register()) as client:
        assert (await client.frame())[0] is Opcode.PING
        assert await client.close_code() == CloseCode.INTERNAL_ERROR


@pytest.mark.parametrize("build", ["asgi"], indirect=True)
async def test_requests_are_counted_without_the_fast_path(start_server: StartServer) -> None:
    """An address that asks too much is refused, with the time to wait."""
    limit = Settings.read({"P2PCHAT_REQUEST_LIMIT": "3/hour"}).request_limit
    server = start_server(request_limit=limit, trusted_proxies=())
    async with server.http() as http:
        answers = [await http.get("/healthz") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[3].headers["retry-after"]) > 0
