"""What the production driver of a simulated page stands on: the ports, on the agenda, the server and the network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from client_py.drivers.retention import StoragePorts
from client_py.drivers.room import RoomPorts
from client_py.drivers.signaling_connection import ServerPorts
from client_py.ports.disposal import Dispose
from client_py.ports.server import Response, SocketCallbacks, Unreachable
from client_py.ports.storage import Change, Key
from client_py.ports.webrtc import (
    BinaryData,
    ChannelCallbacks,
    ChannelOptions,
    Configuration,
    OperationFailed,
    PeerConnectionCallbacks,
    SelectedPath,
)
from protocol.http import ICE_SERVERS_PATH, SOCKET_PATH, TOKEN_SUBPROTOCOL_PREFIX
from protocol.webrtc import Candidate, Description
from tests.fakes.agenda import Action
from tests.fakes.browser import Browser
from tests.fakes.ports import FakeDownloads
from tests.fakes.profile import Claim
from tests.fakes.webrtc import Channel

READING = 0.1
"""What reading takes of the time that writing takes."""
CLAIMING = (0.0, 0.02)
COUNTING = (0.0, 0.05)
FETCH_SECONDS = 15.0
"""As `BrowserHttp` has it: what is not answered by then, is unreachable."""
OK = 200


def ports_of(browser: Browser) -> RoomPorts:
    """Return what a room stands on."""
    keeping = StoragePorts(
        PageDatabases(browser),
        PageLocks(browser),
        browser.profile.store,
        browser.tab,
        PageClock(browser),
        browser.random,
        browser.max_together,
    )
    server = ServerPorts(PageReachabilityProbe(browser), PageSockets(browser), PageHttp(browser))
    return RoomPorts(server, PagePeerConnections(browser), keeping, FakeDownloads())


EPOCH = 1_700_000_000.0
"""When the world begins: no clock of it is so wrong that it stands before 1970."""


class PageClock:
    """Implements `ports.Clock`."""

    def __init__(self, browser: Browser) -> None:
        self._agenda = browser.agenda
        self._profile = browser.profile
        self._loop = browser.loop

    def now(self) -> float:
        """Return the time of the world, as wrong as the clock of the machine is."""
        return EPOCH + self._agenda.now + self._profile.clock_error

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Dispose:
        """Call back later, also where the page sleeps meanwhile."""
        waiting = [callback]

        def fire() -> None:
            if waiting:
                waiting.pop()()

        call_off = self._agenda.after(seconds, lambda: self._loop.enter(fire))

        def dispose() -> None:
            waiting.clear()
            call_off()

        return dispose


@dataclass(frozen=True, slots=True)
class PageDatabases:
    """Implements `ports.Databases`."""

    browser: Browser

    async def open(self, closed: Callable[[], None]) -> PageDatabase:
        """Open what the profile keeps; nobody takes it away."""
        del closed
        await self.browser.transact(_nothing, READING)
        return PageDatabase(self.browser)


@dataclass(frozen=True, slots=True)
class PageDatabase:
    """Implements `ports.Database`."""

    browser: Browser

    async def write(self, changes: Sequence[Change]) -> Sequence[Key | None]:
        """Make all changes or none."""
        return await self.browser.transact(partial(self.browser.profile.write, changes))

    async def get(self, keys: Sequence[Key]) -> Sequence[str | None]:
        """Return values, once what was to be written before is written."""
        if not keys:
            return []
        return await self.browser.transact(partial(self.browser.profile.get, keys), READING)

    async def read(
        self,
        prefix: Key,
        *,
        before: Key | None = None,
        after: Key | None = None,
        newest: int | None = None,
        oldest: int | None = None,
    ) -> Sequence[tuple[Key, str]]:
        """Return rows, once what was to be written before is written."""
        read = partial(self.browser.profile.read, prefix, before=before, after=after, newest=newest, oldest=oldest)
        return await self.browser.transact(read, READING)

    def close(self) -> None:
        """Let go of it; what is being written is still written."""


@dataclass(frozen=True, slots=True)
class PageLocks:
    """Implements `ports.Locks`; a page that ends lets go of all."""

    browser: Browser
    supported: bool = True

    async def claim(self, name: str, patience: float) -> Dispose | None:
        """Take a name, if it comes to be free within some seconds."""
        browser, loop = self.browser, self.browser.loop
        outcome: asyncio.Future[bool] = loop.create_future()
        claim = Claim(browser.profile, name, lambda: tell(is_granted=True))

        def tell(*, is_granted: bool) -> None:
            browser.agenda.within(*CLAIMING, lambda: loop.arrive(outcome, is_granted))

        browser.claims.append(claim)
        if claim.is_held:
            tell(is_granted=True)
        else:
            browser.agenda.after(patience, lambda: loop.arrive(outcome, result=False))
        try:
            is_held = await outcome
        except BaseException:
            claim.release()
            raise
        if not is_held:
            claim.release()
            return None
        return claim.release


@dataclass(frozen=True, slots=True)
class PageReachabilityProbe:
    """Implements `ports.ReachabilityProbe`."""

    browser: Browser

    async def ask(self) -> bool:
        """Ask the server; nothing comes back while the line is silent."""
        loop = self.browser.loop
        answer: asyncio.Future[bool] = loop.create_future()
        call_off = _nothing
        if not self.browser.is_silenced:
            call_off = self.browser.server.probe(partial(loop.arrive, answer))
        try:
            return await answer
        finally:
            call_off()


@dataclass(frozen=True, slots=True)
class PageHttp:
    """Implements `ports.Http`, as far as a room needs it."""

    browser: Browser

    async def post(self, path: str, body: str, *, token: str | None = None, outlives_page: bool = False) -> Response:
        """Nothing is posted from a room."""
        raise AssertionError((path, body, token, outlives_page))

    async def get(self, path: str, *, token: str) -> Response:
        """Ask for the ICE servers."""
        browser = self.browser
        assert (path, token) == (ICE_SERVERS_PATH, browser.login.token)
        if browser.is_silenced:
            await browser.wait(FETCH_SECONDS, FETCH_SECONDS)
            raise Unreachable
        answer: asyncio.Future[str | None] = browser.loop.create_future()
        browser.server.ask_ice_servers(partial(browser.loop.arrive, answer))
        body = await answer
        if body is None:
            raise Unreachable
        return Response(OK, body)


@dataclass(frozen=True, slots=True)
class PageSockets:
    """Implements `ports.Sockets`."""

    browser: Browser

    def open(self, path: str, subprotocols: Sequence[str], callbacks: SocketCallbacks) -> PageSocket:
        """Open a line to the server, which brings nothing while the browser is silenced."""
        assert path == SOCKET_PATH
        assert subprotocols[-1] == TOKEN_SUBPROTOCOL_PREFIX + self.browser.login.token
        return PageSocket(self.browser, callbacks)


class PageSocket:
    """Implements `ports.Socket`."""

    def __init__(self, browser: Browser, callbacks: SocketCallbacks) -> None:
        self._loop = browser.loop
        self._is_closed = False
        told = SocketCallbacks(
            opened=lambda: self._tell(callbacks.opened),
            received=lambda text: self._tell(partial(callbacks.received, text)),
            closed=lambda code: self._tell(partial(callbacks.closed, code), last=True),
        )
        self._line = browser.line = browser.server.open(browser.login.token, told)
        self._line.is_token_settled = lambda: browser.login.is_settled
        if browser.is_silenced:
            self._line.swallow()

    def send(self, text: str) -> None:
        """Send text."""
        self._line.send(text)

    def close(self) -> None:
        """Close it."""
        self._is_closed = True
        self._line.close()

    def _tell(self, tell: Action, *, last: bool = False) -> None:
        def act() -> None:
            if not self._is_closed:
                self._is_closed = last
                tell()

        self._loop.enter(act)


@dataclass(frozen=True, slots=True)
class PagePeerConnections:
    """Implements `ports.PeerConnections`."""

    browser: Browser
    supported: bool = True

    def create(self, configuration: Configuration, callbacks: PeerConnectionCallbacks) -> PagePeerConnection:
        """Create one, unless the browser refuses."""
        del configuration
        return PagePeerConnection(self.browser, callbacks)


class PagePeerConnection:
    """Implements `ports.PeerConnection`."""

    def __init__(self, browser: Browser, callbacks: PeerConnectionCallbacks) -> None:
        self._browser = browser
        self._loop = browser.loop
        self._is_closed = False
        told = PeerConnectionCallbacks(
            negotiation_needed=self._in_page(callbacks.negotiation_needed),
            candidate_gathered=self._in_page(callbacks.candidate_gathered),
            signaling_state_changed=self._in_page(callbacks.signaling_state_changed),
            connection_state_changed=self._in_page(callbacks.connection_state_changed),
            candidate_failed=self._in_page(callbacks.candidate_failed),
            channel_offered=self._in_page(callbacks.channel_offered),
        )
        self._connection = browser.internet.create(browser.place, told)
        browser.connections.append(self._connection)

    async def set_local_description(self) -> Description:
        """Make the description that the signaling state asks for."""
        outcome: asyncio.Future[Description] = self._loop.create_future()
        self._connection.set_local_description(partial(self._loop.arrive, outcome), self._failing(outcome))
        return await outcome

    async def set_remote_description(self, description: Description) -> None:
        """Apply what the other side sent."""
        outcome: asyncio.Future[None] = self._loop.create_future()
        done = partial(self._loop.arrive, outcome, None)
        self._connection.set_remote_description(description, done, self._failing(outcome))
        await outcome

    async def add_ice_candidate(self, candidate: Candidate) -> None:
        """Apply a candidate of the other side."""
        outcome: asyncio.Future[None] = self._loop.create_future()
        done = partial(self._loop.arrive, outcome, None)
        self._connection.add_ice_candidate(candidate, done, self._failing(outcome))
        await outcome

    def restart_ice(self) -> None:
        """Ask for a new ICE generation."""
        self._connection.restart_ice()

    def configure(self, configuration: Configuration) -> None:
        """Take another configuration, unless the browser refuses."""
        del configuration
        self._browser.internet.refuse_sometimes()

    def create_data_channel(self, options: ChannelOptions, callbacks: ChannelCallbacks) -> Channel:
        """Create the channel; what was on its way to a page that has closed it is not told to anyone."""
        assert not options.binary, "the channels of this world carry text"
        watch = self._browser.frame_received

        def received(text: str | BinaryData) -> None:
            assert isinstance(text, str)
            if watch is not None:
                watch(text)
            callbacks.received(text)

        told = ChannelCallbacks(
            opened=self._in_page(callbacks.opened, lambda: not channel.is_closed_here),
            received=self._in_page(received, lambda: not channel.is_closed_here),
            overrun=self._in_page(callbacks.overrun, lambda: not channel.is_closed_here),
            closed=self._in_page(callbacks.closed, lambda: not channel.is_closed_here),
        )
        channel = self._connection.create_channel(told)
        return channel

    async def selected_path(self) -> SelectedPath | None:
        """Tell the path in use, if there is one."""
        await self._browser.wait(*COUNTING)
        return self._connection.selected_path

    async def bytes_received(self) -> int | None:
        """Tell how much had come in when it was asked."""
        count = self._connection.bytes_received
        await self._browser.wait(*COUNTING)
        return count

    def close(self) -> None:
        """Close it."""
        self._is_closed = True
        self._browser.connections.remove(self._connection)
        self._connection.close()

    def _in_page(
        self, callback: Callable[..., None], is_of_use: Callable[[], bool] = lambda: True
    ) -> Callable[..., None]:
        """Have something heard in the page's loop, unless the connection is closed by then."""

        def tell(*arguments: Any) -> None:
            def act() -> None:
                if not self._is_closed and is_of_use():
                    callback(*arguments)

            self._loop.enter(act)

        return tell

    def _failing(self, outcome: asyncio.Future[Any]) -> Callable[[str], None]:
        return lambda reason: self._loop.fail(outcome, OperationFailed(reason))


def _nothing() -> None:
    pass
