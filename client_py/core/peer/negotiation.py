"""Decides how two sides agree on one RTCPeerConnection: the whole of W3C's perfect negotiation (WebRTC 1.0 §10.7).

Both sides may offer at any time. When two offers cross (glare), the impolite side ignores the one that comes in, and
the polite side lets its own go. What the browser does takes time; it comes back as another input. The operations on one
RTCPeerConnection are carried out one after the other, in the order of the effects.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from client_py.core.peer.sdp import OTHER_ROLE, dtls_role, fingerprints, username_fragments, with_dtls_role
from protocol.webrtc import Candidate, Description

MAX_HELD = 128
"""Candidates kept for a description that has not come yet; a browser gathers some ten to thirty."""

MAX_CANDIDATES = 128
"""Candidates of one ICE generation that the browser is given: it keeps each, and tries it with all of ours."""


def is_polite(own_peer_id: str, peer_id: str) -> bool:
    """Tell whether our side is the polite one of two peers.

    Both sides come to opposite roles by themselves, no matter who came first or how often either came back.
    """
    return own_peer_id < peer_id


@dataclass(frozen=True, slots=True)
class SetLocalDescription:
    """Call setLocalDescription() without arguments: the signaling state says whether it offers or answers."""


@dataclass(frozen=True, slots=True)
class SetRemoteDescription:
    """Call setRemoteDescription(); where an offer of our own is open, that rolls it back."""

    description: Description


@dataclass(frozen=True, slots=True)
class AddCandidate:
    """Call addIceCandidate()."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class SendDescription:
    """Send what setLocalDescription() made to the other side."""

    description: Description


@dataclass(frozen=True, slots=True)
class SendCandidate:
    """Send a candidate of ours to the other side, after the description that it belongs to."""

    candidate: Candidate


