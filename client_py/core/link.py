"""Decides how the connection to one peer is made, watched over, and brought back when it is lost.

    connecting ──channel opened──▶ open ──disconnected, failed, channel closed──▶ interrupted ──channel opened──▶ open
         └──────────────── attempts in vain ────────▶ failed ◀──────────── attempts in vain ──────┘

A link repairs itself in two steps: an ICE restart on the same RTCPeerConnection, which keeps the data channel; and where that
does not help, a new RTCPeerConnection. It never gives up while the peer is in the room.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from client_py.core.backoff import Backoff
from client_py.core.negotiation import (
    AddCandidate,
    CandidateRefused,
    Negotiation,
    NegotiationEffect,
    NegotiationFailed,
    Operation,
    SendCandidate,
    SendDescription,
    SetLocalDescription,
    SetRemoteDescription,
)
from client_py.core.sdp import fingerprints
from protocol.webrtc import Candidate, Description

OFFER_EXPECTED_SECONDS = 5.0
"""Who was there first leaves the first offer to who comes, but not for ever."""

DISCONNECTED_SECONDS = 3.0
"""`disconnected` is transient (RFC 7675: consent is checked every 5 s); most of it mends by itself within this time."""

RESTART_SECONDS = 8.0
"""An ICE restart gets this long before a new RTCPeerConnection is tried."""

ATTEMPT_SECONDS = 20.0
"""A new RTCPeerConnection gets this long: browsers call ICE failed after 15 to 30 s without a working pair."""

POLITE_DELAY_SECONDS = 1.5
"""Both sides see a failure; the impolite one repairs at once, and the polite one only if no offer came by then."""

ATTEMPTS_BEFORE_FAILED = 2
"""So many attempts in vain are told to the person as a failure; they go on all the same."""


class LinkState(Enum):
    """How a link stands."""

    CONNECTING = auto()
    """It was never open yet."""
    OPEN = auto()
    """The data channel is open."""
    INTERRUPTED = auto()
    """It was open, and is being repaired."""
    FAILED = auto()
    """Several attempts were in vain; the next ones come with longer pauses."""
    CLOSED = auto()
    """It ended on purpose."""


class LinkTimer(Enum):
    """What a link waits for; starting a timer that runs starts it anew."""

    OFFER_EXPECTED = auto()
    DISCONNECTED = auto()
    ATTEMPT = auto()
    REPAIR = auto()


@dataclass(frozen=True, slots=True)
class CreatePeerConnection:
    """Make an RTCPeerConnection; the one before it, if any, has been closed."""


@dataclass(frozen=True, slots=True)
class ClosePeerConnection:
    """Close the RTCPeerConnection and forget what it was still doing."""


@dataclass(frozen=True, slots=True)
class CreateChannel:
    """Create the negotiated `chat` channel."""


@dataclass(frozen=True, slots=True)
class RestartIce:
    """Call restartIce()."""


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Call `timer_fired` after some seconds."""

    timer: LinkTimer
    seconds: float


@dataclass(frozen=True, slots=True)
class StopTimer:
    """Do not call for this timer any more."""

    timer: LinkTimer


@dataclass(frozen=True, slots=True)
class LinkStateChanged:
    """The link stands differently now."""

    state: LinkState


PeerConnectionEffect = CreatePeerConnection | ClosePeerConnection | CreateChannel | RestartIce | Operation
LinkEffect = (
    PeerConnectionEffect
    | StartTimer
    | StopTimer
    | LinkStateChanged
    | SendDescription
    | SendCandidate
    | CandidateRefused
)


