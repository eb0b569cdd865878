from __future__ import annotations

import pytest

from client_py.core.conversation import SendFrame
from client_py.core.frames import FRAMES, Hello
from client_py.core.link import OFFER_EXPECTED_SECONDS
from client_py.core.link_effects import ClosePeerConnection, CreateChannel, CreatePeerConnection, LinkTimer
from client_py.core.models import Member, Status
from client_py.core.negotiation import AddCandidate, SetLocalDescription, SetRemoteDescription
from client_py.core.notices import MembersChanged, StatusChanged
from client_py.core.room import Room
from client_py.core.room_effects import FindPath, OnPeerConnection, RoomEffect, StartLinkTimer, Warn
from client_py.core.session import CloseSocket, OpenSocket, SendText, SessionTimer
from protocol import events, requests
from protocol.codes import CloseCode, ErrorCode
from protocol.events import EVENTS, Event, Limits, Peer
from protocol.requests import REQUESTS
from protocol.webrtc import Candidate, IceServer
from tests.client_py.core.test_negotiation import ANSWER, OFFER, OUR_OFFER

ME, BEN = "me-0000000000000000", "ben-000000000000000"
PEER = Peer(BEN, "ben")
STUN = IceServer(("stun:stun.example.org",))


class Stage:
    """A room in which the test plays server, browser and person."""

    def __init__(self, *, supported: bool = True) -> None:
        self.room = Room("den", "ada", device="device-of-ada-000000", supported=supported, random=lambda: 1.0)
        self._status: Status | None = None

    def status(self) -> Status | None:
        """Give the status that is shown."""
        return self._status

    def do(self, effects: list[RoomEffect]) -> list[RoomEffect]:
        """Note the status, and give the effects."""
        self.room.check_invariants()
        for effect in effects:
            if isinstance(effect, StatusChanged):
                self._status = effect.line.status
        return effects

    def receive(self, event: Event) -> list[RoomEffect]:
        """Let the server say something."""
        return self.do(self.room.text_received(EVENTS.encode(event)))

    def joined(self, *peers: Peer, resumed: bool = False, me: str = ME) -> list[RoomEffect]:
        """Let the server let us in."""
        return self.receive(events.Joined("den", me, "token", resumed=resumed, peers=peers, capacity=2))

    def enter(self, *peers: Peer) -> list[RoomEffect]:
        """Open the room; gives what comes of being in it."""
        self.do(self.room.start())
        self.do(self.room.socket_opened())
        self.receive(events.Welcome(ME, "token", (STUN,), Limits(1, 1)))
        return self.joined(*peers)

    def connect(self) -> list[RoomEffect]:
        """Enter where Ben is, and connect; gives what comes of the open channel."""
        self.enter(PEER)
        self.do(self.room.negotiation_needed(BEN))
        self.do(self.room.signaling_state_changed(BEN, "have-local-offer"))
        self.do(self.room.local_description_set(BEN, OUR_OFFER))
        self.receive(events.Signal(BEN, description=ANSWER))
        self.do(self.room.signaling_state_changed(BEN, "stable"))
        self.do(self.room.remote_description_set(BEN))
        return self.do(self.room.channel_opened(BEN))

    def lose_server(self) -> list[RoomEffect]:
        """Let the WebSocket go, and come back as far as being open."""
        effects = self.do(self.room.socket_closed(1006))
        self.do(self.room.session_timer_fired(SessionTimer.RETRY))
        self.do(self.room.socket_opened())
        return effects


def signals(effects: list[RoomEffect]) -> list[requests.Request]:
    """Give what the server is asked for."""
    return [REQUESTS.decode(effect.text) for effect in effects if isinstance(effect, SendText)]


def on_ben(effects: list[RoomEffect]) -> list[object]:
    """Give what the connection to Ben is to do."""
    return [effect.effect for effect in effects if isinstance(effect, OnPeerConnection)]


