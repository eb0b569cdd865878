"""Decides what happens in one room: puts together the session with the server, a link to each peer, and the conversation.

Nothing here knows how a socket or an RTCPeerConnection works; a driver carries out the effects and reports what came of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from client_py.core.conversation import (
    Conversation,
    ConversationEffect,
    SendFrame,
    Store,
    StoredIncoming,
    StoredOutgoing,
    StartTypingTimer,
)
from client_py.core.frames import FRAMES, Frame
from client_py.core.link import (
    ClosePeerConnection,
    Link,
    LinkEffect,
    LinkState,
    LinkStateChanged,
    LinkTimer,
    PeerConnectionEffect,
    StartTimer,
    StopTimer,
)
from client_py.core.models import Member, StatusLine
from client_py.core.negotiation import CandidateRefused, Operation, SendCandidate, SendDescription
from client_py.core.notices import MembersChanged, Notice, StatusChanged
from client_py.core.session import Session, SessionEffect, SessionState, SessionTimer
from client_py.core.status import Facts, LinkFacts, status_line
from protocol import events, requests
from protocol.errors import RemoteProtocolError
from protocol.events import EVENTS, Peer
from protocol.webrtc import Candidate, Description, IceServer


@dataclass(frozen=True, slots=True)
class OnPeerConnection:
    """Do this with the RTCPeerConnection to a peer."""

    peer_id: str
    effect: PeerConnectionEffect


@dataclass(frozen=True, slots=True)
class StartLinkTimer:
    """Call `link_timer_fired` after some seconds."""

    peer_id: str
    timer: LinkTimer
    seconds: float


@dataclass(frozen=True, slots=True)
class StopLinkTimer:
    """Do not call for this timer any more."""

    peer_id: str
    timer: LinkTimer


@dataclass(frozen=True, slots=True)
class FindPath:
    """Look which candidate pair the connection to a peer uses, and call `path_found`."""

    peer_id: str


@dataclass(frozen=True, slots=True)
class Warn:
    """Note for whoever looks into the browser's console what went wrong without harm."""

    sentence: str


RoomEffect = (
    SessionEffect
    | OnPeerConnection
    | StartLinkTimer
    | StopLinkTimer
    | SendFrame
    | Store
    | StartTypingTimer
    | FindPath
    | Warn
    | Notice
)


@dataclass(slots=True)
class _Member:
    """Another member of the room, with our link to it."""

    peer: Peer
    link: Link
    present: bool = True
    """Whether the server says that it is in the room; an open channel goes on without."""
    channel_open: bool = False
    relayed: bool | None = None

    @property
    def gone(self) -> bool:
        """Whether nothing is left of it: neither a place in the room nor a channel."""
        return not self.present and not self.channel_open


