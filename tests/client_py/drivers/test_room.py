from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import pytest

from client_py.core.channels import CHANNELS, CHAT, ChannelSpec
from client_py.core.conversation.notices import ItemAdded
from client_py.core.frame_budgets import BUDGETS
from client_py.core.frames import FRAMES, MAX_FRAME_BYTES, Frame, Hello, Ping, Resume, Typing
from client_py.core.notices import Notice, StatusChanged
from client_py.core.room import ForPeer, Room
from client_py.core.status_line import Connected, Status
from client_py.drivers.peer_connection import options_of
from client_py.drivers.retention import StoragePorts
from client_py.drivers.room import Repertoire, RoomCallbacks, RoomDriver, RoomPorts
from client_py.drivers.signaling_connection import ServerPorts
from client_py.drivers.tasks import Tasks
from client_py.ports.server import Response
from client_py.ports.webrtc import ChannelLimits, Configuration, SelectedPath
from protocol import events, requests
from protocol.codes import CloseCode
from protocol.events import EVENTS, Event, Limits, Peer
from protocol.http import ICE_SERVERS_PATH
from protocol.requests import REQUESTS, Request
from protocol.webrtc import Candidate, Description, IceServer
from tests.fakes.ports import (
    FakeChannel,
    FakeClock,
    FakeDatabases,
    FakeDownloads,
    FakeHttp,
    FakeLocks,
    FakePeerConnection,
    FakePeerConnections,
    FakeRandom,
    FakeReachabilityProbe,
    FakeSocket,
    FakeSockets,
    FakeStore,
    settle,
)

ME, BOB = "me-0000000000000000", "bob-000000000000000"
STUN = IceServer(("stun:stun.example.org",))
ANSWER = Description("answer", "a=ice-ufrag:theirs\r\na=fingerprint:sha-256 BB")


class Stage:
    """A room driver among fakes; `before` is the stage of a page in the same tab, whose browser it shares."""

    def __init__(
        self, before: Stage | None = None, *, supported: bool = True, channels: Sequence[ChannelSpec] = CHANNELS
    ) -> None:
        self.reachability_probe = FakeReachabilityProbe()
        self.sockets, self.connections = FakeSockets(), FakePeerConnections(supported)
        self.clock = FakeClock()
        self.databases: FakeDatabases = before.databases if before else FakeDatabases()
        self.locks: FakeLocks = before.locks if before else FakeLocks()
        self.store: FakeStore = before.store if before else FakeStore()
        self.tab: FakeStore = before.tab if before else FakeStore()
        self.random: FakeRandom = before.random if before else FakeRandom()
        self.downloads = FakeDownloads()
        self.http = FakeHttp()
        self.relay_only = False
        self.server_ahead = 0.0
        self.hello = Hello(1, "bobs-device-00000000")
        """With which Bob begins."""
        self.notices: list[Notice] = []
        self.warnings: list[str] = []
        self.refused_tokens: list[str] = []
        self.failures: list[BaseException] = []
        keeping = StoragePorts(self.databases, self.locks, self.store, self.tab, self.clock, self.random)
        server = ServerPorts(self.reachability_probe, self.sockets, self.http)
        ports = RoomPorts(server, self.connections, keeping, self.downloads)
        callbacks = RoomCallbacks(
            self.notices.append,
            self._refused,
            self.warnings.append,
            lambda: "jwt",
            lambda: self.relay_only,
            lambda: self.server_ahead,
        )
        self.driver = RoomDriver(
            "den", "alice", ports, callbacks, Tasks(self.failures.append), Repertoire(channels=channels)
        )

    def _refused(self, token: str) -> None:
        self.refused_tokens.append(token)

    @property
    def socket(self) -> FakeSocket:
        """Return the last socket."""
        return self.sockets.opened[-1]

    @property
    def connection(self) -> FakePeerConnection:
        """Return the last peer connection."""
        return self.connections.created[-1]

    @property
    def channel(self) -> FakeChannel:
        """Return the last `chat` channel."""
        return self.connection.channels[0]

    @property
    def status(self) -> Status:
        """Return the status that is shown."""
        return next(notice.line.status for notice in reversed(self.notices) if isinstance(notice, StatusChanged))

    def receive(self, event: Event) -> None:
        """Let the server say something."""
        self.socket.callbacks.received(EVENTS.encode(event))

    def sent(self) -> list[Request]:
        """Return what the server was asked for."""
        return [REQUESTS.decode(text) for text in self.socket.sent]

    def receive_frame(self, frame: Frame) -> None:
        """Let the other page say something."""
        self.channel.callbacks.received(FRAMES.encode(frame))

    async def enter(self, *peers: Peer) -> None:
        """Go into the room, in which these peers are."""
        self.driver.start()
        await settle()
        self.socket.callbacks.opened()
        self.receive(events.Welcome(ME, "resume", (STUN,), Limits(1, 1)))
        self.receive(events.Joined("den", ME, "resume", resumed=False, peers=peers, capacity=2))

    async def let_in(self) -> None:
        """Let the server answer the last probe."""
        await settle()
        self.reachability_probe.asked[-1].set_result(True)
        await settle()

    async def connect(self) -> None:
        """Go into the room and connect to Bob, who was there before."""
        await self.enter(Peer(BOB, "bob"))
        await self.connect_to_bob()

    async def connect_to_bob(self) -> None:
        """Connect to Bob, in the room."""
        self.connection.callbacks.negotiation_needed()
        await settle()
        self.connection.callbacks.signaling_state_changed("have-local-offer")
        self.receive(events.Signal(BOB, description=ANSWER))
        await settle()
        self.connection.callbacks.signaling_state_changed("stable")
        self.channel.callbacks.opened()
        self.receive_frame(self.hello)
        self.receive_frame(Resume(0, 0))
        await settle()


