"""Decides all that concerns one other device in the room: its link, its channels, and the path to it.

A peer knows nothing of the server, of the conversation, or of another peer; what it wants of them, it asks of the room.
"""

from __future__ import annotations

from collections.abc import Callable

from client_py.core.channels import CHAT, ChannelSpec
from client_py.core.frames import LinkFrame, Ping, Pong, Signal
from client_py.core.peer.failure_evidence import Evidence
from client_py.core.peer.gathering import RelayFault, RelayGathering
from client_py.core.peer.link import Link
from client_py.core.peer.link_effects import (
    AskPeer,
    ClosePeerConnection,
    CreatePeerConnection,
    LinkEffect,
    LinkState,
    LinkStateChanged,
    LinkTimer,
    RestartIce,
)
from client_py.core.peer.negotiation import Operation
from client_py.core.peer.peer_effects import (
    AskServer,
    ChatClosed,
    ChatOpened,
    FindPath,
    PeerEffect,
    RelayRefused,
    SendLinkFrame,
)
from client_py.core.peer.penalty import Fault, Penalty
from client_py.core.peer.sdp import is_relay
from protocol.webrtc import Candidate, Description


class Peer:
    """Another device in the room, from when we hear of it until neither a place in the room nor a channel is left."""

    def __init__(
        self, peer_id: str, account: str, *, polite: bool, random: Callable[[], float], penalty: Penalty
    ) -> None:
        self.peer_id = peer_id
        self.account = account
        self.present = True
        """Whether the server says that it is in the room; an open channel goes on without."""
        self.relayed: bool | None = None
        """Whether a TURN server carries the data; None while that is not known."""
        self._link = Link(polite=polite, random=random, penalty=penalty)
        self._gathering = RelayGathering()
        self._open_channels: set[ChannelSpec] = set()
        self._renewal_due = False
        """Whether there are fresh credentials for the relay, and whether the path needs them is yet to be found out."""
        self._generation: frozenset[str] = frozenset()
        """The ICE generation that our side had gathered for when the browser was last given ICE servers."""

    @property
    def gone(self) -> bool:
        """Whether nothing is left of it: neither a place in the room nor a channel."""
        return not self.present and CHAT not in self._open_channels

    @property
    def state(self) -> LinkState:
        """How the link stands."""
        return self._link.state

    @property
    def evidence(self) -> Evidence:
        """What the last attempts in vain to connect to it have shown."""
        return self._link.evidence

    @property
    def fault(self) -> Fault | None:
        """Why it is kept away just now, if it is."""
        return self._link.fault

    @property
    def relay_fault(self) -> RelayFault | None:
        """Why no TURN server could carry the data; None where one could."""
        return self._gathering.fault

    def has_open(self, channel: ChannelSpec) -> bool:
        """Tell whether a channel is open."""
        return channel in self._open_channels

    # Inputs of the room

    def start(self, *, offering: bool) -> list[PeerEffect]:
        """Begin, with an offer or by waiting for one."""
        return self._translate(self._link.start(offering=offering))

    def close(self) -> list[PeerEffect]:
        """End: it has left, or we do."""
        return self._translate(self._link.close())

    def signaling_lost(self) -> list[PeerEffect]:
        """The server cannot be reached."""
        return self._translate(self._link.signaling_lost())

    def signaling_restored(self) -> list[PeerEffect]:
        """The server is back, or the peer is back at the server."""
        return self._translate(self._link.signaling_restored())

    def policy_changed(self) -> list[PeerEffect]:
        """The person wants to connect through a relay only, or no longer so."""
        return self._translate(self._link.policy_changed())

    def configured(self) -> None:
        """The browser is given ICE servers, for what it gathers from now on."""
        self._generation = self._link.generation

    def allocations_renewed(self, *, had_ended: bool) -> list[PeerEffect]:
        """The path has to stand on the fresh credentials for the relay now; one that gathered again does."""
        if self._link.state is not LinkState.OPEN:
            return self.checked() if had_ended else []
        if self._link.generation != self._generation:
            return []
        # A restart of before may have moved the path since it was looked at.
        self._renewal_due = True
        return [FindPath()]

    def asked(self) -> list[PeerEffect]:
        """Something else has failed that may have failed for the same reason."""
        return self._translate(self._link.asked())

    def checked(self) -> list[PeerEffect]:
        """The network may be another, or the page has slept."""
        return self._translate(self._link.checked())

    def ticked(self) -> list[PeerEffect]:
        """Some time has passed; call it about every 20 s."""
        return self._translate(self._link.ticked())

    def faulted(self, fault: Fault) -> list[PeerEffect]:
        """It broke the rules."""
        return self._translate(self._link.faulted(fault))

    # Inputs of the other side, through the server or over the channel

    def signal_received(self, description: Description | None, candidate: Candidate | None) -> list[PeerEffect]:
        """It sent a description or a candidate."""
        if description is not None:
            return self._translate(self._link.description_received(description))
        assert candidate is not None  # a signal carries one of the two
        effects = self._translate(self._link.candidate_received(candidate))
        if self._link.state is LinkState.OPEN and is_relay(candidate):
            # The path may go through it since before, and was taken for a direct one.
            effects.append(FindPath())
        return effects

    def frame_received(self, frame: LinkFrame) -> list[PeerEffect]:
        """It sent a frame that is not the conversation's."""
        match frame:
            case Ping():
                return [SendLinkFrame(Pong())]
            case Pong():
                return []  # that it came is all that it says
            case Signal(description, candidate):
                return self.signal_received(description, candidate)

    # Inputs of the RTCPeerConnection

    def negotiation_needed(self) -> list[PeerEffect]:
        """The `negotiationneeded` event."""
        return self._translate(self._link.negotiation_needed())

    def signaling_state_changed(self, state: str) -> list[PeerEffect]:
        """The `signalingstatechange` event."""
        return self._translate(self._link.signaling_state_changed(state))

    def connection_state_changed(self, state: str) -> list[PeerEffect]:
        """The `connectionstatechange` event."""
        return self._translate(self._link.connection_state_changed(state))

    def candidate_gathered(self, candidate: Candidate) -> list[PeerEffect]:
        """The `icecandidate` event."""
        self._gathering.candidate_gathered(candidate)
        return self._translate(self._link.candidate_gathered(candidate))

    def candidate_failed(self, url: str, code: int, text: str) -> list[PeerEffect]:
        """The `icecandidateerror` event; only of a TURN server need anyone know."""
        return [RelayRefused(url, code, text)] if self._gathering.candidate_failed(url, code) else []

    # Inputs of the channels

    def channel_opened(self, channel: ChannelSpec) -> list[PeerEffect]:
        """A channel is open; the link goes by `chat` alone."""
        self._open_channels.add(channel)
        return [*self._translate(self._link.channel_opened()), ChatOpened()] if channel == CHAT else []

    def channel_closed(self, channel: ChannelSpec) -> list[PeerEffect]:
        """A channel was closed by the other side, or broke; one besides `chat` is missed by its users alone.

        It comes back with the next RTCPeerConnection.
        """
        if channel == CHAT:
            return self._translate(self._link.channel_closed())
        self._open_channels.discard(channel)
        return []

    def expected(self) -> list[PeerEffect]:
        """A frame was sent that the other side has to acknowledge."""
        return self._translate(self._link.expected())

    def heard(self) -> list[PeerEffect]:
        """A frame came in."""
        return self._translate(self._link.heard())

    # What came of the effects

    def local_description_set(self, description: Description) -> list[PeerEffect]:
        """A setLocalDescription() has made this description."""
        return self._translate(self._link.local_description_set(description))

    def remote_description_set(self) -> list[PeerEffect]:
        """A setRemoteDescription() is done."""
        return self._translate(self._link.remote_description_set())

    def operation_failed(self, operation: Operation, reason: str) -> list[PeerEffect]:
        """The browser refused an operation."""
        return self._translate(self._link.operation_failed(operation, reason))

    def creation_failed(self, reason: str) -> list[PeerEffect]:
        """The browser refused to make an RTCPeerConnection; `reason` is its own sentence."""
        return self._translate(self._link.creation_failed(reason))

    def bytes_counted(self, count: int | None, *, server_answers: bool) -> list[PeerEffect]:
        """How many bytes have come in; None where the browser does not tell."""
        return self._translate(self._link.bytes_counted(count, server_answers=server_answers))

    def path_found(self, *, relayed: bool | None, allocated: bool | None) -> list[PeerEffect]:
        """Whether a TURN server is in use, and at our end; None where that is not known."""
        if relayed is not None and CHAT in self._open_channels:
            # During a restart, Firefox knows no path; what was found before carries on until it does.
            self.relayed = relayed
        if not self._renewal_due:
            return []
        self._renewal_due = False
        # The other side renews what is its own. Where the browser does not tell how a path goes, it may be ours.
        return [] if allocated is False else self._translate(self._link.allocation_renewed())

    def timer_fired(self, timer: LinkTimer, *, awaited: bool) -> list[PeerEffect]:
        """A timer ran out; `awaited` tells whether something is on its way that the peer has not acknowledged."""
        return self._translate(self._link.timer_fired(timer, awaited=awaited))

    def check_invariants(self) -> None:
        """Assert what always holds; for tests."""
        self._link.check_invariants()
        assert not self.gone

    # Effects

    def _translate(self, effects: list[LinkEffect]) -> list[PeerEffect]:
        """Say in the peer's terms what the link wants, and keep up with it."""
        translated: list[PeerEffect] = []
        for effect in effects:
            match effect:
                case LinkStateChanged(state):
                    translated += self._on_state(state)
                case AskPeer():
                    translated += (SendLinkFrame(Ping()), AskServer())
                case CreatePeerConnection() | RestartIce():
                    self._gathering.began()
                    translated.append(effect)
                case ClosePeerConnection():
                    translated += self._forget_channels()
                    translated.append(effect)
                case _:
                    translated.append(effect)
        return translated

    def _on_state(self, state: LinkState) -> list[PeerEffect]:
        if state is LinkState.OPEN:
            self.relayed = None  # every way back may be another path
            return [FindPath()]
        return [AskServer()] if state is LinkState.INTERRUPTED else []

    def _forget_channels(self) -> list[PeerEffect]:
        closed: list[PeerEffect] = [ChatClosed()] if CHAT in self._open_channels else []
        self._open_channels.clear()
        self.relayed, self._renewal_due = None, False
        return closed
