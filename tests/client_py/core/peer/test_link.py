from __future__ import annotations

from dataclasses import replace

import pytest

from client_py.core.peer.failure_evidence import Evidence
from client_py.core.peer.link import (
    ATTEMPT_SECONDS,
    DISCONNECTED_SECONDS,
    MAX_DESCRIPTIONS,
    OFFER_EXPECTED_SECONDS,
    POLITE_DELAY_SECONDS,
    RESTART_SECONDS,
    RETURNED_SECONDS,
    Link,
)
from client_py.core.peer.link_effects import (
    AskPeer,
    ClosePeerConnection,
    CountBytes,
    CreateChannels,
    CreatePeerConnection,
    LinkEffect,
    LinkState,
    LinkStateChanged,
    LinkTimer,
    RestartIce,
    StartTimer,
    StopTimer,
)
from client_py.core.peer.liveness import EXPECTING_SECONDS
from client_py.core.peer.negotiation import (
    MAX_CANDIDATES,
    AddCandidate,
    CandidateRefused,
    SendCandidate,
    SendDescription,
    SetLocalDescription,
    SetRemoteDescription,
)
from client_py.core.peer.penalty import CAP_SECONDS, Fault, Penalty
from protocol.webrtc import Candidate, Description
from tests.client_py.core.peer.test_negotiation import ANSWER, OFFER, OUR_ANSWER, OUR_OFFER, description

ATTEMPT = StartTimer(LinkTimer.ATTEMPT, ATTEMPT_SECONDS)
RESTART = [RestartIce(), StartTimer(LinkTimer.ATTEMPT, RESTART_SECONDS)]
NEW_CONNECTION: list[LinkEffect] = [CreatePeerConnection(), CreateChannels(), ATTEMPT]
REPLACED: list[LinkEffect] = [ClosePeerConnection(), *NEW_CONNECTION]
EXPECT = StartTimer(LinkTimer.EXPECTING, EXPECTING_SECONDS)
INTERRUPTED: list[LinkEffect] = [LinkStateChanged(LinkState.INTERRUPTED), StopTimer(LinkTimer.EXPECTING)]
OPENED: list[LinkEffect] = [LinkStateChanged(LinkState.OPEN), EXPECT]
RETURNED: list[LinkEffect] = [
    *OPENED,
    StopTimer(LinkTimer.EXPECTING),
    AskPeer(),
    CountBytes(),
    StartTimer(LinkTimer.ASKING, RETURNED_SECONDS),
]
FAILED = LinkStateChanged(LinkState.FAILED)


def new_link(*, polite: bool = True) -> Link:
    """Return a link without jitter."""
    return Link(polite=polite, random=lambda: 1.0)


def offering(*, polite: bool = True) -> Link:
    """Return a link whose offer is with the other side."""
    link = new_link(polite=polite)
    link.start(offering=True)
    link.negotiation_needed()
    link.signaling_state_changed("have-local-offer")
    link.local_description_set(OUR_OFFER)
    return link


def opened(*, polite: bool = True) -> Link:
    """Return a link that is open."""
    link = offering(polite=polite)
    link.description_received(ANSWER)
    link.signaling_state_changed("stable")
    link.remote_description_set()
    link.connection_state_changed("connected")
    link.channel_opened()
    link.check_invariants()
    return link


def state_of(link: Link) -> LinkState:
    """Return the state, which for mypy would else be what the last assertion said."""
    return link.state


def fault_of(link: Link) -> Fault | None:
    """Return for what the peer is kept away, which for mypy would else be what the last assertion said."""
    return link.fault


def repair_after(seconds: float) -> StartTimer:
    """Return the effect that waits before the next attempt."""
    return StartTimer(LinkTimer.REPAIR, seconds)


def test_link_is_offered_by_who_comes() -> None:
    """Who comes later makes the connection and the channel, from which the offer follows."""
    link = new_link()
    assert link.start(offering=True) == NEW_CONNECTION
    assert link.negotiation_needed() == [SetLocalDescription()]
    link.signaling_state_changed("have-local-offer")
    assert link.local_description_set(OUR_OFFER) == [SendDescription(OUR_OFFER)]
    assert link.description_received(ANSWER) == [SetRemoteDescription(ANSWER)]
    assert link.remote_description_set() == []
    assert link.channel_opened() == [StopTimer(LinkTimer.ATTEMPT), *OPENED]
    assert link.connection_state_changed("connected") == []