async def test_room_opens_a_socket_with_the_token_in_the_subprotocol() -> None:
    """The token stands in no address."""
    stage = Stage()
    stage.driver.start()
    await settle()
    assert stage.socket.path == "/ws"
    assert stage.socket.subprotocols == ["p2p-chat.v2", "p2p-chat.v1", "token.jwt"]
    stage.socket.callbacks.opened()
    assert stage.sent() == [requests.Join("den")]


async def test_room_connects_to_who_is_there() -> None:
    """Descriptions and candidates go out, the answer goes in, and the status follows."""
    stage = Stage()
    await stage.connect()
    assert stage.connection.configuration == Configuration((STUN,), relay_only=False)
    assert stage.connection.done == ["set_local_description", ANSWER]
    assert stage.channel.options == options_of(CHAT)
    assert isinstance(stage.sent()[1], requests.Signal)
    assert stage.status is Status.CONNECTED
    assert stage.failures == []


async def test_room_sends_a_message_over_the_channel_alone() -> None:
    """What is written goes to the channel and the view, and not to the server."""
    stage = Stage()
    await stage.connect()
    before = list(stage.socket.sent)
    stage.driver.send("a secret")
    await settle()
    assert "a secret" in stage.channel.sent[-1]
    assert any(isinstance(notice, ItemAdded) and notice.item.text == "a secret" for notice in stage.notices)
    assert stage.socket.sent == before


async def test_room_passes_candidates_both_ways() -> None:
    """Candidates of the other side are applied, and ours are sent."""
    stage = Stage()
    await stage.connect()
    theirs = Candidate("candidate:1", "0", 0, "theirs")
    stage.receive(events.Signal(BOB, candidate=theirs))
    await settle()
    assert stage.connection.done[-1] == theirs
    ours = Candidate("candidate:2", "0", 0, "mine")
    stage.connection.callbacks.candidate_gathered(ours)
    assert stage.sent()[-1] == requests.Signal(BOB, candidate=ours)


async def test_room_replaces_a_connection_whose_operation_failed() -> None:
    """A description that the browser refuses leads to a new connection, and the old one is closed."""
    stage = Stage()
    await stage.enter(Peer(BOB, "bob"))
    first = stage.connection
    first.failing = True
    first.callbacks.negotiation_needed()
    await settle()
    assert stage.warnings == ["SetLocalDescription failed: no"]
    stage.clock.advance(2)
    assert first.closed
    assert stage.connection is not first


