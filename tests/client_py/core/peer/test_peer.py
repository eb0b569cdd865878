from __future__ import annotations

from collections.abc import Callable

import pytest

from client_py.core.channels import CHAT
from client_py.core.frames import Ping, Pong, Signal
from client_py.core.peer.failure_evidence import Evidence
from client_py.core.peer.gathering import RelayFault
from client_py.core.peer.link import (
    ATTEMPT_SECONDS,
    DISCONNECTED_SECONDS,
    OFFER_EXPECTED_SECONDS,
    POLITE_DELAY_SECONDS,
)
from client_py.core.peer.link_effects import (
    ClosePeerConnection,
    CountBytes,
    CreateChannels,
    CreatePeerConnection,
    LinkState,
    LinkTimer,
    RestartIce,
    StartTimer,
    StopTimer,
)
from client_py.core.peer.liveness import ASKING_SECONDS, EXPECTING_SECONDS
from client_py.core.peer.negotiation import (
    AddCandidate,
    CandidateRefused,
    SendCandidate,
    SendDescription,
    SetLocalDescription,
    SetRemoteDescription,
)
from client_py.core.peer.peer import Peer
from client_py.core.peer.peer_effects import (
    AskServer,
    ChatClosed,
    ChatOpened,
    FindPath,
    PeerEffect,
    RelayRefused,
    SendLinkFrame,
)
from client_py.core.peer.penalty import FIRST_SECONDS, Fault, Penalty
from protocol.webrtc import Candidate
from tests.client_py.core.peer.test_negotiation import ANSWER, OUR_OFFER, candidate, description
from tests.client_py.core.test_channels import BULK

TURN = "turn:turn.example.org?transport=udp"
RELAY = Candidate("candidate:2 1 udp 50339839 203.0.113.1 50001 typ relay", "0", 0, "theirs")
EXPECT = StartTimer(LinkTimer.EXPECTING, EXPECTING_SECONDS)
ATTEMPT = StartTimer(LinkTimer.ATTEMPT, ATTEMPT_SECONDS)
ASK: list[PeerEffect] = [
    StopTimer(LinkTimer.EXPECTING),
    SendLinkFrame(Ping()),
    AskServer(),
    CountBytes(),
    StartTimer(LinkTimer.ASKING, ASKING_SECONDS),
]


def random() -> float:
    """Return no jitter."""
    return 1.0


def new_peer() -> Peer:
    """Return a peer of which the server has just told us; we are the polite side."""
    return Peer("ben-000000000000000", "ben", polite=True, random=random, penalty=Penalty(random))


def agreed() -> Peer:
    """Return a peer that has answered our offer, and has no channel yet."""
    peer = new_peer()
    peer.start(offering=True)
    peer.negotiation_needed()
    peer.signaling_state_changed("have-local-offer")
    peer.local_description_set(OUR_OFFER)
    peer.signal_received(ANSWER, None)
    peer.signaling_state_changed("stable")
    peer.remote_description_set()
    return peer


def opened() -> Peer:
    """Return a peer whose `chat` is open."""
    peer = agreed()
    peer.channel_opened(CHAT)
    return peer


def gone(peer: Peer) -> bool:
    """Return whether nothing is left of it."""
    return peer.gone


def relayed(peer: Peer) -> bool | None:
    """Return whether its path goes through a relay."""
    return peer.relayed


def relay_fault(peer: Peer) -> RelayFault | None:
    """Return why there is no relay."""
    return peer.relay_fault


def stands(peer: Peer) -> LinkState:
    """Return how the link stands."""
    return peer.state


def test_peer_is_offered_a_connection() -> None:
    """From the first word to the open channel, each step asks for the next one."""
    peer = new_peer()
    assert peer.start(offering=True) == [CreatePeerConnection(), CreateChannels(), ATTEMPT]
    assert peer.negotiation_needed() == [SetLocalDescription()]
    assert peer.signaling_state_changed("have-local-offer") == []
    assert peer.local_description_set(OUR_OFFER) == [SendDescription(OUR_OFFER)]
    assert stands(peer) == LinkState.CONNECTING
    assert peer.signal_received(ANSWER, None) == [SetRemoteDescription(ANSWER)]
    assert stands(peer) == LinkState.CONNECTING
    assert peer.signaling_state_changed("stable") == []
    assert peer.remote_description_set() == []
    assert peer.channel_opened(CHAT) == [StopTimer(LinkTimer.ATTEMPT), FindPath(), EXPECT, ChatOpened()]
    assert stands(peer) == LinkState.OPEN


def test_peer_that_came_after_us_is_waited_for() -> None:
    """Its offer is the first one."""
    waiting = StartTimer(LinkTimer.OFFER_EXPECTED, OFFER_EXPECTED_SECONDS)
    assert new_peer().start(offering=False) == [CreatePeerConnection(), waiting]