def test_link_is_answered_by_who_was_there() -> None:
    """Who was there first waits, and makes the channel between offer and answer."""
    link = new_link(polite=False)
    assert link.start(offering=False) == [
        CreatePeerConnection(),
        StartTimer(LinkTimer.OFFER_EXPECTED, OFFER_EXPECTED_SECONDS),
    ]
    assert link.description_received(OFFER) == [
        StopTimer(LinkTimer.OFFER_EXPECTED),
        ATTEMPT,
        SetRemoteDescription(OFFER),
    ]
    assert link.remote_description_set() == [CreateChannels(), SetLocalDescription()]
    assert link.local_description_set(OUR_ANSWER) == [SendDescription(OUR_ANSWER)]
    assert link.channel_opened() == [StopTimer(LinkTimer.ATTEMPT), *OPENED]


def test_link_does_not_wait_for_an_offer_for_ever() -> None:
    """Where no offer comes, the other side makes one, and the late offer then collides as any other."""
    link = new_link(polite=False)
    link.start(offering=False)
    assert link.timer_fired(LinkTimer.OFFER_EXPECTED) == [CreateChannels(), ATTEMPT]
    link.negotiation_needed()
    assert link.description_received(OFFER) == []


def test_link_passes_candidates_on() -> None:
    """Candidates go both ways, and one that is refused is told."""
    link = opened()
    ours, theirs = Candidate("candidate:1", "0", 0, "ours"), Candidate("candidate:2", "0", 0, "theirs")
    assert link.candidate_gathered(ours) == [SendCandidate(ours)]
    assert link.candidate_received(theirs) == [AddCandidate(theirs)]
    assert link.operation_failed(AddCandidate(theirs), "no") == [CandidateRefused("no")]


def test_link_gives_a_short_interruption_time_to_mend() -> None:
    """`disconnected` is told at once, and repaired only after some seconds."""
    link = opened()
    assert link.connection_state_changed("disconnected") == [
        *INTERRUPTED,
        StartTimer(LinkTimer.DISCONNECTED, DISCONNECTED_SECONDS),
    ]
    assert link.connection_state_changed("connected") == [StopTimer(LinkTimer.DISCONNECTED), *RETURNED]


def test_impolite_side_restarts_ice_at_once() -> None:
    """On `failed`, ICE is restarted on the same connection, so that the channel lives on."""
    link = opened(polite=False)
    assert link.connection_state_changed("failed") == [*INTERRUPTED, *RESTART]
    assert link.negotiation_needed() == [SetLocalDescription()]
    assert link.connection_state_changed("failed") == []
    assert link.connection_state_changed("connected") == [StopTimer(LinkTimer.ATTEMPT), *RETURNED]


def test_polite_side_leaves_the_repair_to_the_other() -> None:
    """Both see the failure; the polite side waits a moment for the other's offer."""
    link = opened(polite=True)
    link.connection_state_changed("disconnected")
    assert link.timer_fired(LinkTimer.DISCONNECTED) == [repair_after(POLITE_DELAY_SECONDS)]
    restarting = description("offer", "restarted")
    assert link.description_received(restarting) == [
        StopTimer(LinkTimer.REPAIR),
        StartTimer(LinkTimer.ATTEMPT, RESTART_SECONDS),
        SetRemoteDescription(restarting),
    ]


def test_polite_side_repairs_where_no_offer_comes() -> None:
    """After its moment, the polite side restarts ICE itself."""
    link = opened(polite=True)
    assert link.connection_state_changed("failed") == [*INTERRUPTED, repair_after(POLITE_DELAY_SECONDS)]
    assert link.timer_fired(LinkTimer.REPAIR) == RESTART


