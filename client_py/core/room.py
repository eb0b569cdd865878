"""Decides what happens in one room: joins the session with the server, the links to the others, and the conversation.

Nothing here knows how a socket or an RTCPeerConnection works; a driver carries out the effects in their order, and
reports what came of them.
"""

from __future__ import annotations

from collections.abc import Callable

from client_py.core.conversation import Conversation, StoredIncoming, StoredOutgoing
from client_py.core.frames import FRAMES
from client_py.core.link import Link
from client_py.core.link_effects import LinkEffect, LinkTimer
from client_py.core.members import Members
from client_py.core.models import Member, StatusLine
from client_py.core.negotiation import Operation
from client_py.core.notices import MembersChanged, StatusChanged
from client_py.core.room_effects import FindPath, OnPeerConnection, RoomEffect, StartLinkTimer, StopLinkTimer, Warn
from client_py.core.session import Session, SessionState, SessionTimer
from client_py.core.status import Facts, status_line
from protocol import events
from protocol.errors import RemoteProtocolError
from protocol.events import EVENTS, Event
from protocol.webrtc import Candidate, Description, IceServer

__all__ = ["FindPath", "OnPeerConnection", "Room", "RoomEffect", "StartLinkTimer", "StopLinkTimer", "Warn"]


class Room:
    """One room, from entering it to leaving it."""

    def __init__(self, name: str, username: str, *, device: str, supported: bool, random: Callable[[], float]) -> None:
        self.ice_servers: tuple[IceServer, ...] = ()
        self._supported = supported
        self._session = Session(name, random)
        self._conversation = Conversation(device=device, username=username)
        self._members = Members(self._session, self._conversation, random)
        self._shown_members: tuple[Member, ...] = ()
        self._shown_status: StatusLine | None = None

    # Inputs of the person

    def start(self) -> list[RoomEffect]:
        """Enter the room, if this browser can talk to others at all."""
        return self._with_news([*self._session.start()] if self._supported else [])

    def stop(self) -> list[RoomEffect]:
        """Leave the room."""
        return [*self._members.leave(), *self._session.stop()]

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
        return self._with_news([*self._session.socket_opened()])

    def socket_closed(self, code: int) -> list[RoomEffect]:
        """The WebSocket is gone, with this close code."""
        return self._with_news([*self._session.socket_closed(code), *self._members.signaling_lost()])

    def text_received(self, text: str) -> list[RoomEffect]:
        """The server sent a message."""
        try:
            event = EVENTS.decode(text)
        except RemoteProtocolError as error:
            warning = Warn(f"The server sent what cannot be read: {error}")
            return self._with_news([warning, *self._session.protocol_violated(), *self._members.signaling_lost()])
        was_in_room = self._session.state is SessionState.JOINED
        effects: list[RoomEffect] = [*self._session.event_received(event)]
        if isinstance(event, events.Error) and was_in_room:
            effects.append(Warn(f"The server refused a request: {event.message}"))
        return self._with_news([*effects, *self._on_event(event)])

    def network_returned(self) -> list[RoomEffect]:
        """The browser is online again."""
        return self._with_news([*self._session.network_returned()])

    def session_timer_fired(self, timer: SessionTimer) -> list[RoomEffect]:
        """A timer of the session ran out."""
        return self._with_news([*self._session.timer_fired(timer)])

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
        return self._with_news(self._members.path_found(peer_id, relayed=relayed))

    # Inputs of the channels

    def channel_opened(self, peer_id: str) -> list[RoomEffect]:
        """The channel to a peer is open."""
        return self._with_news(self._members.channel_opened(peer_id))

    def channel_closed(self, peer_id: str) -> list[RoomEffect]:
        """The channel to a peer was closed by the other side, or broke."""
        return self._on_link(peer_id, Link.channel_closed)

    def frame_received(self, peer_id: str, text: str) -> list[RoomEffect]:
        """A peer sent a frame; one that breaks the rules costs it the channel, and nothing else."""
        try:
            return [*self._conversation.frame_received(peer_id, FRAMES.decode(text))]
        except RemoteProtocolError as error:
            return [Warn(f"A peer sent what cannot be read: {error}"), *self._on_link(peer_id, Link.channel_faulted)]

    def typing_timer_fired(self, peer_id: str) -> list[RoomEffect]:
        """Nothing more was heard of a peer who was typing."""
        return [*self._conversation.typing_timer_fired(peer_id)]

    def stored(self, entry: StoredOutgoing | StoredIncoming) -> list[RoomEffect]:
        """What a `Store` asked for is safe now."""
        return [*self._conversation.stored(entry)]

    def check_invariants(self) -> None:
        """Assert what always holds; for tests."""
        self._members.check_invariants()
        self._conversation.check_invariants()

    # Effects

    def _on_event(self, event: Event) -> list[RoomEffect]:
        match event:
            case events.Welcome():
                self.ice_servers = event.ice_servers
                return []
            case events.Joined():
                return self._members.joined(event)
            case events.PeerJoined():
                return self._members.peer_joined(event.peer)
            case events.PeerLeft():
                return self._members.peer_left(event)
            case events.Signal():
                return self._members.signal(event)
            case events.Error():
                return []

    def _on_link(self, peer_id: str, decide: Callable[[Link], list[LinkEffect]]) -> list[RoomEffect]:
        return self._with_news(self._members.on_link(peer_id, decide))

    def _with_news(self, effects: list[RoomEffect]) -> list[RoomEffect]:
        """Add at the end who is here and how things stand, where that is other than it was."""
        news: list[RoomEffect] = []
        members = self._members.shown()
        if members != self._shown_members:
            self._shown_members = members
            news.append(MembersChanged(members))
        line = status_line(
            Facts(self._supported, self._session.state, self._session.close_code, self._members.link_facts())
        )
        if line != self._shown_status:
            self._shown_status = line
            news.append(StatusChanged(line))
        return [*effects, *news]