def test_peer_takes_its_channels_along() -> None:
    """The conversation hears that its channel is gone before the RTCPeerConnection is closed."""
    peer = opened()
    peer.channel_opened(BULK)
    assert peer.close() == [StopTimer(LinkTimer.EXPECTING), ChatClosed(), ClosePeerConnection()]
    assert not peer.has_open(CHAT)
    assert not peer.has_open(BULK)


def test_peer_without_a_channel_closes_none() -> None:
    """What was never told to be open is not told to be closed."""
    assert agreed().close() == [StopTimer(LinkTimer.ATTEMPT), ClosePeerConnection()]


def test_peer_keeps_apart_its_channels() -> None:
    """A channel besides `chat` is open or not, and that is all."""
    peer = opened()
    assert not peer.has_open(BULK)
    assert peer.channel_opened(BULK) == []
    assert peer.has_open(BULK)
    assert peer.channel_closed(BULK) == []
    assert not peer.has_open(BULK)
    assert peer.has_open(CHAT)


def test_peer_that_loses_chat_asks_for_the_server() -> None:
    """What took the path away may have taken the server along."""
    assert opened().channel_closed(CHAT) == [
        AskServer(),
        StopTimer(LinkTimer.EXPECTING),
        ChatClosed(),
        ClosePeerConnection(),
        StartTimer(LinkTimer.REPAIR, 1.0),
    ]


def test_peer_is_there_as_long_as_anything_of_it_is() -> None:
    """A place in the room is enough, and so is an open `chat`."""
    peer = opened()
    peer.present = False
    assert not gone(peer)
    peer.check_invariants()
    peer.channel_closed(CHAT)
    assert gone(peer)
    peer.present = True
    assert not gone(peer)


@pytest.mark.parametrize("ask", [Peer.asked, Peer.checked])
def test_open_channel_is_asked(ask: Callable[[Peer], list[PeerEffect]]) -> None:
    """A ping goes out, the bytes are counted, and the server is asked as well."""
    assert ask(opened()) == ASK


def test_silent_peer_is_asked_and_then_repaired() -> None:
    """What is not acknowledged is asked for; where nothing comes in, ICE is restarted."""
    peer = opened()
    assert peer.timer_fired(LinkTimer.EXPECTING, awaited=True) == ASK[1:]
    assert peer.bytes_counted(7, server_answers=True) == []
    assert peer.timer_fired(LinkTimer.ASKING, awaited=True) == [CountBytes()]
    assert peer.bytes_counted(7, server_answers=True)[:2] == [AskServer(), RestartIce()]


def test_peer_that_is_heard_is_not_asked() -> None:
    """A frame shows that the path works."""
    peer = opened()
    assert peer.heard() == []
    assert peer.timer_fired(LinkTimer.EXPECTING, awaited=True) == [EXPECT]


def test_peer_is_watched_over_once_something_is_sent() -> None:
    """While something is on its way already, the watch goes on as it is."""
    peer = opened()
    assert peer.expected() == []
    peer.timer_fired(LinkTimer.EXPECTING, awaited=False)
    assert peer.expected() == [EXPECT]


def test_peer_answers_what_is_about_the_link() -> None:
    """A ping gets its pong, a pong nothing; a signal is taken as if it had come through the server."""
    peer = opened()
    assert peer.frame_received(Ping()) == [SendLinkFrame(Pong())]
    assert peer.frame_received(Pong()) == []
    again = description("offer", "theirs-again")
    assert peer.frame_received(Signal(again)) == [SetRemoteDescription(again)]


def test_path_is_looked_for_again_where_the_other_side_may_use_a_relay() -> None:
    """A candidate may tell late that it is a relay's."""
    peer = opened()
    assert peer.signal_received(None, candidate("theirs")) == [AddCandidate(candidate("theirs"))]
    assert peer.signal_received(None, RELAY) == [AddCandidate(RELAY), FindPath()]
    assert agreed().signal_received(None, RELAY) == [AddCandidate(RELAY)]


def test_path_is_known_until_it_may_be_another() -> None:
    """None is told during a restart and changes nothing; a way back is a new path, and so is a new channel."""
    peer = opened()
    assert peer.path_found(relayed=True, allocated=True) == []
    assert relayed(peer)
    assert peer.path_found(relayed=None, allocated=None) == []
    assert relayed(peer)
    assert peer.connection_state_changed("disconnected") == [
        AskServer(),
        StopTimer(LinkTimer.EXPECTING),
        StartTimer(LinkTimer.DISCONNECTED, DISCONNECTED_SECONDS),
    ]
    assert FindPath() in peer.connection_state_changed("connected")
    assert relayed(peer) is None
    peer.path_found(relayed=True, allocated=True)
    peer.channel_closed(CHAT)
    assert relayed(peer) is None
    peer.path_found(relayed=True, allocated=True)
    assert relayed(peer) is None