def test_link_replaces_a_connection_that_cannot_be_saved() -> None:
    """Where an ICE restart does not help, a new connection is offered after a pause."""
    link = opened(polite=False)
    link.connection_state_changed("failed")
    assert link.timer_fired(LinkTimer.ATTEMPT) == [repair_after(1)]
    assert link.timer_fired(LinkTimer.REPAIR) == REPLACED


def test_link_restarts_ice_again_after_it_has_helped() -> None:
    """Each failure is repaired in the same way, the gentle one first."""
    link = opened(polite=False)
    link.connection_state_changed("failed")
    link.connection_state_changed("connected")
    link.heard()
    link.timer_fired(LinkTimer.ASKING)
    assert link.connection_state_changed("failed") == [*INTERRUPTED, *RESTART]


def test_link_counts_the_restart_of_the_other_side() -> None:
    """Where an ICE restart that the other side began does not help, another one would not either."""
    link = opened(polite=True)
    link.connection_state_changed("failed")
    link.description_received(description("offer", "restarted"))
    link.timer_fired(LinkTimer.ATTEMPT)
    assert link.timer_fired(LinkTimer.REPAIR) == REPLACED


def test_link_begins_to_negotiate_again_with_its_connection() -> None:
    """An answer to the offer of an RTCPeerConnection that is gone is none to the next one."""
    link = offering()
    link.timer_fired(LinkTimer.ATTEMPT)
    link.timer_fired(LinkTimer.REPAIR)
    assert link.description_received(ANSWER) == []


def test_link_forgets_attempts_in_vain_when_one_succeeds() -> None:
    """What failed before says nothing about the next interruption."""
    link = offering()
    link.timer_fired(LinkTimer.ATTEMPT)
    link.timer_fired(LinkTimer.REPAIR)
    link.channel_opened()
    link.channel_closed()
    link.timer_fired(LinkTimer.REPAIR)
    link.timer_fired(LinkTimer.ATTEMPT)
    assert state_of(link) is LinkState.INTERRUPTED


def test_link_fails_after_attempts_in_vain_and_goes_on() -> None:
    """Two attempts in vain are told; they go on, with longer pauses, until one succeeds."""
    link = new_link()
    link.start(offering=True)
    assert link.timer_fired(LinkTimer.ATTEMPT) == [ClosePeerConnection(), repair_after(1)]
    assert state_of(link) is LinkState.CONNECTING
    assert link.timer_fired(LinkTimer.REPAIR) == NEW_CONNECTION
    assert link.connection_state_changed("failed") == [
        ClosePeerConnection(),
        FAILED,
        StopTimer(LinkTimer.ATTEMPT),
        repair_after(2),
    ]
    link.timer_fired(LinkTimer.REPAIR)
    assert link.creation_failed("no more") == [ClosePeerConnection(), StopTimer(LinkTimer.ATTEMPT), repair_after(4)]
    link.timer_fired(LinkTimer.REPAIR)
    assert link.channel_opened() == [StopTimer(LinkTimer.ATTEMPT), *OPENED]
    assert link.channel_closed()[-1] == repair_after(1)


def test_link_replaces_a_channel_that_closed() -> None:
    """The other side closed its connection: perhaps it left, so a moment is given to the server to say so."""
    link = opened()
    assert link.channel_closed() == [*INTERRUPTED, ClosePeerConnection(), repair_after(1)]
    link.check_invariants()
    assert link.timer_fired(LinkTimer.REPAIR) == NEW_CONNECTION


def test_link_takes_an_offer_between_attempts() -> None:
    """In a pause, whatever the other side offers is taken."""
    link = opened()
    link.channel_closed()
    renewed = description("offer", "renewed", "CC")
    assert link.description_received(renewed) == [
        CreatePeerConnection(),
        StopTimer(LinkTimer.REPAIR),
        ATTEMPT,
        SetRemoteDescription(renewed),
    ]


def test_link_slows_down_for_a_peer_that_breaks_the_rules() -> None:
    """A faulty channel is replaced, each time after a longer pause, however well it opens in between."""
    link = opened()
    assert link.faulted(Fault.UNREADABLE) == [*INTERRUPTED, ClosePeerConnection(), repair_after(4)]
    assert fault_of(link) is Fault.UNREADABLE
    assert link.timer_fired(LinkTimer.REPAIR) == NEW_CONNECTION
    assert fault_of(link) is None
    link.channel_opened()
    assert link.faulted(Fault.EXCESSIVE)[-1] == repair_after(8)