async def test_room_brings_back_a_channel_that_breaks_under_a_message() -> None:
    """A frame that the channel does not take is not lost: the message waits for the next channel."""
    stage = Stage()
    await stage.connect()
    stage.channel.broken = True
    stage.driver.send("kept")
    await settle()
    assert stage.status is Status.RECONNECTING
    first = stage.connection
    stage.clock.advance(2)
    assert first.closed
    stage.channel.callbacks.opened()
    stage.receive_frame(Hello(1, "bobs-device-00000000"))
    stage.receive_frame(Resume(0, 0))
    assert "kept" in stage.channel.sent[-1]


async def test_room_keeps_a_peer_away_that_sends_too_much() -> None:
    """What is received is bounded by kind; beyond, the connection is closed, and comes back after a pause."""
    stage = Stage()
    await stage.connect()
    first = stage.connection
    assert stage.channel.options.limits == ChannelLimits(MAX_FRAME_BYTES, BUDGETS)
    stage.driver.send("kept")
    await settle()
    stage.channel.callbacks.overrun("typing")
    assert first.closed
    assert stage.status is Status.RECONNECTING
    assert "'typing'" in stage.warnings[-1]
    stage.receive(events.Pong())  # the server is asked as well, when a connection is lost
    stage.clock.advance(4)
    assert stage.connection is not first
    stage.channel.callbacks.opened()
    stage.receive_frame(Hello(1, "bobs-device-00000000"))
    stage.receive_frame(Resume(0, 0))
    assert "kept" in stage.channel.sent[-1]
    stage.connection.callbacks.channel_offered()
    assert stage.connection.closed


async def test_room_goes_on_when_the_browser_makes_no_connection() -> None:
    """A configuration that the browser refuses is told, and tried again."""
    stage = Stage()
    stage.connections.refusing = True
    await stage.enter(Peer(BOB, "bob"))
    assert stage.warnings == ["No RTCPeerConnection: bad configuration"]
    stage.connections.refusing = False
    stage.clock.advance(2)
    assert len(stage.connections.created) == 1


async def test_room_tells_how_it_is_connected() -> None:
    """A relayed path is shown as one."""
    stage = Stage()
    await stage.enter(Peer(BOB, "bob"))
    stage.connection.path = SelectedPath(relayed=True, allocated=False, protocol="udp")
    stage.channel.callbacks.opened()
    await settle()
    lines = [notice.line for notice in stage.notices if isinstance(notice, StatusChanged)]
    assert lines[-1].detail == Connected("bob", relayed=True)


async def test_room_looks_for_the_path_by_what_the_other_has_said_of_it() -> None:
    """A relay's candidate that comes after its packets changes what is told, once the connection knows it."""
    stage = Stage()
    await stage.enter(Peer(BOB, "bob"))
    await stage.connect_to_bob()
    relay = Candidate("candidate:1 1 udp 1 203.0.113.1 49152 typ relay raddr 0.0.0.0 rport 0")
    stage.receive(events.Signal(BOB, candidate=relay))
    stage.connection.path = SelectedPath(relayed=True, allocated=False, protocol="udp")
    await settle()
    assert relay in stage.connection.looked_after[-1]
    lines = [notice.line for notice in stage.notices if isinstance(notice, StatusChanged)]
    assert lines[-1].detail == Connected("bob", relayed=True)


async def test_room_opens_the_socket_again_when_the_server_answers() -> None:
    """A lost WebSocket comes back by itself, and no pause is waited for when the network returns."""
    stage = Stage()
    await stage.enter()
    stage.socket.callbacks.closed(1006)
    assert stage.status is Status.OFFLINE
    stage.clock.advance(1)
    await stage.let_in()
    assert len(stage.sockets.opened) == 2
    stage.socket.callbacks.closed(1006)
    stage.driver.checked()
    await stage.let_in()
    assert len(stage.sockets.opened) == 3


async def test_room_tells_when_the_login_is_refused() -> None:
    """A token that the server does not take is told to the owner of the login."""
    stage = Stage()
    stage.driver.start()
    await settle()
    stage.socket.callbacks.closed(CloseCode.UNAUTHENTICATED)
    assert stage.refused_tokens == ["jwt"]
    assert len(stage.sockets.opened) == 1
    stage.driver.login_renewed()
    assert len(stage.sockets.opened) == 2


