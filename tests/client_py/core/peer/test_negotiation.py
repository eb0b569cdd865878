from __future__ import annotations

from dataclasses import replace

import pytest

from client_py.core.peer.negotiation import (
    MAX_CANDIDATES,
    MAX_HELD,
    AddCandidate,
    CandidateRefused,
    Negotiation,
    NegotiationFailed,
    SendCandidate,
    SendDescription,
    SetLocalDescription,
    SetRemoteDescription,
    is_polite,
)
from protocol.webrtc import Candidate, Description


def description(kind: str, generation: str, certificate: str = "AA") -> Description:
    """Return a description of an ICE generation."""
    sdp = f"a=ice-ufrag:{generation}\r\na=fingerprint:sha-256 {certificate}\r\n"
    return Description("offer" if kind == "offer" else "answer", sdp)


def candidate(generation: str | None, number: int = 1) -> Candidate:
    """Return a candidate of an ICE generation."""
    return Candidate(f"candidate:{number}", "0", 0, generation)


OFFER, ANSWER = description("offer", "theirs"), description("answer", "theirs")
OUR_OFFER, OUR_ANSWER = description("offer", "ours", "BB"), description("answer", "ours", "BB")


def test_two_sides_have_opposite_roles() -> None:
    """The lower peer id is the polite one, on whichever side it is asked."""
    assert is_polite("a-0000000000000000", "b-0000000000000000")
    assert not is_polite("b-0000000000000000", "a-0000000000000000")


def offering(*, polite: bool) -> Negotiation:
    """Return a negotiation whose offer is with the other side."""
    negotiation = Negotiation(polite=polite)
    negotiation.negotiation_needed()
    negotiation.signaling_state_changed("have-local-offer")
    negotiation.local_description_set(OUR_OFFER)
    return negotiation


def agreed() -> Negotiation:
    """Return a negotiation in which our offer was answered."""
    negotiation = offering(polite=True)
    negotiation.description_received(ANSWER)
    negotiation.signaling_state_changed("stable")
    negotiation.remote_description_set()
    return negotiation


def flags(negotiation: Negotiation) -> tuple[bool, bool]:
    """Return whether an offer is being made, and whether an answer is being applied."""
    return negotiation.making_offer, negotiation.is_setting_remote_answer_pending


def test_negotiation_offers_and_takes_the_answer() -> None:
    """What is needed is offered, and the answer settles it."""
    negotiation = Negotiation(polite=False)
    assert negotiation.negotiation_needed() == [SetLocalDescription()]
    assert flags(negotiation) == (True, False)
    assert negotiation.signaling_state_changed("have-local-offer") == []
    assert negotiation.local_description_set(OUR_OFFER) == [SendDescription(OUR_OFFER)]
    assert flags(negotiation) == (False, False)
    assert negotiation.description_received(ANSWER) == [SetRemoteDescription(ANSWER)]
    assert flags(negotiation) == (False, True)
    assert negotiation.remote_description_set() == []
    assert flags(negotiation) == (False, False)
    assert negotiation.remote_fingerprints == {"SHA-256 AA"}


def test_negotiation_answers() -> None:
    """An offer is applied and answered."""
    negotiation = Negotiation(polite=False)
    assert negotiation.description_received(OFFER) == [SetRemoteDescription(OFFER)]
    negotiation.signaling_state_changed("have-remote-offer")
    assert negotiation.remote_description_set() == [SetLocalDescription()]
    negotiation.signaling_state_changed("stable")
    assert negotiation.local_description_set(OUR_ANSWER) == [SendDescription(OUR_ANSWER)]


def test_impolite_side_ignores_a_crossing_offer() -> None:
    """Of two offers that cross, the impolite side's own goes on; candidates of the other come to nothing."""
    negotiation = offering(polite=False)
    assert negotiation.description_received(OFFER) == []
    assert negotiation.ignore_offer
    refused = AddCandidate(candidate("theirs"))
    assert negotiation.operation_failed(refused, "no") == []
    assert negotiation.description_received(ANSWER) == [SetRemoteDescription(ANSWER)]


def test_polite_side_lets_its_own_offer_go() -> None:
    """Of two offers that cross, the polite side takes the other one."""
    negotiation = offering(polite=True)
    assert negotiation.description_received(OFFER) == [SetRemoteDescription(OFFER)]
    assert not negotiation.ignore_offer