def test_room_is_entered() -> None:
    """The way in ends with waiting, alone."""
    stage = Stage()
    assert OpenSocket() in stage.do(stage.room.start())
    assert stage.status() is Status.CONNECTING
    assert signals(stage.do(stage.room.socket_opened())) == [requests.Join("den")]
    stage.receive(events.Welcome(ME, "token", (STUN,), Limits(1, 1)))
    assert stage.room.ice_servers == (STUN,)
    stage.joined()
    assert stage.status() is Status.WAITING


def test_room_is_not_entered_by_a_browser_that_cannot() -> None:
    """Without RTCPeerConnection, the person is told, and the server is not troubled."""
    stage = Stage(supported=False)
    assert [type(effect) for effect in stage.do(stage.room.start())] == [StatusChanged]
    assert stage.status() is Status.UNSUPPORTED


def test_room_offers_to_who_was_there() -> None:
    """Who comes makes the connection, and the description goes out."""
    stage = Stage()
    effects = stage.enter(PEER)
    assert on_ben(effects) == [CreatePeerConnection(), CreateChannel()]
    assert MembersChanged((Member(BEN, "ben"),)) in effects
    assert on_ben(stage.room.negotiation_needed(BEN)) == [SetLocalDescription()]
    stage.room.signaling_state_changed(BEN, "have-local-offer")
    effects = stage.room.local_description_set(BEN, OUR_OFFER)
    assert signals(effects) == [requests.Signal(BEN, description=OUR_OFFER)]


def test_room_waits_for_the_offer_of_who_comes() -> None:
    """Who was there first answers."""
    stage = Stage()
    stage.enter()
    effects = stage.receive(events.PeerJoined(PEER))
    assert on_ben(effects) == [CreatePeerConnection()]
    assert StartLinkTimer(BEN, LinkTimer.OFFER_EXPECTED, OFFER_EXPECTED_SECONDS) in effects
    assert stage.status() is Status.CONNECTING
    assert on_ben(stage.receive(events.Signal(BEN, description=OFFER))) == [SetRemoteDescription(OFFER)]


def test_room_greets_over_an_open_channel() -> None:
    """An open channel begins with a hello, and how it is connected is looked up."""
    stage = Stage()
    effects = stage.connect()
    assert SendFrame(BEN, Hello(1, "device-of-ada-000000")) in effects
    assert FindPath(BEN) in effects
    assert stage.status() is Status.CONNECTED
    (shown,) = stage.do(stage.room.path_found(BEN, relayed=True))
    assert isinstance(shown, StatusChanged)
    assert "relay" in shown.line.detail


def test_room_passes_candidates_on() -> None:
    """Candidates go both ways, and a refused one is noted in the console."""
    stage = Stage()
    stage.connect()
    candidate = Candidate("candidate:1", "0", 0, "theirs")
    assert on_ben(stage.receive(events.Signal(BEN, candidate=candidate))) == [AddCandidate(candidate)]
    ours = Candidate("candidate:2", "0", 0, "ours")
    assert signals(stage.room.candidate_gathered(BEN, ours)) == [requests.Signal(BEN, candidate=ours)]
    effects = stage.room.operation_failed(BEN, AddCandidate(candidate), "no")
    assert effects == [Warn("AddCandidate failed: no"), Warn("A candidate was refused: no")]


def test_room_sees_someone_leave() -> None:
    """Who leaves on purpose is gone at once."""
    stage = Stage()
    stage.connect()
    effects = stage.receive(events.PeerLeft(BEN, "left"))
    assert on_ben(effects) == [ClosePeerConnection()]
    assert MembersChanged(()) in effects
    assert stage.status() is Status.WAITING
    assert stage.receive(events.PeerLeft(BEN, "left")) == []