async def test_room_looks_at_credentials_by_the_clock_of_the_server() -> None:
    """Ours may be hours behind, and would find those good that have ended."""
    stage = Stage()
    stage.server_ahead = 3_600.0
    await stage.enter()
    turn = IceServer(("turn:turn.example.org",), "name", "secret")
    ends_at = int(stage.clock.now()) + 3_600 + 7_200
    stage.receive(events.Welcome(ME, "resume", (turn,), Limits(1, 1), ends_at))
    stage.http.answers = [Response(503, "")]
    stage.clock.advance(3_560)
    await settle()
    assert stage.http.requests == []
    stage.clock.advance(60)
    await settle()
    assert [path for path, _, _ in stage.http.requests] == [ICE_SERVERS_PATH]


async def test_room_leaves_nothing_behind() -> None:
    """After leaving, the socket, the connection and the timers are gone, and the others were told."""
    stage = Stage()
    await stage.connect()
    stage.driver.send("still unacknowledged")
    await settle()
    stage.receive_frame(Typing())
    stage.driver.stop()
    await settle()
    assert stage.sent()[-1] == requests.Leave()
    assert stage.socket.closed
    assert stage.connection.closed
    assert stage.channel.closed
    assert stage.clock.running == []


async def test_room_that_is_left_waits_for_no_server() -> None:
    """What was asked of a server that did not answer is called off."""
    stage = Stage()
    await stage.enter()
    stage.socket.callbacks.closed(1006)
    stage.driver.checked()
    await settle()
    stage.driver.stop()
    await settle()
    assert stage.reachability_probe.asked[-1].cancelled()
    assert stage.failures == []


async def test_room_says_that_a_browser_cannot() -> None:
    """Without RTCPeerConnection no room is entered."""
    stage = Stage(supported=False)
    stage.driver.start()
    await settle()
    assert stage.status is Status.UNSUPPORTED
    assert stage.sockets.opened == []


async def test_room_shows_typing_only_for_a_while() -> None:
    """A key press is told to the other side, and what it tells us fades."""
    stage = Stage()
    await stage.connect()
    stage.driver.typed()
    assert FRAMES.decode(stage.channel.sent[-1]) == FRAMES.decode('{"type":"typing"}')
    stage.receive_frame(FRAMES.decode('{"type":"typing"}'))
    shown = stage.notices[-1]
    stage.clock.advance(6)
    assert stage.notices[-1] != shown


async def test_room_asks_everyone_when_the_network_is_another() -> None:
    """A check goes to the server and over the open channel; a channel that brings nothing is repaired."""
    stage = Stage()
    await stage.connect()
    stage.driver.checked()
    await settle()
    assert stage.sent()[-1] == requests.Ping()
    assert FRAMES.decode(stage.channel.sent[-1]) == Ping()
    stage.receive(events.Pong())
    stage.clock.advance(2)
    await settle()
    assert stage.connection.done[-1] == "restart_ice"
    assert stage.status is Status.RECONNECTING


async def test_room_looks_once_more_a_moment_after_it_has_looked() -> None:
    """Browsers tell one change by several events, and only the last of them finds the network in place."""
    stage = Stage()
    await stage.enter()
    stage.driver.checked()
    stage.receive(events.Pong())
    stage.driver.checked()
    stage.clock.advance(1.1)
    assert stage.sent()[-2:] == [requests.Ping(), requests.Ping()]


async def test_driver_keeps_a_frame_that_fails_to_its_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong on account of a frame ends that channel, and is told; the room goes on."""
    stage = Stage()
    await stage.connect()
    channel = stage.channel

    def fail(*_arguments: object) -> NoReturn:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(Room, "frame_received", fail)
        stage.receive_frame(Typing())
    assert "ZeroDivisionError" in stage.warnings[-1]
    assert (channel.closed, stage.status, stage.failures) == (True, Status.RECONNECTING, [])


async def test_effect_that_nobody_carries_out_is_a_failure() -> None:
    """It is neither passed over nor shown as a notice."""
    stage = Stage()
    await stage.connect()
    with pytest.raises(AssertionError):
        stage.driver._perform([object()])  # type: ignore[list-item]  # one of a kind that was forgotten


async def test_operation_that_nobody_carries_out_is_a_failure() -> None:
    """The page says that something broke."""
    stage = Stage()
    await stage.connect()
    stage.driver._perform([ForPeer(BOB, object())])  # type: ignore[arg-type]  # likewise
    await settle()
    assert [type(failure) for failure in stage.failures] == [AssertionError]