def test_polite_side_lets_go_of_an_offer_in_the_making() -> None:
    """An offer that is obsolete before it is made is not sent, nor are its candidates."""
    negotiation = Negotiation(polite=True)
    negotiation.negotiation_needed()
    assert negotiation.description_received(OFFER) == [SetRemoteDescription(OFFER)]
    assert negotiation.candidate_gathered(candidate("obsolete")) == []
    assert negotiation.local_description_set(OUR_OFFER) == []
    assert negotiation.remote_description_set() == [SetLocalDescription()]
    assert negotiation.candidate_gathered(candidate("ours")) == []
    assert negotiation.local_description_set(OUR_ANSWER) == [
        SendDescription(OUR_ANSWER),
        SendCandidate(candidate("ours")),
    ]


def test_impolite_side_ignores_an_offer_while_it_makes_its_own() -> None:
    """The collision begins when the offer is begun, not when it is set."""
    negotiation = Negotiation(polite=False)
    negotiation.negotiation_needed()
    assert negotiation.description_received(OFFER) == []


def test_negotiation_ignores_stale_answers() -> None:
    """An answer to an offer that was let go, or a second one, belongs to nothing."""
    assert Negotiation(polite=True).description_received(ANSWER) == []
    assert agreed().description_received(ANSWER) == []
    negotiation = offering(polite=True)
    negotiation.description_received(ANSWER)
    assert negotiation.description_received(ANSWER) == []


def test_offer_waits_for_what_is_being_applied() -> None:
    """An offer that comes after an answer, or after another offer, is taken after it, the newest alone."""
    negotiation = offering(polite=False)
    negotiation.description_received(ANSWER)
    newest = description("offer", "newest")
    assert negotiation.description_received(description("offer", "newer")) == []
    assert negotiation.description_received(newest) == []
    negotiation.signaling_state_changed("stable")
    assert negotiation.remote_description_set() == [SetRemoteDescription(newest)]


def test_offer_of_ours_waits_for_what_is_being_applied() -> None:
    """Python may hear that negotiation is needed before it hears that the answer was set."""
    negotiation = offering(polite=True)
    negotiation.description_received(ANSWER)
    assert negotiation.negotiation_needed() == []
    negotiation.signaling_state_changed("stable")
    assert negotiation.remote_description_set() == [SetLocalDescription()]


def test_candidates_of_ours_follow_their_description() -> None:
    """The other side could not place a candidate that comes before its description."""
    negotiation = Negotiation(polite=True)
    negotiation.negotiation_needed()
    assert negotiation.candidate_gathered(candidate("ours", 1)) == []
    assert negotiation.candidate_gathered(candidate(None, 2)) == []
    assert negotiation.local_description_set(OUR_OFFER) == [
        SendDescription(OUR_OFFER),
        SendCandidate(candidate("ours", 1)),
        SendCandidate(candidate(None, 2)),
    ]
    assert negotiation.candidate_gathered(candidate("ours", 3)) == [SendCandidate(candidate("ours", 3))]


@pytest.mark.parametrize("generation", ["theirs", None])
def test_candidates_of_theirs_wait_for_their_description(generation: str | None) -> None:
    """A candidate is held until the description that it belongs to is set."""
    negotiation = offering(polite=True)
    early, late = candidate(generation, 1), candidate(generation, 2)
    assert negotiation.candidate_received(early) == []
    negotiation.description_received(ANSWER)
    assert negotiation.candidate_received(late) == []
    assert negotiation.remote_description_set() == [AddCandidate(early), AddCandidate(late)]
    third = candidate(generation, 3)
    assert negotiation.candidate_received(third) == [AddCandidate(third)]


def test_candidates_of_another_generation_are_dropped() -> None:
    """A candidate from before an ICE restart is of no use after it."""
    negotiation = offering(polite=True)
    negotiation.candidate_received(candidate("gone"))
    negotiation.description_received(ANSWER)
    assert negotiation.remote_description_set() == []
    assert negotiation.candidate_received(candidate("gone")) == []


def test_candidates_held_are_bounded() -> None:
    """A peer that floods us with candidates fills no memory."""
    negotiation = offering(polite=True)
    for number in range(MAX_HELD + 10):
        negotiation.candidate_received(candidate("theirs", number))
    negotiation.description_received(ANSWER)
    assert len(negotiation.remote_description_set()) == MAX_HELD