def test_link_takes_no_offer_from_who_is_kept_away() -> None:
    """A peer that offers again at once gets in when its pause is over, and with the last that it has offered."""
    link = opened()
    link.faulted(Fault.EXCESSIVE)
    renewed, again = description("offer", "renewed", "CC"), description("offer", "again", "DD")
    early = Candidate("candidate:3", "0", 0, "renewed")
    theirs = Candidate("candidate:2", "0", 0, "again")
    for received in (renewed, description("answer", "renewed", "CC")):
        assert link.description_received(received) == []
    assert link.candidate_received(early) == []
    assert link.description_received(again) == []
    assert link.candidate_received(theirs) == []
    link.check_invariants()
    assert link.timer_fired(LinkTimer.REPAIR) == [CreatePeerConnection(), ATTEMPT, SetRemoteDescription(again)]
    assert link.remote_description_set() == [CreateChannels(), AddCandidate(theirs), SetLocalDescription()]
    assert not link.fault


def test_link_keeps_a_peer_away_whatever_happens() -> None:
    """No look at the network, no word of the server and no second fault ends the pause, or restarts it."""
    link = opened()
    link.faulted(Fault.EXCESSIVE)
    assert link.faulted(Fault.UNREADABLE) == []
    assert link.fault is Fault.EXCESSIVE
    assert [*link.checked(), *link.signaling_lost(), *link.signaling_restored(), *link.policy_changed()] == []
    assert link.timer_fired(LinkTimer.REPAIR) == NEW_CONNECTION


def test_link_lets_a_peer_in_when_the_server_is_back() -> None:
    """Without the server, an offer of before is of no use when the pause ends."""
    link = opened()
    link.faulted(Fault.EXCESSIVE)
    link.description_received(description("offer", "renewed", "CC"))
    link.signaling_lost()
    assert link.timer_fired(LinkTimer.REPAIR) == []
    assert link.signaling_restored() == NEW_CONNECTION


def test_link_does_not_fault_who_is_gone() -> None:
    """What was still on its way from a peer that has left costs nothing any more."""
    link = opened()
    link.close()
    assert link.faulted(Fault.EXCESSIVE) == []


@pytest.mark.parametrize("is_offering", [True, False])
def test_link_of_a_newcomer_waits_for_its_account(is_offering: bool) -> None:  # noqa: FBT001 - a parameter
    """Who leaves and comes back as another peer is kept away all the same."""
    penalty = Penalty(lambda: 1.0)
    for _ in range(10):
        penalty.next_pause(Fault.EXCESSIVE)
    link = Link(polite=True, random=lambda: 1.0, penalty=penalty)
    assert link.start(offering=is_offering) == [repair_after(CAP_SECONDS)]
    assert link.fault is Fault.EXCESSIVE
    assert link.description_received(OFFER) == []
    link.check_invariants()
    assert link.timer_fired(LinkTimer.REPAIR) == [CreatePeerConnection(), ATTEMPT, SetRemoteDescription(OFFER)]


def test_link_bounds_descriptions() -> None:
    """Each makes the browser work; who sends them without end is kept away. Time makes room for others."""
    link = opened(polite=False)
    for _ in range(2):
        assert link.ticked() == []
        for _ in range(MAX_DESCRIPTIONS):
            assert link.description_received(ANSWER) == []
    assert link.description_received(ANSWER)[-1] == repair_after(4)
    assert link.fault is Fault.EXCESSIVE
    assert link.description_received(OFFER) == []


def test_link_looks_once_at_an_offer_that_it_holds() -> None:
    """What came too often while the peer was kept away cost nothing, and is no second fault when the pause ends."""
    link = opened()
    link.faulted(Fault.EXCESSIVE)
    renewed = description("offer", "renewed", "CC")
    for _ in range(MAX_DESCRIPTIONS + 1):
        assert link.description_received(renewed) == []
    assert link.timer_fired(LinkTimer.REPAIR) == [CreatePeerConnection(), ATTEMPT, SetRemoteDescription(renewed)]
    assert link.fault is None


