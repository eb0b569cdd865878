"""Decides what happens in one room: joins the session with the server, the others in it, and the conversation.

Nothing here knows how a socket or an RTCPeerConnection works; a driver carries out the effects in their order, and
reports what came of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from client_py.core.channels import CHAT, ChannelSpec, Data
from client_py.core.conversation.conversation import EMPTY, Conversation
from client_py.core.conversation.features import OURS, Abilities
from client_py.core.conversation.history_records import Kept, Snapshot
from client_py.core.conversation.inbox import WindowExceeded
from client_py.core.conversation.items import Body
from client_py.core.conversation.sharing import EVERYTHING, Sharing
from client_py.core.frames import LENIENT_FRAMES, LinkFrame
from client_py.core.notices import Member, MembersChanged, RelayChoiceChanged, StatusChanged
from client_py.core.peer.ice_servers import (
    ConfigureConnections,
    FetchIceServers,
    IceServerSource,
    RelayChoice,
)
from client_py.core.peer.link_effects import LinkTimer
from client_py.core.peer.negotiation import Operation
from client_py.core.peer.peer import Peer
from client_py.core.peer.penalty import Fault
from client_py.core.peers import Peers
from client_py.core.room_effects import (
    ForPeer,
    HandOver,
    RoomEffect,
    RoomTimer,
    StartRoomTimer,
    StopRoomTimer,
    Warn,
)
from client_py.core.room_mediation import Mediation, OwnNames
from client_py.core.server.session import Session, SessionState, SessionTimer
from client_py.core.server.sleep_detection import TICK_SECONDS, SleepDetection
from client_py.core.status import Facts, LinkFacts, RelayFacts, status_line
from client_py.core.status_line import StatusLine
from protocol import events
from protocol.errors import RemoteProtocolError, UnknownMessage
from protocol.events import LENIENT_EVENTS, Event
from protocol.http import IceServers
from protocol.webrtc import Candidate, Description, IceServer

__all__ = [
    "ConfigureConnections",
    "FetchIceServers",
    "ForPeer",
    "HandOver",
    "Room",
    "RoomEffect",
    "RoomTimer",
    "StartRoomTimer",
    "StopRoomTimer",
    "Visitor",
    "Warn",
]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who comes into a room, and with what they have kept of it."""

    username: str
    device: str
    snapshot: Snapshot = EMPTY
    relay_only: bool = False
    """Whether this person wants to connect through a relay and in no other way."""
    abilities: Abilities = OURS
    """What this page can do; less than it can where a test plays one of before."""
    formerly: str = ""
    """The name under which this person has been a guest in the room, if they have."""
    sharing: Sharing = EVERYTHING
    """What this person lets others know."""


