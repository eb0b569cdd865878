from __future__ import annotations

from collections.abc import Sequence

import pytest

from client_py.core.channels import CHAT
from client_py.core.notices import Member, MembersChanged, StatusChanged
from client_py.core.peer.link import OFFER_EXPECTED_SECONDS
from client_py.core.peer.link_effects import (
    ClosePeerConnection,
    CreateChannels,
    CreatePeerConnection,
    LinkTimer,
    StartTimer,
)
from client_py.core.peer.negotiation import AddCandidate, SetLocalDescription, SetRemoteDescription
from client_py.core.room_effects import ForPeer, RoomEffect, Warn
from client_py.core.status_line import Connected, Detail, Status
from protocol import events, requests
from protocol.webrtc import Candidate
from tests.client_py.core.conversation.conversing import NOW
from tests.client_py.core.peer.test_negotiation import OFFER, OUR_OFFER
from tests.client_py.core.visiting import BEN, PEER, Stage, on_ben, signals


def test_room_offers_to_who_was_there() -> None:
    """Who comes makes the connection, and the description goes out."""
    stage = Stage()
    effects = stage.enter(PEER)
    assert on_ben(effects) == [CreatePeerConnection(), CreateChannels()]
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
    assert ForPeer(BEN, StartTimer(LinkTimer.OFFER_EXPECTED, OFFER_EXPECTED_SECONDS)) in effects
    assert stage.status() is Status.CONNECTING
    assert on_ben(stage.receive(events.Signal(BEN, description=OFFER))) == [SetRemoteDescription(OFFER)]


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
    assert MembersChanged(()) in stage.do(stage.room.channel_closed(BEN, CHAT))
    assert stage.status() is Status.WAITING


def test_room_keeps_a_channel_when_its_peer_comes_back_to_the_server() -> None:
    """A peer that comes back under its name is the one that we talk to."""
    stage = Stage()
    stage.connect()
    stage.receive(events.PeerLeft(BEN, "lost"))
    assert stage.receive(events.PeerJoined(PEER)) == []
    assert stage.status() is Status.CONNECTED


def test_room_keeps_a_peer_that_came_back_when_the_channel_goes() -> None:
    """The server says again that it is there, so the link to it is repaired."""
    stage = Stage()
    stage.connect()
    stage.receive(events.PeerLeft(BEN, "lost"))
    stage.receive(events.PeerJoined(PEER))
    stage.do(stage.room.channel_closed(BEN, CHAT))
    assert stage.status() is Status.RECONNECTING


def test_room_keeps_a_channel_without_the_server() -> None:
    """The conversation goes on, and the person is told that the server is away."""
    stage = Stage()
    stage.connect()
    shown = stage.lose_server()[-1]
    assert isinstance(shown, StatusChanged)
    assert shown.line.detail == Connected("ben", relayed=None, server_away=True)
    assert on_ben(stage.joined(PEER)) == []
    assert stage.status() is Status.CONNECTED


def test_room_meets_who_came_while_it_was_away() -> None:
    """After a resume, someone new is offered a connection: an offer of theirs may have been lost."""
    stage = Stage()
    stage.enter()
    stage.lose_server()
    assert on_ben(stage.joined(PEER, resumed=True)) == [CreatePeerConnection(), CreateChannels()]


def test_room_begins_again_where_it_is_someone_else() -> None:
    """Where the server gives us another peer id, to the others we are another one."""
    stage = Stage()
    stage.connect()
    stage.lose_server()
    effects = stage.joined(PEER, me="me-1111111111111111")
    assert on_ben(effects) == [ClosePeerConnection(), CreatePeerConnection(), CreateChannels()]


def test_room_forgets_who_left_while_it_was_away() -> None:
    """Someone without a channel, whom the server does not name any more, is gone, and nothing is tried again."""
    stage = Stage()
    stage.enter(PEER)
    stage.lose_server()
    effects = stage.joined(resumed=True)
    assert on_ben(effects) == [ClosePeerConnection()]
    assert MembersChanged(()) in effects