@pytest.mark.parametrize(("allocated", "effects"), [(True, [RestartIce()]), (None, [RestartIce()]), (False, [])])
def test_path_is_moved_to_fresh_credentials(allocated: bool | None, effects: list[PeerEffect]) -> None:  # noqa: FBT001 - cases
    """It is looked at first, and left alone where only the other end is relayed; and once is enough."""
    peer = opened()
    peer.configured()
    assert peer.allocations_renewed(had_ended=False) == [FindPath()]
    assert peer.path_found(relayed=True, allocated=allocated) == effects
    assert peer.path_found(relayed=True, allocated=allocated) == []


def test_path_that_has_gathered_again_is_left_alone() -> None:
    """It stands on the fresh credentials already."""
    peer = agreed()
    peer.configured()
    peer.channel_opened(CHAT)
    peer.local_description_set(description("answer", "ours-again", "BB"))
    assert peer.allocations_renewed(had_ended=True) == []


@pytest.mark.parametrize(
    ("had_ended", "effects"),
    [(False, []), (True, [ClosePeerConnection(), CreatePeerConnection(), CreateChannels(), ATTEMPT])],
)
def test_attempt_begins_again_where_its_credentials_had_ended(
    had_ended: bool,  # noqa: FBT001 - cases
    effects: list[PeerEffect],
) -> None:
    """Without them it was in vain."""
    assert agreed().allocations_renewed(had_ended=had_ended) == effects


def test_renewal_is_forgotten_with_its_path() -> None:
    """The next RTCPeerConnection has the fresh credentials anyway."""
    peer = opened()
    peer.configured()
    peer.allocations_renewed(had_ended=False)
    peer.channel_closed(CHAT)
    peer.timer_fired(LinkTimer.REPAIR, awaited=False)
    peer.channel_opened(CHAT)
    assert peer.path_found(relayed=True, allocated=True) == []


def test_gathering_tells_why_there_is_no_relay() -> None:
    """Of a TURN server that refuses, the room hears; a STUN server is nobody's concern."""
    peer = agreed()
    assert peer.candidate_failed("stun:stun.example.org", 701, "") == []
    assert peer.candidate_failed(TURN, 401, "Unauthorized") == [RelayRefused(TURN, 401, "Unauthorized")]
    assert relay_fault(peer) is RelayFault.REFUSED
    ours = Candidate("candidate:3 1 udp 1 203.0.113.1 50002 typ relay", "0", 0, "ours")
    assert peer.candidate_gathered(ours) == [SendCandidate(ours)]
    assert relay_fault(peer) is None


def test_gathering_begins_again_with_each_attempt() -> None:
    """What a refusal said of an attempt is still true in the next one, and no longer in the one after that."""
    peer = agreed()
    peer.candidate_failed(TURN, 401, "")
    peer.policy_changed()
    assert relay_fault(peer) is RelayFault.REFUSED
    peer.policy_changed()
    assert relay_fault(peer) is RelayFault.UNREACHABLE


def test_peer_is_kept_away_for_a_fault() -> None:
    """Its channel is closed, and nothing is tried before a pause."""
    peer = opened()
    assert peer.faulted(Fault.EXCESSIVE) == [
        AskServer(),
        StopTimer(LinkTimer.EXPECTING),
        ChatClosed(),
        ClosePeerConnection(),
        StartTimer(LinkTimer.REPAIR, FIRST_SECONDS),
    ]
    assert peer.fault is Fault.EXCESSIVE
    assert peer.ticked() == []
    assert peer.timer_fired(LinkTimer.REPAIR, awaited=False) == [CreatePeerConnection(), CreateChannels(), ATTEMPT]
    assert peer.fault is None


def test_peer_waits_for_the_server() -> None:
    """Without it there is no other connection, and with it there is."""
    peer = agreed()
    assert peer.signaling_lost() == []
    assert peer.checked() == []
    assert peer.signaling_restored() == [ClosePeerConnection(), CreatePeerConnection(), CreateChannels(), ATTEMPT]


def test_refusals_of_the_browser_reach_the_link() -> None:
    """A candidate does without, a description costs the attempt, and so does an RTCPeerConnection that is not made."""
    pause: list[PeerEffect] = [
        ClosePeerConnection(),
        StopTimer(LinkTimer.ATTEMPT),
        StartTimer(LinkTimer.REPAIR, 1.0),
    ]
    peer = agreed()
    peer.signal_received(None, candidate("theirs"))
    assert peer.operation_failed(AddCandidate(candidate("theirs")), "no") == [CandidateRefused("no")]
    assert peer.operation_failed(SetLocalDescription(), "no") == pause
    assert peer.evidence == Evidence(answered=True, offered=True, refusal="no")
    peer = agreed()
    assert peer.creation_failed("too many") == pause
    assert peer.evidence == Evidence(answered=True, refusal="too many")


def test_impolite_side_repairs_first() -> None:
    """The polite one waits for its offer."""
    pause = StartTimer(LinkTimer.REPAIR, POLITE_DELAY_SECONDS)
    assert opened().connection_state_changed("failed") == [AskServer(), StopTimer(LinkTimer.EXPECTING), pause]