class Room:
    """One room, from entering it to leaving it."""

    def __init__(self, name: str, username: str, *, device: str, supported: bool, random: Callable[[], float]) -> None:
        self.ice_servers: tuple[IceServer, ...] = ()
        self._supported = supported
        self._random = random
        self._session = Session(name, random)
        self._conversation = Conversation(device=device, username=username)
        self._members: dict[str, _Member] = {}
        self._status: StatusLine | None = None

    # Inputs of the person

    def start(self) -> list[RoomEffect]:
        """Enter the room, if this browser can talk to others at all."""
        effects: list[RoomEffect] = [*self._session.start()] if self._supported else []
        return self._with_status(effects)

    def stop(self) -> list[RoomEffect]:
        """Leave the room."""
        effects: list[RoomEffect] = []
        for peer_id in list(self._members):
            effects += self._remove(peer_id)
        return [*effects, *self._session.stop()]

    def message_submitted(self, message_id: str, text: str, now: float) -> list[RoomEffect]:
        """The person sent a message; `now` in seconds since the epoch."""
        return [*self._conversation.message_submitted(message_id, text, now)]

    def typed(self, now: float) -> list[RoomEffect]:
        """The person pressed a key in the composer."""
        return [*self._conversation.typed(now)]

    def reading_changed(self, *, reading: bool) -> list[RoomEffect]:
        """The newest message came before the person's eyes, or is no longer there."""
        return [*self._conversation.reading_changed(reading=reading)]

    # Inputs of the WebSocket

    def socket_opened(self) -> list[RoomEffect]:
        """The handshake is done."""
        return self._with_status([*self._session.socket_opened()])

    def socket_closed(self, code: int) -> list[RoomEffect]:
        """The WebSocket is gone, with this close code."""
        return self._with_status([*self._session.socket_closed(code), *self._signaling_lost()])

    def text_received(self, text: str) -> list[RoomEffect]:
        """The server sent a message."""
        try:
            event = EVENTS.decode(text)
        except RemoteProtocolError as error:
            effects: list[RoomEffect] = [Warn(f"The server sent what cannot be read: {error}")]
            return self._with_status([*effects, *self._session.protocol_violated(), *self._signaling_lost()])
        was_in_room = self._session.state is SessionState.JOINED
        effects = [*self._session.event_received(event)]
        match event:
            case events.Welcome():
                self.ice_servers = event.ice_servers
            case events.Joined():
                effects += self._on_joined(event)
            case events.PeerJoined():
                effects += self._on_peer_joined(event.peer)
            case events.PeerLeft():
                effects += self._on_peer_left(event)
            case events.Signal():
                effects += self._on_signal(event)
            case events.Error() if was_in_room:
                effects.append(Warn(f"The server refused a request: {event.message}"))
            case events.Error():
                pass  # the session has taken it
        return self._with_status(effects)

    def network_returned(self) -> list[RoomEffect]:
        """The browser is online again."""
        return self._with_status([*self._session.network_returned()])

    def session_timer_fired(self, timer: SessionTimer) -> list[RoomEffect]:
        """A timer of the session ran out."""
        return self._with_status([*self._session.timer_fired(timer)])

    # Inputs of the links

    def negotiation_needed(self, peer_id: str) -> list[RoomEffect]:
        """The `negotiationneeded` event of the RTCPeerConnection to a peer."""
        return self._on_link(peer_id, Link.negotiation_needed)

    def candidate_gathered(self, peer_id: str, candidate: Candidate) -> list[RoomEffect]:
        """The `icecandidate` event."""
        return self._on_link(peer_id, lambda link: link.candidate_gathered(candidate))

    def signaling_state_changed(self, peer_id: str, state: str) -> list[RoomEffect]:
        """The `signalingstatechange` event."""
        return self._on_link(peer_id, lambda link: link.signaling_state_changed(state))

    def connection_state_changed(self, peer_id: str, state: str) -> list[RoomEffect]:
        """The `connectionstatechange` event."""
        return self._on_link(peer_id, lambda link: link.connection_state_changed(state))

    def local_description_set(self, peer_id: str, description: Description) -> list[RoomEffect]:
        """A setLocalDescription() has made this description."""
        return self._on_link(peer_id, lambda link: link.local_description_set(description))

    def remote_description_set(self, peer_id: str) -> list[RoomEffect]:
        """A setRemoteDescription() is done."""
        return self._on_link(peer_id, Link.remote_description_set)

    def operation_failed(self, peer_id: str, operation: Operation, reason: str) -> list[RoomEffect]:
        """The browser refused an operation."""
        warning = Warn(f"{type(operation).__name__} failed: {reason}")
        return [warning, *self._on_link(peer_id, lambda link: link.operation_failed(operation, reason))]

    def creation_failed(self, peer_id: str, reason: str) -> list[RoomEffect]:
        """The browser refused to make an RTCPeerConnection."""
        return [Warn(f"No RTCPeerConnection: {reason}"), *self._on_link(peer_id, Link.creation_failed)]

    def link_timer_fired(self, peer_id: str, timer: LinkTimer) -> list[RoomEffect]:
        """A timer of a link ran out."""
        return self._on_link(peer_id, lambda link: link.timer_fired(timer))

    def path_found(self, peer_id: str, *, relayed: bool | None) -> list[RoomEffect]:
        """What came of `FindPath`; None where the browser could not say."""
        if peer_id not in self._members:
            return []
        self._members[peer_id].relayed = relayed
        return self._with_status([])

    # Inputs of the channels

    def channel_opened(self, peer_id: str) -> list[RoomEffect]:
        """The channel to a peer is open."""
        member = self._members[peer_id]
        member.channel_open = True
        effects = self._on_link(peer_id, Link.channel_opened)
        return [*effects, *self._conversation.channel_opened(peer_id, member.peer.username), FindPath(peer_id)]

    def channel_closed(self, peer_id: str) -> list[RoomEffect]:
        """The channel to a peer was closed by the other side, or broke."""
        effects = self._lose_channel(peer_id, self._members[peer_id])
        return [*effects, *self._on_link(peer_id, Link.channel_closed)]

    def frame_received(self, peer_id: str, text: str) -> list[RoomEffect]:
        """A peer sent a frame; one that breaks the rules costs it the channel, and nothing else."""
        try:
            frame: Frame = FRAMES.decode(text)
            return [*self._conversation.frame_received(peer_id, frame)]
        except RemoteProtocolError as error:
            return [Warn(f"A peer sent what cannot be read: {error}"), *self._on_link(peer_id, Link.channel_faulted)]

    def typing_timer_fired(self, peer_id: str) -> list[RoomEffect]:
        """Nothing more was heard of a peer who was typing."""
        return [*self._conversation.typing_timer_fired(peer_id)]

    def stored(self, entry: StoredOutgoing | StoredIncoming) -> list[RoomEffect]:
        """What a `Store` asked for is safe now."""
        return [*self._conversation.stored(entry)]

    # Members

    def _on_joined(self, event: events.Joined) -> list[RoomEffect]:
        """Take up the links again after a pause, and begin those to who is new; who was there before us hears an offer."""
        here = {peer.peer_id: peer for peer in event.peers}
        effects: list[RoomEffect] = []
        for peer_id, member in list(self._members.items()):
            member.present = peer_id in here
            if member.gone:
                effects += self._remove(peer_id)
            else:
                effects += self._on_link(peer_id, Link.signaling_restored)
        for peer in event.peers:
            if peer.peer_id not in self._members:
                effects += self._add(peer, polite=True)
        return [*effects, self._members_changed()]

    def _on_peer_joined(self, peer: Peer) -> list[RoomEffect]:
        member = self._members.get(peer.peer_id)
        if member is not None and member.channel_open:
            member.present = True
            return self._on_link(peer.peer_id, Link.signaling_restored)
        effects = self._remove(peer.peer_id) if member is not None else []
        return [*effects, *self._add(peer, polite=False), self._members_changed()]

    def _on_peer_left(self, event: events.PeerLeft) -> list[RoomEffect]:
        member = self._members.get(event.peer_id)
        if member is None:
            return []
        member.present = False
        if event.reason == "lost" and member.channel_open:
            return []  # only its way to the server is lost, and ours to it is not
        return [*self._remove(event.peer_id), self._members_changed()]

    def _on_signal(self, signal: events.Signal) -> list[RoomEffect]:
        if signal.description is not None:
            description = signal.description
            return self._on_link(signal.sender, lambda link: link.description_received(description))
        candidate = signal.candidate or Candidate("")
        return self._on_link(signal.sender, lambda link: link.candidate_received(candidate))

    def _signaling_lost(self) -> list[RoomEffect]:
        effects: list[RoomEffect] = []
        for peer_id in self._members:
            effects += self._on_link(peer_id, Link.signaling_lost)
        return effects

    def _add(self, peer: Peer, *, polite: bool) -> list[RoomEffect]:
        self._members[peer.peer_id] = _Member(peer, Link(polite=polite, random=self._random))
        return self._on_link(peer.peer_id, Link.start)

    def _remove(self, peer_id: str) -> list[RoomEffect]:
        effects = self._on_link(peer_id, Link.close)
        del self._members[peer_id]
        return effects

    def _members_changed(self) -> MembersChanged:
        return MembersChanged(
            tuple(Member(member.peer.peer_id, member.peer.username) for member in self._members.values())
        )

    # Effects

    def _on_link(self, peer_id: str, decide: Callable[[Link], list[LinkEffect]]) -> list[RoomEffect]:
        """Give an input to a link, and say in the room's terms what it wants; a peer that is gone gets nothing."""
        member = self._members.get(peer_id)
        if member is None:
            return []
        effects: list[RoomEffect] = []
        for effect in decide(member.link):
            effects += self._translate(peer_id, member, effect)
        if member.gone and member.link.state is not LinkState.CLOSED:
            effects += [*self._remove(peer_id), self._members_changed()]
        return self._with_status(effects)

    def _translate(self, peer_id: str, member: _Member, effect: LinkEffect) -> list[RoomEffect]:
        match effect:
            case SendDescription(description):
                return [*self._session.send(requests.Signal(peer_id, description=description))]
            case SendCandidate(candidate):
                return [*self._session.send(requests.Signal(peer_id, candidate=candidate))]
            case StartTimer(timer, seconds):
                return [StartLinkTimer(peer_id, timer, seconds)]
            case StopTimer(timer):
                return [StopLinkTimer(peer_id, timer)]
            case CandidateRefused(reason):
                return [Warn(f"A candidate was refused: {reason}")]
            case LinkStateChanged():
                return []  # the status is looked at after every input
            case ClosePeerConnection():
                return [*self._lose_channel(peer_id, member), OnPeerConnection(peer_id, effect)]
            case _:
                return [OnPeerConnection(peer_id, effect)]

    def _lose_channel(self, peer_id: str, member: _Member) -> list[ConversationEffect]:
        member.channel_open = False
        member.relayed = None
        return self._conversation.channel_closed(peer_id)

    def _with_status(self, effects: list[RoomEffect]) -> list[RoomEffect]:
        """Add the status at the end, where the effects' cause has changed it."""
        links = [
            LinkFacts(member.peer.username, member.link.state, member.link.answered, member.relayed)
            for member in self._members.values()
        ]
        line = status_line(Facts(self._supported, self._session.state, self._session.close_code, links))
        if line == self._status:
            return effects
        self._status = line
        return [*effects, StatusChanged(line)]
