"""Decides how the connection to one peer is made, watched over, and brought back when it is lost.

    connecting ──channel opened──▶ open ──disconnected, failed, channel closed──▶ interrupted ──repaired──▶ open
         └─────── attempts in vain ──────▶ failed ◀────── attempts in vain ─────────┘

A link repairs itself in two steps: an ICE restart on the same RTCPeerConnection, which keeps the data channel; and
where that does not help, a new RTCPeerConnection. It never gives up while the peer is in the room: whenever it is not
open, it waits for one timer, or for the server to be reached again. In the pauses between attempts it takes any offer;
but a peer that breaks the rules is kept away (`penalty.py`), and what it offers meanwhile waits for the pause to end.
While it is open, `liveness.py` finds out where nothing comes through that the browser still calls connected.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from client_py.core.backoff import Backoff
from client_py.core.peer.failure_evidence import Evidence
from client_py.core.peer.link_effects import (
    ClosePeerConnection,
    CreateChannels,
    CreatePeerConnection,
    LinkEffect,
    LinkState,
    LinkStateChanged,
    LinkTimer,
    PeerConnectionEffect,
    RestartIce,
    StartTimer,
    StopTimer,
)
from client_py.core.peer.liveness import Liveness
from client_py.core.peer.negotiation import (
    MAX_CANDIDATES,
    MAX_HELD,
    Negotiation,
    NegotiationEffect,
    NegotiationFailed,
    Operation,
)
from client_py.core.peer.penalty import Fault, Penalty
from client_py.core.peer.sdp import count_candidates, fingerprints, is_data_alone
from protocol.webrtc import Candidate, Description

__all__ = [
    "ClosePeerConnection",
    "CreateChannels",
    "CreatePeerConnection",
    "Link",
    "LinkState",
    "LinkTimer",
    "PeerConnectionEffect",
    "RestartIce",
]

OFFER_EXPECTED_SECONDS = 5.0
"""Who was there first leaves the first offer to who comes, but not for ever."""

DISCONNECTED_SECONDS = 3.0
"""`disconnected` is transient (RFC 7675: consent is checked every 5 s); most of it mends by itself within this time."""

RESTART_SECONDS = 8.0
"""An ICE restart gets this long before a new RTCPeerConnection is tried."""

ATTEMPT_SECONDS = 20.0
"""A new RTCPeerConnection gets this long: browsers call ICE failed after 15 to 30 s without a working pair."""

RETURNED_SECONDS = 1.0
"""On a path that is back, something must come in so soon. SCTP tries a dead path again after pauses that double
(RFC 9260 §6.3.3), and learns nothing of the path's return: a new RTCPeerConnection is sooner there."""

POLITE_DELAY_SECONDS = 1.5
"""Both sides see a failure; the impolite one repairs at once, and the polite one only if no offer came by then."""

BACKOFF_SECONDS = 1.0
BACKOFF_CAP_SECONDS = 30.0
"""The pauses between attempts: at the end about as long as a person looks away for."""

ATTEMPTS_BEFORE_FAILED = 2
"""After this many attempts without success the person is told of a failure; attempts go on all the same."""

MAX_DESCRIPTIONS = 60
"""Between two ticks (20 s): each costs the browser some hundredths of a second, and an honest peer sends a few."""