class Room:
    """One room, from entering it to leaving it."""

    def __init__(self, name: str, visitor: Visitor, *, supported: bool, random: Callable[[], float]) -> None:
        self._supported = supported
        self._username = visitor.username
        self._session = Session(name, random, visitor.snapshot.resume_token)
        self._conversation = Conversation(
            device=visitor.device,
            username=visitor.username,
            snapshot=visitor.snapshot,
            abilities=visitor.abilities,
            sharing=visitor.sharing,
        )
        self._sleep_detection = SleepDetection()
        self._ice_server_source = IceServerSource(only=visitor.relay_only, random=random)
        self._peers = Peers(random)
        own_names = OwnNames(visitor.username, visitor.formerly)
        self._mediation = Mediation(self._peers, self._session, self._conversation, self._ice_server_source, own_names)
        self._shown_members: tuple[Member, ...] = ()
        self._shown_status: StatusLine | None = None
        self._shown_choice: RelayChoice | None = None
        self._known_facts: Facts | None = None

    @property
    def ice_servers(self) -> tuple[IceServer, ...]:
        """The servers for an RTCPeerConnection that is made now."""
        return self._ice_server_source.servers

    @property
    def relay_only(self) -> bool:
        """Whether an RTCPeerConnection connects through a relay and in no other way."""
        return self._ice_server_source.only

    # Inputs of the person

    def start(self) -> list[RoomEffect]:
        """Enter the room, if this browser can talk to others at all."""
        if not self._supported:
            return []
        return [*self._session.start(), StartRoomTimer(RoomTimer.TICK, TICK_SECONDS)]

    def stop(self) -> list[RoomEffect]:
        """Leave the room."""
        timers = [StopRoomTimer(timer) for timer in RoomTimer]
        return [*timers, *self._mediation.leave(), *self._session.stop()]

    def text_submitted(self, item_id: str, text: str, now: float) -> list[RoomEffect]:
        """The person sent a message; `now` in seconds since the epoch."""
        return [*self._conversation.text_submitted(item_id, text, now)]

    def submitted(self, item_id: str, body: Body, now: float) -> list[RoomEffect]:
        """The person said something in another way than by a message."""
        return [*self._conversation.submitted(item_id, body, now)]

    def typed(self, now: float) -> list[RoomEffect]:
        """The person pressed a key in the composer."""
        return [*self._conversation.typed(now)]

    def reading_changed(self, *, reading: bool) -> list[RoomEffect]:
        """The newest message came before the person's eyes, or is no longer there."""
        return [*self._conversation.reading_changed(reading=reading)]

    def sharing_changed(self, sharing: Sharing) -> list[RoomEffect]:
        """The person lets others know more or less of them from now on."""
        return [*self._conversation.sharing_changed(sharing)]

    def relay_only_requested(self, *, only: bool) -> list[RoomEffect]:
        """The person wants to connect through a relay only, or no longer so; perhaps they said so in another tab."""
        if only == self._ice_server_source.only:
            return []
        effects = self._mediation.renewing(self._ice_server_source.only_wished(only=only))
        return [*effects, *self._mediation.on_every_peer(Peer.policy_changed)]

    def login_renewed(self) -> list[RoomEffect]:
        """The person has signed in again, or another tab has renewed the login that was refused here."""
        return [*self._session.login_renewed()]

    # Inputs of the WebSocket; `now` in seconds since the epoch

    def socket_opened(self) -> list[RoomEffect]:
        """The handshake is done."""
        return [*self._session.socket_opened()]

    def socket_closed(self, code: int) -> list[RoomEffect]:
        """The WebSocket is gone, with this close code."""
        effects = [*self._session.socket_closed(code), *self._mediation.on_every_peer(Peer.signaling_lost)]
        # What took the server away may have taken the others along.
        return [*effects, *self._mediation.on_every_peer(Peer.asked)]

    def probe_ended(self, *, answered: bool) -> list[RoomEffect]:
        """What came of the last `ProbeServer`."""
        return [*self._session.probe_ended(answered=answered)]

    def origin_refused(self, origin: str) -> list[RoomEffect]:
        """The last `ProbeServer` found a server that takes no pages of our origin."""
        return [*self._session.origin_refused(origin)]

    def text_received(self, text: str, now: float) -> list[RoomEffect]:
        """The server sent a message."""
        try:
            event = LENIENT_EVENTS.decode(text)
        except UnknownMessage:
            return [*self._session.unknown_event_received()]
        except RemoteProtocolError as error:
            warning = Warn(f"The server sent what cannot be read: {error}")
            return [warning, *self._session.protocol_violated(), *self._mediation.on_every_peer(Peer.signaling_lost)]
        was_in_room = self._session.state is SessionState.JOINED
        effects: list[RoomEffect] = [*self._session.event_received(event)]
        if isinstance(event, events.Error) and was_in_room:
            effects.append(Warn(f"The server refused a request: {event.message}"))
        return [*effects, *self._on_event(event, now)]

    def session_timer_fired(self, timer: SessionTimer) -> list[RoomEffect]:
        """A timer of the session ran out."""
        # Whichever it is, we are not in the room as far as the server knows, or not any more.
        return [*self._session.timer_fired(timer), *self._mediation.on_every_peer(Peer.signaling_lost)]

    # What came of `FetchIceServers`; `now` in seconds since the epoch

    def ice_servers_answered(self, status: int, body: str, retry_after: float | None, now: float) -> list[RoomEffect]:
        """The server answered."""
        return self._mediation.renewing(self._ice_server_source.answered(status, body, retry_after, now))

    def ice_servers_unreachable(self, now: float) -> list[RoomEffect]:
        """No answer came."""
        self._ice_server_source.unreachable(now)
        return []

    def configuration_refused(self, reason: str) -> list[RoomEffect]:
        """The browser refused to give an RTCPeerConnection other servers: it goes on with those that it has."""
        return [Warn(f"The ICE servers could not be renewed: {reason}")]

    # Inputs of the world outside; `now` in seconds since the epoch

    def token_changed(self, token: str) -> list[RoomEffect]:
        """The login has another token than the WebSocket was opened with."""
        return [*self._session.token_changed(token)]

    def checked(self, now: float) -> list[RoomEffect]:
        """The network may be another, or the page is seen again: look at once how things stand."""
        if not self._supported:
            return []
        wait = self._sleep_detection.wait_before_looking(now)
        if wait > 0:
            return [StartRoomTimer(RoomTimer.CHECK, wait)]
        # First, so that what starts over may come to fresh credentials.
        renewing = self._mediation.renewing(self._ice_server_source.checked(now))
        return [*renewing, *self._session.checked(), *self._mediation.on_every_peer(Peer.checked)]

    def timer_fired(self, timer: RoomTimer, now: float) -> list[RoomEffect]:
        """A timer of the room ran out."""
        if timer is RoomTimer.CHECK:
            return self.checked(now)
        slept = self._sleep_detection.ticked(now)
        renewing = self._mediation.renewing(self._ice_server_source.ticked(now))
        tick = StartRoomTimer(RoomTimer.TICK, TICK_SECONDS)
        self._peers.ticked()
        ticking = self._mediation.on_every_peer(Peer.ticked)
        return [tick, *ticking, *renewing, *(self.checked(now) if slept else [])]

    # Inputs of the RTCPeerConnections

    def negotiation_needed(self, peer_id: str) -> list[RoomEffect]:
        """The `negotiationneeded` event of the RTCPeerConnection to a peer."""
        return self._mediation.on_peer(peer_id, Peer.negotiation_needed)

    def candidate_gathered(self, peer_id: str, candidate: Candidate) -> list[RoomEffect]:
        """The `icecandidate` event."""
        return self._mediation.on_peer(peer_id, lambda peer: peer.candidate_gathered(candidate))

    def candidate_failed(self, peer_id: str, url: str, code: int, text: str) -> list[RoomEffect]:
        """The `icecandidateerror` event: a STUN or TURN server gave no candidate."""
        return self._mediation.on_peer(peer_id, lambda peer: peer.candidate_failed(url, code, text))

    def signaling_state_changed(self, peer_id: str, state: str) -> list[RoomEffect]:
        """The `signalingstatechange` event."""
        return self._mediation.on_peer(peer_id, lambda peer: peer.signaling_state_changed(state))

    def connection_state_changed(self, peer_id: str, state: str) -> list[RoomEffect]:
        """The `connectionstatechange` event."""
        return self._mediation.on_peer(peer_id, lambda peer: peer.connection_state_changed(state))

    def local_description_set(self, peer_id: str, description: Description) -> list[RoomEffect]:
        """A setLocalDescription() has made this description."""
        return self._mediation.on_peer(peer_id, lambda peer: peer.local_description_set(description))

    def remote_description_set(self, peer_id: str) -> list[RoomEffect]:
        """A setRemoteDescription() is done."""
        return self._mediation.on_peer(peer_id, Peer.remote_description_set)

    def operation_failed(self, peer_id: str, operation: Operation, reason: str) -> list[RoomEffect]:
        """The browser refused an operation."""
        warning = Warn(f"{type(operation).__name__} failed: {reason}")
        return [warning, *self._mediation.on_peer(peer_id, lambda peer: peer.operation_failed(operation, reason))]

    def creation_failed(self, peer_id: str, reason: str) -> list[RoomEffect]:
        """The browser refused to make an RTCPeerConnection."""
        warning = Warn(f"No RTCPeerConnection: {reason}")
        return [warning, *self._mediation.on_peer(peer_id, lambda peer: peer.creation_failed(reason))]

    def link_timer_fired(self, peer_id: str, timer: LinkTimer) -> list[RoomEffect]:
        """A timer of a link ran out."""
        awaited = self._conversation.awaits(peer_id)
        return self._mediation.on_peer(peer_id, lambda peer: peer.timer_fired(timer, awaited=awaited))

    def bytes_counted(self, peer_id: str, count: int | None) -> list[RoomEffect]:
        """What came of `CountBytes`; None where the browser could not say."""
        answers = self._session.hears_us
        return self._mediation.on_peer(peer_id, lambda peer: peer.bytes_counted(count, server_answers=answers))

    def path_found(self, peer_id: str, *, relayed: bool | None, allocated: bool | None) -> list[RoomEffect]:
        """What came of `FindPath`, whether a TURN server is in use, and at our end; None where that is not known."""
        return self._mediation.on_peer(peer_id, lambda peer: peer.path_found(relayed=relayed, allocated=allocated))

    # Inputs of the channels

    def channel_opened(self, peer_id: str, channel: ChannelSpec) -> list[RoomEffect]:
        """A channel to a peer is open."""
        return self._mediation.on_peer(peer_id, lambda peer: peer.channel_opened(channel))

    def channel_closed(self, peer_id: str, channel: ChannelSpec) -> list[RoomEffect]:
        """A channel to a peer was closed by the other side, or broke."""
        return self._mediation.on_peer(peer_id, lambda peer: peer.channel_closed(channel))

    def may_send(self, peer_id: str, channel: ChannelSpec) -> bool:
        """Tell whether a channel to a peer is open that both sides have.

        A receiver does not ask this: what a peer sends after it has heard of our features may come before what it said
        of its own, since nothing keeps the order between two channels.
        """
        return self._mediation.may_send(peer_id, channel)

    def frame_received(self, peer_id: str, channel: ChannelSpec, data: Data, now: float) -> list[RoomEffect]:
        """A peer sent a frame; one that breaks the rules costs it the channel, and nothing else.

        `now` is in seconds since the epoch, by our own clock.
        """
        effects = self._mediation.on_peer(peer_id, Peer.heard)
        if channel != CHAT or not isinstance(data, str):
            return [*effects, HandOver(peer_id, channel, data)]
        try:
            frame = LENIENT_FRAMES.decode(data)
            if isinstance(frame, LinkFrame):
                return [*effects, *self._mediation.on_peer(peer_id, lambda peer: peer.frame_received(frame))]
            return [*effects, *self._mediation.watched(self._conversation.frame_received(peer_id, frame, now))]
        except UnknownMessage:
            return effects  # of a newer page; nothing depends on it, or it would have been agreed on
        except RemoteProtocolError as error:
            warning = Warn(f"A peer sent what cannot be read: {error}")
            fault = Fault.EXCESSIVE if isinstance(error, WindowExceeded) else Fault.UNREADABLE
            return [*effects, warning, *self._faulted(peer_id, fault)]

    def frames_overrun(self, peer_id: str, channel: ChannelSpec, kind: str) -> list[RoomEffect]:
        """A peer sent more frames of one kind than are received (`budgets.py`); its channel is closed already."""
        fault = Fault.EXCESSIVE if channel.receives(kind) else Fault.UNREADABLE
        warning = Warn(f"A peer sent more than is received over {channel.label!r} from anyone, in frames {kind!r}.")
        return [warning, *self._faulted(peer_id, fault)]

    def channel_offered(self, peer_id: str) -> list[RoomEffect]:
        """A peer opened a data channel by itself, of which the protocol knows none."""
        warning = Warn("A peer opened a data channel that nobody has agreed on.")
        return [warning, *self._faulted(peer_id, Fault.UNREADABLE)]

    def frame_failed(self, peer_id: str, reason: str) -> list[RoomEffect]:
        """A frame could not be handled for a reason that nobody foresaw; only a new channel is in a known state."""
        warning = Warn(f"A peer's frame failed: {reason}")
        return [warning, *self._faulted(peer_id, Fault.UNFORESEEN)]

    def typing_timer_fired(self, peer_id: str) -> list[RoomEffect]:
        """Nothing more was heard of a peer who was typing."""
        return [*self._conversation.typing_timer_fired(peer_id)]

    def stored(self, together: Sequence[Kept]) -> list[RoomEffect]:
        """What `Store` asked for is safe now, in one transaction."""
        return self._mediation.watched(self._conversation.stored(together))

    # What there is to tell

    def news(self) -> list[RoomEffect]:
        """Return who is here and how things stand, as far as that is other than it was; ask after every input."""
        news: list[RoomEffect] = []
        members = tuple(self._member(peer) for peer in self._peers)
        if members != self._shown_members:
            self._shown_members = members
            news.append(MembersChanged(members))
        choice = self._ice_server_source.choice
        if choice != self._shown_choice:
            self._shown_choice = choice
            news.append(RelayChoiceChanged(choice))
        facts = self._facts(choice)
        if facts != self._known_facts:
            self._known_facts = facts
            line = status_line(facts)
            if line != self._shown_status:
                self._shown_status = line
                news.append(StatusChanged(line))
        return news

    def _member(self, peer: Peer) -> Member:
        called = self._peers.called(peer.peer_id)
        is_own = peer.account == self._username
        return Member(peer.peer_id, peer.account, "" if is_own or called == peer.account else called)

    def check_invariants(self) -> None:
        """Assert what always holds; for tests."""
        for peer in self._peers:
            peer.check_invariants()
        self._conversation.check_invariants()

    # Effects

    def _on_event(self, event: Event, now: float) -> list[RoomEffect]:
        match event:
            case events.Welcome():
                servers = IceServers(event.ice_servers, event.ice_servers_expire_at)
                return self._mediation.renewing(self._ice_server_source.welcomed(servers, now))
            case events.Joined():
                return self._mediation.joined(event)
            case events.PeerJoined():
                return self._mediation.peer_joined(event.peer)
            case events.PeerLeft():
                return self._mediation.peer_left(event)
            case events.Signal(sender, description, candidate):
                return self._mediation.on_peer(sender, lambda peer: peer.signal_received(description, candidate))
            case events.Error() | events.Pong():
                return []

    def _facts(self, choice: RelayChoice) -> Facts:
        session, relay = self._session, RelayFacts(choice, self._ice_server_source.ended)
        links = [
            LinkFacts(
                peer.account,
                peer.state,
                peer.evidence,
                peer.relayed,
                peer.relay_fault,
                peer.fault,
                peer.account == self._username,
            )
            for peer in self._peers
        ]
        return Facts(
            self._supported,
            session.state,
            session.close_code,
            links,
            relay,
            session.refused_origin,
            session.is_full_of_own_devices,
            self._conversation.waited_for,
        )

    def _faulted(self, peer_id: str, fault: Fault) -> list[RoomEffect]:
        return self._mediation.on_peer(peer_id, lambda peer: peer.faulted(fault))