def test_link_takes_no_description_of_too_many_candidates() -> None:
    """A browser keeps and tries each of them."""
    line = "a=candidate:1 1 udp 1 192.0.2.1 49152 typ host\r\n"
    link = opened()
    few, many = [Description("answer", ANSWER.sdp + line * count) for count in (MAX_CANDIDATES, MAX_CANDIDATES + 1)]
    assert link.description_received(few) == []
    assert link.description_received(many)[-1] == repair_after(4)
    assert link.fault is Fault.EXCESSIVE


def test_link_takes_no_description_of_more_than_data() -> None:
    """Sound and pictures would cost the page what plays them, and nobody asked for any."""
    link = opened()
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
    assert link.description_received(Description("answer", ANSWER.sdp + data)) == []
    assert link.description_received(Description("offer", OFFER.sdp + data + "m=audio 9 RTP 0\r\n"))[
        -1
    ] == repair_after(4)
    assert link.fault is Fault.UNREADABLE


def test_link_follows_a_peer_with_a_new_connection() -> None:
    """An offer with another certificate comes from another RTCPeerConnection, and ours is replaced too."""
    link = opened()
    renewed = description("offer", "renewed", "CC")
    assert link.description_received(renewed) == [
        *INTERRUPTED,
        ClosePeerConnection(),
        CreatePeerConnection(),
        ATTEMPT,
        SetRemoteDescription(renewed),
    ]


def test_impolite_side_follows_a_peer_with_a_new_connection_too() -> None:
    """Its own open offer went to the connection that was before, and nobody is left to answer it."""
    link = opened(polite=False)
    link.connection_state_changed("failed")
    link.negotiation_needed()
    link.signaling_state_changed("have-local-offer")
    renewed = description("offer", "renewed", "CC")
    assert link.description_received(renewed) == [
        ClosePeerConnection(),
        CreatePeerConnection(),
        ATTEMPT,
        SetRemoteDescription(renewed),
    ]


def test_link_offers_again_where_the_answer_is_of_another_connection() -> None:
    """A connection cannot change its counterpart, so the answer can only be taken by a new one."""
    link = opened(polite=False)
    link.connection_state_changed("failed")
    link.negotiation_needed()
    link.signaling_state_changed("have-local-offer")
    assert link.description_received(description("answer", "renewed", "CC")) == [
        ClosePeerConnection(),
        CreatePeerConnection(),
        CreateChannels(),
        ATTEMPT,
    ]


def test_link_offers_again_where_the_answer_came_too_late() -> None:
    """After an answer to an offer that was given up, the right one shows that the other side has moved on."""
    link = offering()
    link.description_received(ANSWER)
    link.signaling_state_changed("stable")
    link.remote_description_set()
    right = description("answer", "renewed", "CC")
    assert link.description_received(right) == REPLACED


def test_link_that_is_open_takes_no_notice_of_a_stale_answer() -> None:
    """What works is not given up for an answer that nobody asked for."""
    assert opened().description_received(description("answer", "renewed", "CC")) == []


def test_link_renegotiates_without_interruption() -> None:
    """An offer on an open link is answered, and the link stays open."""
    link = opened()
    again = description("offer", "again")
    assert link.description_received(again) == [SetRemoteDescription(again)]
    assert state_of(link) is LinkState.OPEN


def test_link_keeps_a_path_that_works_when_a_negotiation_fails() -> None:
    """A refused description costs an attempt, but not a connection that is open."""
    assert opened().operation_failed(SetLocalDescription(), "no") == []
    link = offering()
    assert link.operation_failed(SetRemoteDescription(ANSWER), "no") == [
        ClosePeerConnection(),
        StopTimer(LinkTimer.ATTEMPT),
        repair_after(1),
    ]


def test_link_closes_for_good() -> None:
    """After its end nothing is left, and no late timer wakes it."""
    link = offering()
    assert link.close() == [
        LinkStateChanged(LinkState.CLOSED),
        StopTimer(LinkTimer.ATTEMPT),
        ClosePeerConnection(),
    ]
    assert link.close() == []
    assert link.timer_fired(LinkTimer.ATTEMPT) == []
    link.check_invariants()