class Link:
    """Our connection to one peer, over as many RTCPeerConnections as it takes."""

    def __init__(self, *, polite: bool, random: Callable[[], float], penalty: Penalty | None = None) -> None:
        self.state = LinkState.CONNECTING
        self.evidence = Evidence()
        """What the last two attempts in vain have shown: what a person is told about a failure depends on it."""
        self._seen = Evidence()
        """In this attempt."""
        self._seen_before = Evidence()
        """In the last attempt in vain."""
        self._polite = polite
        self._negotiation = Negotiation(polite=polite)
        self._backoff = Backoff(BACKOFF_SECONDS, BACKOFF_CAP_SECONDS, random)
        self._penalty = penalty or Penalty(random)
        """For a peer that breaks the rules; unlike the backoff, no success resets it."""
        self.fault: Fault | None = None
        """Why the peer is kept away just now, if it is."""
        self._held_offer: Description | None = None
        """Came while the peer was kept away, as did the candidates after it."""
        self._held_candidates: deque[Candidate] = deque(maxlen=MAX_HELD)
        self._descriptions = 0
        """How many have come since the last tick."""
        self._attempts_in_vain = 0
        self._has_connection = False
        self._has_channel = False
        self._channel_open = False
        self._restarting = False
        """Whether ICE has been restarted, by either side, and the path has not come back since."""
        self._has_server = True
        self._is_unproven = False
        """Whether the path has come back, and nothing is known to have come over it since."""
        self._is_outdated = False
        """Whether the RTCPeerConnection has gathered under a policy that the person has changed since."""
        self._waiting_for: LinkTimer | None = None
        self._liveness = Liveness()

    @property
    def generation(self) -> frozenset[str]:
        """The ICE generation that our side has gathered for: its username fragments."""
        return self._negotiation.local_fragments

    # Inputs of the room

    def start(self, *, offering: bool) -> list[LinkEffect]:
        """Begin, with an offer or by waiting for one; whose account is kept away waits first."""
        self.fault = self._penalty.fault
        if self.fault is not None:
            return self._wait_for(LinkTimer.REPAIR, self._penalty.seconds)
        if offering:
            return self._replace()
        return [*self._renew(), *self._wait_for(LinkTimer.OFFER_EXPECTED, OFFER_EXPECTED_SECONDS)]

    def close(self) -> list[LinkEffect]:
        """End: the peer has left, or we do."""
        return [*self._set_state(LinkState.CLOSED), *self._stop_waiting(), *self._close_connection()]

    def signaling_lost(self) -> list[LinkEffect]:
        """The server cannot be reached: an open channel goes on and carries signals itself, other repairs wait."""
        self._has_server = False
        return []

    def signaling_restored(self) -> list[LinkEffect]:
        """The server is back; what was sent meanwhile may have been lost, so what is not open starts over.

        A link that is open is left alone, but for an offer that nobody has answered.
        """
        self._has_server = True
        if self.fault is not None:
            return []
        if self._is_outdated:
            return self._replace()
        if self.state is LinkState.OPEN:
            return self._translate(self._negotiation.offer_again())
        return self._repair()

    def allocation_renewed(self) -> list[LinkEffect]:
        """There are fresh credentials for the relay: use them before those run out that our end of the path stands on.

        Nothing is interrupted, and so nothing is timed: the old path carries until the new one is found. Where no
        restart can be agreed on any more, it is interrupted now rather than when the old credentials have run out.
        """
        if self.state is not LinkState.OPEN:
            return []
        if self._negotiation.failed:
            return self._replace()
        return [RestartIce()] if self._negotiation.signaling_state == "stable" else []

    def policy_changed(self) -> list[LinkEffect]:
        """The person wants to connect through a relay only, or no longer so.

        An ICE restart would not do: the path of before, and what keeps it open, might go on beside the new one. As long
        as nothing was gathered, there is nothing to undo; and without the server there is no other connection, so the
        old one stays until the server is back.
        """
        if not self._has_connection or self._waiting_for is LinkTimer.OFFER_EXPECTED:
            return []
        self._is_outdated = True
        return self._replace()

    def asked(self) -> list[LinkEffect]:
        """Something else has failed that may have failed for the same reason: see whether the channel lives."""
        return self._liveness.asked() if self.state is LinkState.OPEN else []

    def checked(self) -> list[LinkEffect]:
        """The network may be another, or the page has slept: see at once how things stand, and let no pause run on."""
        if self.state is LinkState.OPEN:
            return self._liveness.asked()
        if self.state is LinkState.CLOSED or self._waiting_for is LinkTimer.OFFER_EXPECTED or self.fault is not None:
            return []
        # What is being attempted was begun with the addresses of before.
        self._backoff.reset()
        return self._repair()

    def ticked(self) -> list[LinkEffect]:
        """Some time has passed; call it about every 20 s."""
        self._descriptions = 0
        return []

    def faulted(self, fault: Fault) -> list[LinkEffect]:
        """The other side broke the rules: only a new channel is in a known state, and not before a pause."""
        if self.state is LinkState.CLOSED or self.fault is not None:
            return []
        self.fault = fault
        return self._lose_channel(self._penalty.next_pause(fault))

    # Inputs of the other side, through the server or over the channel

    def description_received(self, description: Description) -> list[LinkEffect]:
        """The other side sent an offer or an answer, perhaps of an RTCPeerConnection that is new."""
        self._note_description(description)
        self._descriptions += 1
        if self._descriptions > MAX_DESCRIPTIONS or count_candidates(description.sdp) > MAX_CANDIDATES:
            return self.faulted(Fault.EXCESSIVE)
        if not is_data_alone(description.sdp):
            return self.faulted(Fault.UNREADABLE)  # it would cost us what plays sound and pictures
        if self.fault is not None:
            return self._hold(description)
        effects = self._take(description)
        self._note_description(description)  # it may have begun another attempt
        return effects

    def candidate_received(self, candidate: Candidate) -> list[LinkEffect]:
        """The other side sent a candidate."""
        self._seen.offered = self._seen.offered or bool(candidate.candidate)
        if self.fault is not None:
            self._held_candidates.append(candidate)
            return []
        return self._translate(self._negotiation.candidate_received(candidate))

    # Inputs of the RTCPeerConnection

    def negotiation_needed(self) -> list[LinkEffect]:
        """The `negotiationneeded` event."""
        return self._translate(self._negotiation.negotiation_needed())

    def signaling_state_changed(self, state: str) -> list[LinkEffect]:
        """The `signalingstatechange` event."""
        return self._translate(self._negotiation.signaling_state_changed(state))

    def candidate_gathered(self, candidate: Candidate) -> list[LinkEffect]:
        """The `icecandidate` event."""
        self._seen.gathered = self._seen.gathered or bool(candidate.candidate)
        return self._translate(self._negotiation.candidate_gathered(candidate))

    def connection_state_changed(self, state: str) -> list[LinkEffect]:
        """The `connectionstatechange` event, with RTCPeerConnection.connectionState."""
        self._seen.connected = self._seen.connected or (state == "connected" and not self._channel_open)
        match state:
            case "connected" if self._channel_open and self.state is not LinkState.OPEN:
                self._is_unproven = True
                return [*self._settle(), *self._liveness.asked(RETURNED_SECONDS)]
            case "disconnected" if self.state is LinkState.OPEN:
                return [*self._interrupt(), *self._wait_for(LinkTimer.DISCONNECTED, DISCONNECTED_SECONDS)]
            case "failed" if not self._channel_open:
                return self._attempt_failed()
            case "failed" if not self._restarting:
                # During a restart it may be the old path that fails, and the attempt has an end of its own.
                return [*self._interrupt(), *self._begin_repair()]
        return []

    def channel_opened(self) -> list[LinkEffect]:
        """The `open` event of the `chat` channel; a link is as open as that one, whatever the others do."""
        self._channel_open = True
        return self._settle()

    def channel_closed(self) -> list[LinkEffect]:
        """The `close` event of `chat`: the other side closed its RTCPeerConnection, or the transport broke."""
        return self._lose_channel(self._backoff.next_delay())

    # Inputs of the channel's traffic

    def expected(self) -> list[LinkEffect]:
        """A frame was sent that the other side has to acknowledge."""
        return self._liveness.expected() if self.state is LinkState.OPEN else []

    def heard(self) -> list[LinkEffect]:
        """A frame came in: so the path works, whatever the browser says of it."""
        self._is_unproven = False
        self._liveness.heard()
        if self._restarting:
            # Where the browser called the old path connected to its end, it has nothing to tell of the new one.
            return self._settle()
        if self._waiting_for is not LinkTimer.DISCONNECTED:
            return []
        return self._wait_for(LinkTimer.DISCONNECTED, DISCONNECTED_SECONDS)

    def bytes_counted(self, count: int | None, *, server_answers: bool = True) -> list[LinkEffect]:
        """How many bytes the RTCPeerConnection has received; None where the browser does not tell."""
        effects = self._liveness.bytes_counted(count)
        if not self._liveness.is_silent:
            self._is_unproven = self._is_unproven and not effects  # what starts the next watch was brought by bytes
            return effects
        # Without the server there would be no other connection: a transport that sleeps may yet wake.
        in_vain = self._is_unproven and self._has_server and server_answers
        return [*self._interrupt(), *(self._replace() if in_vain else self._repair())]

    # What came of the operations

    def local_description_set(self, description: Description) -> list[LinkEffect]:
        """The setLocalDescription() that we asked for has made this description."""
        self._seen.gathered = self._seen.gathered or count_candidates(description.sdp) > 0
        return self._translate(self._negotiation.local_description_set(description))

    def remote_description_set(self) -> list[LinkEffect]:
        """The setRemoteDescription() that we asked for is done; who answers needs the channel before the transport."""
        effects = self._negotiation.remote_description_set()
        return [*self._create_channels(), *self._translate(effects)]

    def operation_failed(self, operation: Operation, reason: str) -> list[LinkEffect]:
        """The browser refused an operation; `reason` is its own sentence."""
        effects = self._negotiation.operation_failed(operation, reason)
        if any(isinstance(effect, NegotiationFailed) for effect in effects):
            self._seen.refusal = reason
        return self._translate(effects)

    def creation_failed(self, reason: str) -> list[LinkEffect]:
        """The browser refused to make an RTCPeerConnection; `reason` is its own sentence."""
        self._seen.refusal = reason
        return self._attempt_failed()

    # Time

    def timer_fired(self, timer: LinkTimer, *, awaited: bool = False) -> list[LinkEffect]:
        """A timer ran out; `awaited` tells whether something is on its way that the other side has not acknowledged."""
        if timer in (LinkTimer.EXPECTING, LinkTimer.ASKING):
            return self._liveness.timer_fired(timer, awaited=awaited)
        if timer is not self._waiting_for:
            return []
        self._waiting_for = None
        match timer:
            case LinkTimer.OFFER_EXPECTED:
                return [*self._create_channels(), *self._wait_for(LinkTimer.ATTEMPT, ATTEMPT_SECONDS)]
            case LinkTimer.DISCONNECTED:
                return self._begin_repair()
            case LinkTimer.REPAIR:
                return self._let_in() if self.fault is not None else self._repair()
            case LinkTimer.ATTEMPT:
                return self._attempt_failed()

    def check_invariants(self) -> None:
        """Assert what always holds; for tests."""
        is_open = self.state is LinkState.OPEN
        assert self._channel_open <= self._has_channel <= self._has_connection
        assert not is_open or (self._channel_open and self._waiting_for is None)
        assert is_open or self.state is LinkState.CLOSED or self._waiting_for or not self._has_server

    # Transitions

    def _set_state(self, state: LinkState) -> list[LinkEffect]:
        if state is self.state:
            return []
        self.state = state
        watching = self._liveness.expected() if state is LinkState.OPEN else self._liveness.end()
        return [LinkStateChanged(state), *watching]

    def _interrupt(self) -> list[LinkEffect]:
        return self._set_state(LinkState.INTERRUPTED) if self.state is LinkState.OPEN else []

    def _wait_for(self, timer: LinkTimer, seconds: float) -> list[LinkEffect]:
        """Wait for this timer, and for no other one."""
        effects = [] if timer is self._waiting_for else self._stop_waiting()
        self._waiting_for = timer
        return [*effects, StartTimer(timer, seconds)]

    def _stop_waiting(self) -> list[LinkEffect]:
        timer, self._waiting_for = self._waiting_for, None
        return [] if timer is None else [StopTimer(timer)]

    def _settle(self) -> list[LinkEffect]:
        """The channel is open and the path works."""
        self._restarting = False
        self._seen, self._seen_before = Evidence(), Evidence()
        self._attempts_in_vain = 0
        self._backoff.reset()
        return [*self._stop_waiting(), *self._set_state(LinkState.OPEN)]

    def _lose_channel(self, seconds: float) -> list[LinkEffect]:
        # A peer that closed its RTCPeerConnection may have left the room, which the server will say in a moment.
        pause = self._wait_for(LinkTimer.REPAIR, seconds)
        return [*self._interrupt(), *self._close_connection(), *pause]

    def _take(self, description: Description) -> list[LinkEffect]:
        moved_on = self._is_of_another_connection(description)
        # An offer of ours to the connection that was before has nobody left to answer it, and gives no right.
        replaces_ours = description.type == "offer" and moved_on
        ignored = self._negotiation.would_ignore(description) and not replaces_ours
        if description.type == "answer" and moved_on and not (ignored and self._channel_open):
            # Signaling keeps the order, so the other side has replaced what ours is tied to, and an RTCPeerConnection
            # cannot change its counterpart (RFC 8842 §5).
            return self._replace()
        effects: list[LinkEffect] = []
        if description.type == "offer" and not ignored:
            if moved_on or not self._has_connection:
                effects += self._renew()
            effects += self._expect_repair()
        return [*effects, *self._translate(self._negotiation.description_received(description))]

    def _note_description(self, description: Description) -> None:
        self._seen.answered = True
        self._seen.offered = self._seen.offered or count_candidates(description.sdp) > 0

    def _hold(self, description: Description) -> list[LinkEffect]:
        # An answer is to an offer of ours that is no longer there.
        if description.type == "offer":
            self._held_offer = description
            self._held_candidates.clear()
        return []

    def _let_in(self) -> list[LinkEffect]:
        """The pause of a peer that broke the rules is over: take what it has offered meanwhile, or offer."""
        self.fault = None
        offer, self._held_offer = self._held_offer, None
        candidates = list(self._held_candidates)
        self._held_candidates.clear()
        if offer is None or not self._has_server:
            return self._repair()
        effects = self._take(offer)
        for candidate in candidates:
            effects += self.candidate_received(candidate)
        return effects

    def _begin_repair(self) -> list[LinkEffect]:
        if self._polite:
            return self._wait_for(LinkTimer.REPAIR, POLITE_DELAY_SECONDS)
        return self._repair()

    def _expect_repair(self) -> list[LinkEffect]:
        """The other side repairs the link, by an offer that we take."""
        if self.state is LinkState.OPEN:
            return []
        self._restarting = self._channel_open
        return self._wait_for(LinkTimer.ATTEMPT, RESTART_SECONDS if self._channel_open else ATTEMPT_SECONDS)

    def _repair(self) -> list[LinkEffect]:
        # An offer that is open already would keep the next one from being made (W3C: negotiation needs a stable state).
        if self._channel_open and not self._restarting and self._negotiation.signaling_state == "stable":
            self._restarting = True
            self._seen = Evidence()
            return [RestartIce(), *self._wait_for(LinkTimer.ATTEMPT, RESTART_SECONDS)]
        return self._replace()

    def _replace(self) -> list[LinkEffect]:
        """Offer a new RTCPeerConnection, or leave everything as it is until there is a way to."""
        if not self._has_server:
            return []
        return [*self._renew(), *self._create_channels(), *self._wait_for(LinkTimer.ATTEMPT, ATTEMPT_SECONDS)]

    def _attempt_failed(self) -> list[LinkEffect]:
        self._attempts_in_vain += 1
        self.evidence = self._seen.with_earlier(self._seen_before)
        self._seen_before, self._seen = self._seen, Evidence()
        effects: list[LinkEffect] = []
        if not self._channel_open:
            # During the pause, an offer of the other side shall find none of ours to collide with.
            effects += self._close_connection()
        if self._attempts_in_vain >= ATTEMPTS_BEFORE_FAILED:
            effects += self._set_state(LinkState.FAILED)
        return [*effects, *self._wait_for(LinkTimer.REPAIR, self._backoff.next_delay())]

    def _renew(self) -> list[LinkEffect]:
        """Put a new RTCPeerConnection, without a channel yet, in the place of the one that was."""
        closing = [*self._interrupt(), *self._close_connection()]
        self._has_connection = True
        self._seen = Evidence()
        return [*closing, CreatePeerConnection()]

    def _close_connection(self) -> list[LinkEffect]:
        if not self._has_connection:
            return []
        self._has_connection = self._has_channel = self._channel_open = False
        self._restarting = self._is_unproven = self._is_outdated = False
        self._negotiation = Negotiation(polite=self._polite)
        return [ClosePeerConnection()]

    def _create_channels(self) -> list[LinkEffect]:
        if self._has_channel:
            return []
        self._has_channel = True
        return [CreateChannels()]

    def _is_of_another_connection(self, description: Description) -> bool:
        known = self._negotiation.remote_fingerprints
        return bool(known) and known.isdisjoint(fingerprints(description.sdp))

    def _translate(self, effects: list[NegotiationEffect]) -> list[LinkEffect]:
        """Pass on what the negotiation wants; where it failed, the RTCPeerConnection is replaced, unless it works."""
        translated: list[LinkEffect] = []
        for effect in effects:
            if not isinstance(effect, NegotiationFailed):
                translated.append(effect)
            elif self.state is not LinkState.OPEN:
                translated += self._attempt_failed()
        return translated