def test_room_keeps_a_channel_whose_peer_lost_the_server() -> None:
    """Losing signaling is not losing the peer; it ends with the channel."""
    stage = Stage()
    stage.connect()
    assert stage.receive(events.PeerLeft(BEN, "lost")) == []
    assert stage.status() is Status.CONNECTED
    assert MembersChanged(()) in stage.do(stage.room.channel_closed(BEN))
    assert stage.status() is Status.WAITING


def test_room_keeps_a_channel_when_its_peer_comes_back_to_the_server() -> None:
    """A peer that comes back under its name is the one that we talk to."""
    stage = Stage()
    stage.connect()
    stage.receive(events.PeerLeft(BEN, "lost"))
    assert stage.receive(events.PeerJoined(PEER)) == []
    assert stage.status() is Status.CONNECTED


def test_room_keeps_a_channel_without_the_server() -> None:
    """The conversation goes on, and the person is told that the server is away."""
    stage = Stage()
    stage.connect()
    shown = stage.lose_server()[-1]
    assert isinstance(shown, StatusChanged)
    assert "cannot be reached" in shown.line.detail
    assert on_ben(stage.joined(PEER)) == []
    assert stage.status() is Status.CONNECTED


def test_room_meets_who_came_while_it_was_away() -> None:
    """After a resume, someone new is offered a connection, and is polite."""
    stage = Stage()
    stage.enter()
    stage.lose_server()
    assert on_ben(stage.joined(PEER, resumed=True)) == [CreatePeerConnection(), CreateChannel()]


def test_room_begins_anew_where_it_is_someone_else() -> None:
    """Where the server gives us another peer id, to the others we are another one."""
    stage = Stage()
    stage.connect()
    stage.lose_server()
    effects = stage.joined(PEER, me="me-1111111111111111")
    assert on_ben(effects) == [ClosePeerConnection(), CreatePeerConnection(), CreateChannel()]


def test_room_forgets_who_left_while_it_was_away() -> None:
    """Someone without a channel, whom the server does not name any more, is gone, and nothing is tried again."""
    stage = Stage()
    stage.enter(PEER)
    stage.lose_server()
    effects = stage.joined(resumed=True)
    assert on_ben(effects) == [ClosePeerConnection()]
    assert MembersChanged(()) in effects


def test_room_begins_anew_with_a_peer_that_comes_back_without_a_channel() -> None:
    """A peer that enters again has begun anew too, and what we had begun is closed."""
    stage = Stage()
    stage.enter(PEER)
    assert on_ben(stage.receive(events.PeerJoined(PEER))) == [ClosePeerConnection(), CreatePeerConnection()]


@pytest.mark.parametrize("entered_anew", [True, False])
def test_room_knows_who_came_first(entered_anew: bool) -> None:  # noqa: FBT001 - a case
    """Who is new after a resume came after us and is polite; where we entered anew, we did."""
    stage = Stage()
    stage.enter()
    stage.lose_server()
    stage.joined(PEER, resumed=not entered_anew)
    stage.do(stage.room.negotiation_needed(BEN))
    effects = stage.receive(events.Signal(BEN, description=OFFER))
    assert (SetRemoteDescription(OFFER) in on_ben(effects)) is entered_anew


def test_room_forgets_a_path_with_its_channel() -> None:
    """What the browser says of a path too late is not shown of the next one."""
    stage = Stage()
    stage.connect()
    assert stage.do(stage.room.path_found(BEN, relayed=True)) != []
    stage.do(stage.room.channel_closed(BEN))
    stage.do(stage.room.path_found(BEN, relayed=True))
    stage.do(stage.room.link_timer_fired(BEN, LinkTimer.REPAIR))
    shown = stage.do(stage.room.channel_opened(BEN))[-1]
    assert isinstance(shown, StatusChanged)
    assert "Directly" in shown.line.detail