class Link:
    """Our connection to one peer, over as many RTCPeerConnections as it takes."""

    def __init__(self, *, polite: bool, random: Callable[[], float]) -> None:
        self.polite = polite
        self.state = LinkState.CONNECTING
        self.answered = False
        """Whether the other side has ever sent a description: what a person is told about a failure depends on it."""
        self._negotiation = Negotiation(polite=polite)
        self._backoff = Backoff(1, 30, random)
        self._attempts_in_vain = 0
        self._has_channel = False
        self._channel_open = False
        self._repairing = False
        self._can_signal = True

    # Inputs of the room

    def start(self) -> list[LinkEffect]:
        """Begin: who came into the room later is polite, and makes the first offer."""
        if self.polite:
            return [CreatePeerConnection(), *self._create_channel(), _start(LinkTimer.ATTEMPT, ATTEMPT_SECONDS)]
        return [CreatePeerConnection(), _start(LinkTimer.OFFER_EXPECTED, OFFER_EXPECTED_SECONDS)]

    def close(self) -> list[LinkEffect]:
        """End: the peer has left, or we do."""
        self._channel_open = False
        return [*self._set_state(LinkState.CLOSED), *(StopTimer(timer) for timer in LinkTimer), ClosePeerConnection()]

    def signaling_lost(self) -> list[LinkEffect]:
        """The server cannot be reached: an open channel goes on, and repairs wait."""
        self._can_signal = False
        return []

    def signaling_restored(self) -> list[LinkEffect]:
        """The server is back; what was sent meanwhile may have been lost, so what is not open begins anew."""
        self._can_signal = True
        if self.state is LinkState.OPEN:
            return []
        return self._repair()

    def channel_faulted(self) -> list[LinkEffect]:
        """The other side broke the rules of the channel: only a new one is in a known state."""
        return [ClosePeerConnection(), *self._lose_channel()]

    # Inputs of the other side, through the server

    def description_received(self, description: Description) -> list[LinkEffect]:
        """The other side sent an offer or an answer, perhaps of an RTCPeerConnection that is new."""
        self.answered = True
        effects: list[LinkEffect] = [StopTimer(LinkTimer.OFFER_EXPECTED)]
        if self._is_of_another_connection(description) and not self._negotiation.would_ignore(description):
            if description.type == "answer":
                # It answers an offer of ours, but an RTCPeerConnection cannot change its counterpart (RFC 8842 §5).
                return [*effects, *self._replace()]
            effects += self._renew()
        if description.type == "offer" and not self._channel_open:
            effects += [StopTimer(LinkTimer.REPAIR), _start(LinkTimer.ATTEMPT, ATTEMPT_SECONDS)]
        return [*effects, *self._translate(self._negotiation.description_received(description))]

    def candidate_received(self, candidate: Candidate) -> list[LinkEffect]:
        """The other side sent a candidate."""
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
        return self._translate(self._negotiation.candidate_gathered(candidate))

    def connection_state_changed(self, state: str) -> list[LinkEffect]:
        """The `connectionstatechange` event, with RTCPeerConnection.connectionState."""
        match state:
            case "connected" if self._channel_open:
                return self._settle()
            case "disconnected" if self._channel_open:
                return [*self._interrupt(), _start(LinkTimer.DISCONNECTED, DISCONNECTED_SECONDS)]
            case "failed":
                return [*self._interrupt(), *self._schedule_repair()]
        return []

    def channel_opened(self) -> list[LinkEffect]:
        """The channel's `open` event."""
        self._channel_open = True
        return self._settle()

    def channel_closed(self) -> list[LinkEffect]:
        """The channel's `close` event: the other side closed its RTCPeerConnection, or the transport broke."""
        return self._lose_channel()

    # What came of the operations

    def local_description_set(self, description: Description) -> list[LinkEffect]:
        """The setLocalDescription() that we asked for has made this description."""
        return self._translate(self._negotiation.local_description_set(description))

    def remote_description_set(self) -> list[LinkEffect]:
        """The setRemoteDescription() that we asked for is done; whoever answers needs the channel before the transport."""
        effects = self._negotiation.remote_description_set()
        return [*self._create_channel(), *self._translate(effects)]

    def operation_failed(self, operation: Operation, reason: str) -> list[LinkEffect]:
        """The browser refused an operation; `reason` is its own sentence."""
        return self._translate(self._negotiation.operation_failed(operation, reason))

    def creation_failed(self) -> list[LinkEffect]:
        """The browser refused to make an RTCPeerConnection."""
        return self._attempt_failed()

    # Time

    def timer_fired(self, timer: LinkTimer) -> list[LinkEffect]:
        """A timer ran out."""
        match timer:
            case LinkTimer.OFFER_EXPECTED:
                return [*self._create_channel(), _start(LinkTimer.ATTEMPT, ATTEMPT_SECONDS)]
            case LinkTimer.DISCONNECTED:
                return self._schedule_repair()
            case LinkTimer.REPAIR:
                return self._repair()
            case LinkTimer.ATTEMPT:
                return self._attempt_failed()

    # Transitions

    def _set_state(self, state: LinkState) -> list[LinkEffect]:
        if state is self.state:
            return []
        self.state = state
        return [LinkStateChanged(state)]

    def _settle(self) -> list[LinkEffect]:
        """The channel is open and the path works."""
        self._repairing = False
        self._attempts_in_vain = 0
        self._backoff.reset()
        return [*(StopTimer(timer) for timer in LinkTimer), *self._set_state(LinkState.OPEN)]

    def _interrupt(self) -> list[LinkEffect]:
        return self._set_state(LinkState.INTERRUPTED) if self.state is LinkState.OPEN else []

    def _lose_channel(self) -> list[LinkEffect]:
        self._channel_open = False
        # Whoever closed its RTCPeerConnection may have left the room, which the server will say in a moment.
        return [*self._interrupt(), _start(LinkTimer.REPAIR, self._backoff.next_delay())]

    def _schedule_repair(self) -> list[LinkEffect]:
        if self.polite:
            return [_start(LinkTimer.REPAIR, POLITE_DELAY_SECONDS)]
        return self._repair()

    def _repair(self) -> list[LinkEffect]:
        if not self._can_signal:
            return []
        if self._channel_open and not self._repairing:
            self._repairing = True
            return [RestartIce(), _start(LinkTimer.ATTEMPT, RESTART_SECONDS)]
        return self._replace()

    def _attempt_failed(self) -> list[LinkEffect]:
        self._attempts_in_vain += 1
        effects: list[LinkEffect] = []
        if self._attempts_in_vain >= ATTEMPTS_BEFORE_FAILED:
            effects += self._set_state(LinkState.FAILED)
        return [*effects, _start(LinkTimer.REPAIR, self._backoff.next_delay())]

    def _replace(self) -> list[LinkEffect]:
        """Offer a new RTCPeerConnection."""
        if not self._can_signal:
            return []
        effects = [*self._interrupt(), *self._renew(), *self._create_channel()]
        return [*effects, _start(LinkTimer.ATTEMPT, ATTEMPT_SECONDS)]

    def _renew(self) -> list[LinkEffect]:
        """Put a new RTCPeerConnection, without a channel yet, in the place of the one that was."""
        self._channel_open = False
        self._has_channel = False
        self._repairing = False
        self._negotiation = Negotiation(polite=self.polite)
        return [*self._interrupt(), ClosePeerConnection(), CreatePeerConnection()]

    def _create_channel(self) -> list[LinkEffect]:
        if self._has_channel:
            return []
        self._has_channel = True
        return [CreateChannel()]

    def _is_of_another_connection(self, description: Description) -> bool:
        known = self._negotiation.remote_fingerprints
        return bool(known) and known.isdisjoint(fingerprints(description.sdp))

    def _translate(self, effects: list[NegotiationEffect]) -> list[LinkEffect]:
        """Pass on what the negotiation wants, and replace the RTCPeerConnection where it failed."""
        translated: list[LinkEffect] = []
        for effect in effects:
            match effect:
                case NegotiationFailed():
                    translated += self._attempt_failed()
                case (
                    SetLocalDescription()
                    | SetRemoteDescription()
                    | AddCandidate()
                    | SendDescription()
                    | SendCandidate()
                    | CandidateRefused()
                ):
                    translated.append(effect)
        return translated


def _start(timer: LinkTimer, seconds: float) -> StartTimer:
    return StartTimer(timer, seconds)