def test_negotiation_tells_what_the_browser_refused() -> None:
    """A refused description ends the negotiation; a refused candidate is only told."""
    negotiation = agreed()
    assert negotiation.operation_failed(AddCandidate(candidate("theirs")), "no") == [CandidateRefused("no")]
    assert negotiation.negotiation_needed() == [SetLocalDescription()]
    assert negotiation.operation_failed(SetLocalDescription(), "no") == [NegotiationFailed("no")]
    assert not negotiation.making_offer


def test_negotiation_takes_no_notice_of_an_operation_that_was_given_up() -> None:
    """What comes of an operation after its end belongs to nothing."""
    assert Negotiation(polite=True).remote_description_set() == []


def with_setup(given: Description, setup: str) -> Description:
    """Return a description with a role in DTLS."""
    return replace(given, sdp=f"{given.sdp}a=setup:{setup}\r\n")


@pytest.mark.parametrize(("theirs", "ours"), [("active", "passive"), ("passive", "active")])
def test_negotiation_keeps_the_role_that_an_answer_gave_us(theirs: str, ours: str) -> None:
    """The next offer leaves no choice, no matter who made the first one (RFC 8842 §5.3)."""
    negotiation = offering(polite=False)
    negotiation.description_received(with_setup(ANSWER, theirs))
    negotiation.signaling_state_changed("stable")
    negotiation.remote_description_set()
    negotiation.negotiation_needed()
    sent = SendDescription(with_setup(OUR_OFFER, ours))
    assert negotiation.local_description_set(with_setup(OUR_OFFER, "actpass")) == [sent]
    negotiation.signaling_state_changed("have-local-offer")
    assert negotiation.offer_again() == [sent]


@pytest.mark.parametrize("role", ["active", "passive"])
def test_negotiation_keeps_the_role_that_it_answered_with(role: str) -> None:
    """That is the browser's choice."""
    negotiation = Negotiation(polite=True)
    negotiation.description_received(OFFER)
    negotiation.remote_description_set()
    answer = with_setup(OUR_ANSWER, role)
    assert negotiation.local_description_set(answer) == [SendDescription(answer)]
    negotiation.negotiation_needed()
    sent = negotiation.local_description_set(with_setup(OUR_OFFER, "actpass"))
    assert sent == [SendDescription(with_setup(OUR_OFFER, role))]


def test_first_offer_leaves_the_choice() -> None:
    """Nobody has a role yet."""
    negotiation = Negotiation(polite=True)
    negotiation.negotiation_needed()
    offer = with_setup(OUR_OFFER, "actpass")
    assert negotiation.local_description_set(offer) == [SendDescription(offer)]


def test_negotiation_sends_an_open_offer_again() -> None:
    """With the candidates that went after it, for what carried them may have been dead."""
    negotiation = offering(polite=False)
    ours = candidate("ours")
    negotiation.candidate_gathered(ours)
    assert negotiation.offer_again() == [SendDescription(OUR_OFFER), SendCandidate(ours)]


def test_negotiation_has_no_offer_to_send_again_once_it_is_answered() -> None:
    """Nor while the answer is being applied."""
    negotiation = offering(polite=False)
    negotiation.description_received(ANSWER)
    assert negotiation.offer_again() == []
    assert agreed().offer_again() == []


def test_negotiation_bounds_candidates_of_a_generation() -> None:
    """The browser keeps each of them; the next generation may have as many again, and the same one may not."""
    negotiation = agreed()
    found = [
        effect
        for number in range(MAX_CANDIDATES + 2)
        for effect in negotiation.candidate_received(candidate("theirs", number))
    ]
    assert found == [AddCandidate(candidate("theirs", number)) for number in range(MAX_CANDIDATES)]
    for generation, left in (("theirs", 0), ("next", 1)):
        negotiation.description_received(description("offer", generation))
        negotiation.remote_description_set()
        negotiation.local_description_set(OUR_ANSWER)
        assert len(negotiation.candidate_received(candidate(generation))) == left


def test_negotiation_counts_candidates_that_came_early() -> None:
    """Those that waited for their description are counted with those that follow it."""
    negotiation = offering(polite=True)
    for number in range(MAX_HELD):
        negotiation.candidate_received(candidate("theirs", number))
    negotiation.description_received(ANSWER)
    assert len(negotiation.remote_description_set()) == MAX_CANDIDATES
    assert negotiation.candidate_received(candidate("theirs")) == []