def test_room_takes_no_orders_from_strangers() -> None:
    """What concerns a peer that is gone does nothing."""
    stage = Stage()
    stage.enter()
    room = stage.room
    candidate = Candidate("candidate:1")
    for effects in (
        stage.receive(events.Signal(BEN, description=OFFER)),
        stage.receive(events.Signal(BEN, candidate=candidate)),
        room.channel_opened(BEN),
        room.channel_closed(BEN),
        room.connection_state_changed(BEN, "failed"),
        room.link_timer_fired(BEN, LinkTimer.ATTEMPT),
        room.path_found(BEN, relayed=True),
        room.frame_received(BEN, '{"type":"typing"}'),
        room.typing_timer_fired(BEN),
    ):
        assert effects == []


def test_room_costs_a_peer_its_channel_for_breaking_the_rules() -> None:
    """A frame that cannot be read ends the channel, and nothing else."""
    stage = Stage()
    stage.connect()
    warning, *effects = stage.do(stage.room.frame_received(BEN, "nonsense"))
    assert isinstance(warning, Warn)
    assert on_ben(effects) == [ClosePeerConnection()]
    assert stage.status() is Status.RECONNECTING


def test_room_begins_anew_with_a_server_that_talks_nonsense() -> None:
    """What cannot be read costs the server its WebSocket."""
    stage = Stage()
    stage.enter()
    effects = stage.do(stage.room.text_received("nonsense"))
    assert CloseSocket() in effects
    assert stage.status() is Status.OFFLINE


def test_room_notes_refusals() -> None:
    """A refused request is noted in the console, and nothing is lost."""
    stage = Stage()
    stage.enter()
    assert stage.receive(events.Error(ErrorCode.UNKNOWN_PEER, "Who?")) == [Warn("The server refused a request: Who?")]


def test_room_tells_that_it_is_full() -> None:
    """A room without a place says so, and is entered when there is one."""
    stage = Stage()
    stage.do(stage.room.start())
    stage.do(stage.room.socket_opened())
    stage.receive(events.Error(ErrorCode.ROOM_FULL, "Full."))
    assert stage.status() is Status.FULL
    stage.do(stage.room.session_timer_fired(SessionTimer.REJOIN))
    stage.joined(PEER)
    assert stage.status() is Status.CONNECTING


def test_room_tells_what_the_browser_does_not_make() -> None:
    """An RTCPeerConnection that cannot be made is an attempt in vain."""
    stage = Stage()
    stage.enter(PEER)
    warning, *_ = stage.do(stage.room.creation_failed(BEN, "no"))
    assert warning == Warn("No RTCPeerConnection: no")


@pytest.mark.parametrize("code", [CloseCode.REPLACED, CloseCode.UNAUTHENTICATED])
def test_room_tells_a_final_no(code: CloseCode) -> None:
    """A final no is told as one."""
    stage = Stage()
    stage.enter()
    stage.do(stage.room.socket_closed(code))
    assert stage.status() is Status.REFUSED


def test_room_comes_back_with_the_network() -> None:
    """When the browser is online, what waits begins at once."""
    stage = Stage()
    stage.enter()
    stage.do(stage.room.socket_closed(1006))
    assert OpenSocket() in stage.do(stage.room.network_returned())


def test_room_is_left() -> None:
    """Who leaves closes what they had, and says so."""
    stage = Stage()
    stage.connect()
    effects = stage.room.stop()
    assert on_ben(effects) == [ClosePeerConnection()]
    assert signals(effects) == [requests.Leave()]
    assert effects[-1] == CloseSocket()


def test_room_talks() -> None:
    """The person's inputs go to the conversation."""
    stage = Stage()
    stage.connect()
    stage.room.frame_received(BEN, FRAMES.encode(Hello(1, "device-of-ben-000000")))
    stage.room.frame_received(BEN, '{"type":"resume","received":0,"read":0}')
    assert len(stage.room.typed(1.0)) == 1
    assert len(stage.room.message_submitted("ours-0000000000000000", "Hello", 1.0)) == 1
    assert stage.room.reading_changed(reading=True) == []