def test_link_takes_no_notice_of_states_in_between() -> None:
    """`connecting` and `closed` say nothing that is not known."""
    link = opened()
    assert link.connection_state_changed("connecting") == []
    assert link.connection_state_changed("closed") == []


WITH_ADDRESS = replace(OFFER, sdp=f"{OFFER.sdp}\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host")
HOST, END = Candidate("candidate:1 1 udp 1 192.0.2.1 9 typ host"), Candidate("")


def in_vain(link: Link) -> Evidence:
    """Let an attempt come to nothing, and the next one begin; return what is known by then."""
    link.timer_fired(LinkTimer.ATTEMPT)
    link.timer_fired(LinkTimer.REPAIR)
    return link.evidence


def test_link_notes_what_attempts_have_shown() -> None:
    """Of the last two: who has fallen silent since is said to be silent, whatever they said before."""
    link = offering()
    link.description_received(ANSWER)
    link.candidate_gathered(END)
    link.candidate_received(END)
    assert in_vain(link) == Evidence(answered=True)
    link.candidate_gathered(HOST)
    link.candidate_received(HOST)
    assert in_vain(link) == Evidence(answered=True, gathered=True, offered=True)
    assert in_vain(link) == Evidence(gathered=True, offered=True)
    assert in_vain(link) == Evidence()


def test_link_notes_addresses_that_stand_in_descriptions() -> None:
    """Ours and theirs, where an offer of theirs begins another attempt as well."""
    link = new_link()
    link.start(offering=False)
    link.description_received(WITH_ADDRESS)
    link.local_description_set(replace(OUR_ANSWER, sdp=WITH_ADDRESS.sdp))
    assert in_vain(link) == Evidence(answered=True, gathered=True, offered=True)


def test_link_notes_a_path_without_a_channel() -> None:
    """What kept the channel from opening, nobody knows; once it is open, the past says nothing more."""
    link = offering()
    link.connection_state_changed("connected")
    assert in_vain(link).connected
    link = opened()
    link.connection_state_changed("connected")
    link.channel_closed()
    link.timer_fired(LinkTimer.REPAIR)
    assert in_vain(link) == Evidence()


def test_link_notes_what_the_browser_refused() -> None:
    """Its own sentence, until it refuses no more."""
    link = offering()
    link.creation_failed("Too many connections.")
    assert link.evidence.refusal == "Too many connections."
    link.timer_fired(LinkTimer.REPAIR)
    assert in_vain(link).refusal == ""
    link.operation_failed(AddCandidate(HOST), "It does not resolve.")
    assert in_vain(link).refusal == "", "others may do as well"
    link.operation_failed(SetLocalDescription(), "It is closed.")
    assert link.evidence.refusal == "It is closed."


def test_restart_in_vain_is_an_attempt_of_its_own() -> None:
    """What was seen of the connection before it was interrupted does not count."""
    link = opened(polite=False)
    link.candidate_gathered(HOST)
    link.connection_state_changed("failed")
    link.timer_fired(LinkTimer.ATTEMPT)
    assert link.evidence == Evidence()


def test_restart_of_the_other_side_in_vain_says_nothing_of_before() -> None:
    """It is an attempt of its own over the connection that was there."""
    link = new_link()
    link.start(offering=True)
    link.candidate_gathered(HOST)
    link.channel_opened()
    link.connection_state_changed("connected")
    link.connection_state_changed("failed")
    link.description_received(OFFER)
    link.timer_fired(LinkTimer.ATTEMPT)
    assert link.evidence == Evidence(answered=True)


def test_offer_that_begins_another_attempt_is_an_answer_in_it() -> None:
    """The other side has made a new connection, which says that it is awake."""
    link = offering()
    link.description_received(ANSWER)
    assert CreatePeerConnection() in link.description_received(description("offer", "theirs", "CC"))
    link.timer_fired(LinkTimer.ATTEMPT)
    assert link.evidence == Evidence(answered=True)