@dataclass(frozen=True, slots=True)
class NegotiationFailed:
    """The browser refused a description: this RTCPeerConnection cannot be agreed on any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class CandidateRefused:
    """The browser refused a candidate that belongs to the description in use; the others may still do."""

    reason: str


Operation = SetLocalDescription | SetRemoteDescription | AddCandidate
NegotiationEffect = Operation | SendDescription | SendCandidate | NegotiationFailed | CandidateRefused


class Negotiation:
    """The negotiation of one RTCPeerConnection, from its creation to its end."""

    def __init__(self, *, polite: bool) -> None:
        self.polite = polite
        self.making_offer = False
        self.ignore_offer = False
        self.signaling_state = "stable"
        self.failed = False
        """Whether the browser has refused a description, so that nothing more can be agreed on."""
        # The description being applied: an answer until it is set, an offer until our answer to it is set.
        self._applying: Description | None = None
        self._waiting_offer: Description | None = None
        """Came while another description was being applied; a newer one takes its place."""
        self._negotiation_deferred = False
        self._remote_fingerprints: frozenset[str] = frozenset()
        self._remote_fragments: frozenset[str] = frozenset()
        self._generation: frozenset[str] = frozenset()
        """The other side's, of which the browser was given candidates; unlike the fragments, while none is in use."""
        self._local_fragments: frozenset[str] = frozenset()
        self._dtls_role: str | None = None
        """Ours, from the first answer on."""
        self._candidates_left = MAX_CANDIDATES
        self._early_candidates: deque[Candidate] = deque(maxlen=MAX_HELD)
        self._unsent_candidates: deque[Candidate] = deque(maxlen=MAX_HELD)
        self._offer: Description | None = None
        """Our offer, as long as it is open."""
        self._offered_candidates: deque[Candidate] = deque(maxlen=MAX_HELD)
        """What was sent after it."""

    @property
    def is_setting_remote_answer_pending(self) -> bool:
        """Whether an answer is being applied: the signaling state does not show yet that our offer is agreed on."""
        return self._applying is not None and self._applying.type == "answer"

    @property
    def remote_fingerprints(self) -> frozenset[str]:
        """The certificates of the RTCPeerConnection that this one is tied to; empty as long as it is tied to none."""
        return fingerprints(self._applying.sdp) if self._applying else self._remote_fingerprints

    @property
    def local_fragments(self) -> frozenset[str]:
        """The ICE generation that our side has gathered for; empty before the first."""
        return self._local_fragments

    # Inputs of the RTCPeerConnection

    def negotiation_needed(self) -> list[NegotiationEffect]:
        """The `negotiationneeded` event: something can only be agreed on by a new offer."""
        if self._applying:
            # Python may hear of the event before it hears that the operation ahead of it has ended.
            self._negotiation_deferred = True
            return []
        self.making_offer = True
        return [SetLocalDescription()]

    def signaling_state_changed(self, state: str) -> list[NegotiationEffect]:
        """The `signalingstatechange` event, with RTCPeerConnection.signalingState."""
        self.signaling_state = state
        return []

    def candidate_gathered(self, candidate: Candidate) -> list[NegotiationEffect]:
        """The `icecandidate` event. The other side needs the description first, which may still be on its way to us."""
        if self.making_offer or self._applying:
            self._unsent_candidates.append(candidate)
            return []
        return self._send_candidates([candidate])

    # What came of the operations

    def local_description_set(self, description: Description) -> list[NegotiationEffect]:
        """The setLocalDescription() that we asked for has made this description."""
        self._local_fragments = username_fragments(description.sdp)
        if description.type == "offer":
            self.making_offer = False
            if self._applying:
                return []  # a crossing offer made ours obsolete while it was being made
            if self._dtls_role is not None:
                # To an offer that leaves the choice, Firefox answers as if there were no association yet; and in the
                # role that it had not, so that Chromium refuses the answer (RFC 8842 §5.3: the roles are kept).
                description = with_dtls_role(description, self._dtls_role)
            self._offer = description
        else:
            self._dtls_role = dtls_role(description.sdp)
            self._applying = self._offer = None
        self._offered_candidates.clear()
        return [SendDescription(description), *self._send_held_candidates(), *self._advance()]

    def remote_description_set(self) -> list[NegotiationEffect]:
        """The setRemoteDescription() that we asked for is done."""
        description = self._applying
        if description is None:
            return []
        self._remote_fingerprints = fingerprints(description.sdp)
        self._begin_generation(username_fragments(description.sdp))
        effects = self._add_early_candidates()
        if description.type == "offer":
            return [*effects, SetLocalDescription()]
        self._dtls_role = OTHER_ROLE.get(dtls_role(description.sdp) or "")
        self._applying = self._offer = None
        return [*effects, *self._send_held_candidates(), *self._advance()]

    def operation_failed(self, operation: Operation, reason: str) -> list[NegotiationEffect]:
        """The browser refused an operation; `reason` is its own sentence."""
        if isinstance(operation, AddCandidate):
            # A candidate of an offer that we ignore has no description to belong to, and is no loss.
            return [] if self.ignore_offer else [CandidateRefused(reason)]
        self.making_offer = False
        self._applying = None
        self.failed = True
        return [NegotiationFailed(reason)]

    # Inputs of the link

    def offer_again(self) -> list[NegotiationEffect]:
        """Send our open offer once more, with its candidates: what carried it may have been dead."""
        if self._offer is None or self.signaling_state != "have-local-offer" or self._applying:
            return []
        return [SendDescription(self._offer), *map(SendCandidate, self._offered_candidates)]

    # Inputs of the other side

    def would_ignore(self, description: Description) -> bool:
        """Tell whether a description would be left aside now: an offer by the impolite side's right, or a stale answer.

        Only an offer of ours collides with one that comes in. While we answer an offer, another one waits, for then the
        other side has let go of the first.
        """
        offered = self.signaling_state == "have-local-offer" and not self.is_setting_remote_answer_pending
        if description.type == "answer":
            return self._applying is not None or not offered
        return not self.polite and (self.making_offer or offered)

    def description_received(self, description: Description) -> list[NegotiationEffect]:
        """The other side sent an offer or an answer."""
        ignored = self.would_ignore(description)
        if description.type == "offer":
            self.ignore_offer = ignored
        if ignored:
            return []
        if self._applying:
            self._waiting_offer = description
            return []
        return self._apply(description)

    def candidate_received(self, candidate: Candidate) -> list[NegotiationEffect]:
        """The other side sent a candidate; one of another generation waits for its description."""
        if self._belongs_to_remote_description(candidate):
            return self._add([candidate])
        self._early_candidates.append(candidate)
        return []

    # Transitions

    def _advance(self) -> list[NegotiationEffect]:
        """Take up what has waited for a description to be applied."""
        if self._waiting_offer is not None:
            offer, self._waiting_offer = self._waiting_offer, None
            return self._apply(offer)
        if self._negotiation_deferred:
            self._negotiation_deferred = False
            return self.negotiation_needed()
        return []

    def _apply(self, description: Description) -> list[NegotiationEffect]:
        self._applying = description
        self._remote_fragments = frozenset()
        return [SetRemoteDescription(description)]

    def _belongs_to_remote_description(self, candidate: Candidate) -> bool:
        if candidate.username_fragment is None:
            # Not every implementation sends the fragment: then it is taken for the description in use.
            return bool(self._remote_fragments)
        return candidate.username_fragment in self._remote_fragments

    def _add_early_candidates(self) -> list[NegotiationEffect]:
        candidates = [
            candidate for candidate in self._early_candidates if self._belongs_to_remote_description(candidate)
        ]
        self._early_candidates.clear()
        return self._add(candidates)

    def _begin_generation(self, fragments: frozenset[str]) -> None:
        self._remote_fragments = fragments
        if fragments != self._generation:
            self._generation = fragments
            self._candidates_left = MAX_CANDIDATES

    def _add(self, candidates: list[Candidate]) -> list[NegotiationEffect]:
        """Return candidates to the browser, and leave aside what no honest peer would have gathered."""
        taken = candidates[: self._candidates_left]
        self._candidates_left -= len(taken)
        return [AddCandidate(candidate) for candidate in taken]

    def _send_held_candidates(self) -> list[NegotiationEffect]:
        """Send the candidates of the description that was sent; those of an offer that was let go are of no use."""
        candidates = list(self._unsent_candidates)
        self._unsent_candidates.clear()
        return self._send_candidates(
            candidate
            for candidate in candidates
            if candidate.username_fragment is None or candidate.username_fragment in self._local_fragments
        )

    def _send_candidates(self, candidates: Iterable[Candidate]) -> list[NegotiationEffect]:
        candidates = list(candidates)
        self._offered_candidates.extend(candidates)
        return [SendCandidate(candidate) for candidate in candidates]
