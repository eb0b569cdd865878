"""Real servers and real clients: uvicorn in a thread of its own, httpx and websockets against it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx
import pytest
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from protocol.codes import ErrorCode
from protocol.events import EVENTS, Error, Event, Joined, Welcome
from protocol.http import TOKEN_SUBPROTOCOL_PREFIX
from protocol.requests import REQUESTS, Join, Request
from protocol.versions import LATEST, SUBPROTOCOLS
from signaling.app import create_app
from signaling.configuration.settings import Settings
from signaling.process.serving import BuildFastPath, Server, configuration, listen
from signaling.site.loading import Site
from signaling.sockets.waiting_clients import Patience, WaitingClients

PASSWORD = "correct horse"
PATIENCE = 10.0
"""Seconds after which a test gives up waiting for what should come at once."""

QUICK = Patience(refused=0.0, step=0.01)
"""What is refused is told at once: that it is held is for tests of its own."""

usernames = (f"user-{number}" for number in itertools.count(1))


@dataclass
class RunningServer:
    """A server that answers, and how to talk to it."""

    settings: Settings
    host: str
    port: int
    server: Server
    finished: Future[None]
    app: Starlette

    @property
    def url(self) -> str:
        """The origin of its pages."""
        scheme = "http" if self.settings.ssl_certfile is None else "https"
        return f"{scheme}://{self.host}:{self.port}"

    @property
    def socket_url(self) -> str:
        """Where its WebSockets are."""
        return f"ws{self.url.removeprefix('http')}/ws"

    def http(self, **options: Any) -> httpx.AsyncClient:
        """Make an HTTP client that does what it is told."""
        return httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=PATIENCE, **options)

    async def post(self, path: str, json: object = None, **options: Any) -> httpx.Response:
        """Send one POST request."""
        async with self.http() as client:
            return await client.post(path, json=json, **options)

    async def register(self, username: str | None = None) -> str:
        """Make an account and give a token of it."""
        credentials = {"username": username or next(usernames), "password": PASSWORD}
        response = await self.post("/api/register", credentials)
        assert response.status_code == httpx.codes.CREATED, response.text
        return str(response.json()["token"])

    def connect(self, token: str, version: int = LATEST, **options: Any) -> SignalingClient:
        """Make a client that hands its token over as the page of a version does."""
        subprotocols = [Subprotocol(SUBPROTOCOLS[version]), Subprotocol(TOKEN_SUBPROTOCOL_PREFIX + token)]
        return SignalingClient(self.socket_url, subprotocols=subprotocols, **options)

    def connect_by_query(self, token: str, **options: Any) -> SignalingClient:
        """Make a client that hands its token over in the address."""
        return SignalingClient(f"{self.socket_url}?token={token}", **options)

    def stop(self) -> None:
        """Stop, and wait for the end of it."""
        self.server.stop()
        self.finished.result(PATIENCE)


class SignalingClient:
    """A client of the signaling protocol that believes nothing: every event goes through the codec."""

    def __init__(self, address: str, origin: str | None = None, **options: Any) -> None:
        self._connecting = connect(address, origin=Origin(origin) if origin else None, proxy=None, **options)
        self.socket: ClientConnection

    async def __aenter__(self) -> Self:
        """Connect."""
        self.socket = await self._connecting.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        """Close, if nobody has yet."""
        await self._connecting.__aexit__(*error)

    async def send(self, request: Request) -> None:
        """Send a request."""
        await self.socket.send(REQUESTS.encode(request))

    async def receive(self) -> Event:
        """Wait for the next event."""
        text = await asyncio.wait_for(self.socket.recv(), PATIENCE)
        assert isinstance(text, str)
        return EVENTS.decode(text)

    async def welcome(self) -> Welcome:
        """Wait for the welcome."""
        event = await self.receive()
        assert isinstance(event, Welcome)
        return event

    async def join(self, room: str, resume: str | None = None) -> Joined:
        """Ask for a place in a room, and get it."""
        await self.send(Join(room, resume))
        event = await self.receive()
        assert isinstance(event, Joined), event
        return event

    async def refusal(self) -> ErrorCode:
        """Wait for an error, and give its code."""
        event = await self.receive()
        assert isinstance(event, Error), event
        return ErrorCode(event.code)

    async def close_code(self) -> int:
        """Wait for the server to close, whatever it sends before, and give the code."""
        async with asyncio.timeout(PATIENCE):
            with contextlib.suppress(ConnectionClosed):
                while True:
                    await self.socket.recv()
        assert self.socket.close_code is not None
        return self.socket.close_code


@asynccontextmanager
async def in_room(server: RunningServer, token: str, room: str) -> AsyncIterator[tuple[SignalingClient, Joined]]:
    """Connect and join a room."""
    async with server.connect(token) as client:
        await client.welcome()
        yield client, await client.join(room)


def error_of(response: httpx.Response) -> dict[str, Any]:
    """Return the error in a response that has nothing else in it."""
    body = response.json()
    assert body.keys() == {"error"}
    return dict(body["error"])


def bearer(token: str) -> dict[str, str]:
    """Return the header that hands a token over."""
    return {"Authorization": f"Bearer {token}"}


async def until_logged(text: str, caplog: pytest.LogCaptureFixture) -> None:
    """Wait for a line in the log: what nobody is told can be seen there only."""
    async with asyncio.timeout(PATIENCE):
        while not any(text in message for message in caplog.messages):  # noqa: ASYNC110 - a log has no event
            await asyncio.sleep(0.001)


def drop(client: SignalingClient) -> None:
    """Cut a connection as a dead network does, without a close frame."""
    client.socket.transport.abort()


async def lose(client: SignalingClient, caplog: pytest.LogCaptureFixture) -> None:
    """Cut a connection, and wait until the server has noticed."""
    caplog.set_level("INFO", logger="p2p_chat")
    drop(client)
    await until_logged("event=closed", caplog)


@contextmanager
def running(
    settings: Settings, site: Site, clients: WaitingClients | None = None, build: BuildFastPath | None = None
) -> Iterator[RunningServer]:
    """Run a server until the block is left."""
    app = create_app(settings, site)
    sockets = listen(settings.host, settings.port)
    is_ready = threading.Event()
    config = configuration(app, settings, clients or WaitingClients(QUICK), build)
    server = Server(config, is_ready.set, app.state.drain)
    with ThreadPoolExecutor(1) as executor:
        finished = executor.submit(_run, app, server, sockets)
        finished.add_done_callback(lambda _: is_ready.set())
        is_ready.wait(PATIENCE)
        if finished.done():
            finished.result()
        host, port = sockets[0].getsockname()[:2]
        started = RunningServer(settings, host, port, server, finished, app)
        try:
            yield started
        finally:
            started.stop()


def _run(app: Starlette, server: Server, sockets: list[Any]) -> None:
    async def serve() -> None:
        async with app.router.lifespan_context(app):
            await server.serve(sockets)

    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(serve())