def test_room_begins_again_with_a_peer_that_comes_back_without_a_channel() -> None:
    """A peer that enters again has started over too, and what we had begun is closed."""
    stage = Stage()
    stage.enter(PEER)
    assert on_ben(stage.receive(events.PeerJoined(PEER))) == [ClosePeerConnection(), CreatePeerConnection()]


@pytest.mark.parametrize(("me", "polite"), [("aaa-0000000000000000", True), ("zzz-0000000000000000", False)])
@pytest.mark.parametrize("they_came_first", [True, False])
def test_room_settles_roles_by_names(me: str, polite: bool, they_came_first: bool) -> None:  # noqa: FBT001 - cases
    """Of two peers, the one with the lower id is polite, no matter who came first."""
    stage = Stage()
    stage.enter()
    stage.joined(*([PEER] if they_came_first else []), me=me)
    if not they_came_first:
        stage.receive(events.PeerJoined(PEER))
        stage.do(stage.room.link_timer_fired(BEN, LinkTimer.OFFER_EXPECTED))
    stage.do(stage.room.negotiation_needed(BEN))
    effects = stage.receive(events.Signal(BEN, description=OFFER))
    assert (SetRemoteDescription(OFFER) in on_ben(effects)) is polite


def detail(effects: Sequence[RoomEffect]) -> Detail | None:
    """Return what the status says in the end."""
    return [effect.line.detail for effect in effects if isinstance(effect, StatusChanged)][-1]


def test_room_forgets_a_path_with_its_channel() -> None:
    """What the browser says of a path too late is not shown of the next one."""
    stage = Stage()
    stage.connect()
    assert stage.do(stage.room.path_found(BEN, relayed=True, allocated=True)) != []
    stage.do(stage.room.channel_closed(BEN, CHAT))
    stage.do(stage.room.path_found(BEN, relayed=True, allocated=True))
    stage.do(stage.room.link_timer_fired(BEN, LinkTimer.REPAIR))
    shown = stage.do(stage.room.channel_opened(BEN, CHAT))[-1]
    assert isinstance(shown, StatusChanged)
    assert shown.line.detail == Connected("ben", relayed=None)


def test_path_is_what_was_last_known_of_it() -> None:
    """Firefox tells none during a restart, while the old one carries; and a way back may be another one."""
    stage = Stage()
    stage.connect()
    shown = detail(stage.do(stage.room.path_found(BEN, relayed=True, allocated=True)))
    assert shown == Connected("ben", relayed=True)
    assert stage.do(stage.room.path_found(BEN, relayed=None, allocated=None)) == []
    stage.do(stage.room.connection_state_changed(BEN, "disconnected"))
    back = detail(stage.do(stage.room.connection_state_changed(BEN, "connected")))
    assert back == Connected("ben", relayed=None)
    shown = detail(stage.do(stage.room.path_found(BEN, relayed=False, allocated=False)))
    assert shown == Connected("ben", relayed=False)


def test_room_takes_no_orders_from_strangers() -> None:
    """What concerns a peer that is gone does nothing."""
    stage = Stage()
    stage.enter()
    room = stage.room
    candidate = Candidate("candidate:1")
    for effects in (
        stage.receive(events.Signal(BEN, description=OFFER)),
        stage.receive(events.Signal(BEN, candidate=candidate)),
        room.channel_opened(BEN, CHAT),
        room.channel_closed(BEN, CHAT),
        room.connection_state_changed(BEN, "failed"),
        room.link_timer_fired(BEN, LinkTimer.ATTEMPT),
        room.bytes_counted(BEN, 1),
        room.path_found(BEN, relayed=True, allocated=True),
        room.frame_received(BEN, CHAT, '{"type":"typing"}', NOW),
        room.typing_timer_fired(BEN),
    ):
        assert effects == []


def test_room_tells_what_the_browser_does_not_make() -> None:
    """An RTCPeerConnection that cannot be made is an attempt in vain."""
    stage = Stage()
    stage.enter(PEER)
    warning, *effects = stage.do(stage.room.creation_failed(BEN, "no"))
    assert warning == Warn("No RTCPeerConnection: no")
    assert on_ben(effects) == [ClosePeerConnection()]


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
