"""Mediates in a room: carries between the peers, the session with the server and the conversation.

None of the three knows of another. What a peer asks for is done here, or handed on to the driver as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from client_py.core.channels import CHAT, ChannelSpec
from client_py.core.conversation.conversation import Conversation, ConversationEffect, SendFrame
from client_py.core.frames import MAX_SIGNAL_SDP_BYTES, ItemPart, MessagePart, Signal
from client_py.core.peer.ice_servers import ConfigureConnections, IceServerEffect, IceServerSource, RenewAllocations
from client_py.core.peer.negotiation import CandidateRefused, SendCandidate, SendDescription
from client_py.core.peer.peer import Peer
from client_py.core.peer.peer_effects import AskServer, ChatClosed, ChatOpened, PeerEffect, RelayRefused, SendLinkFrame
from client_py.core.peer.sdp import relay_only_candidate, relay_only_description
from client_py.core.peers import Peers
from client_py.core.room_effects import ForPeer, RoomEffect, Warn
from client_py.core.server.session import Session, SessionState
from protocol import events, requests
from protocol.webrtc import Candidate, Description


@dataclass(frozen=True, slots=True)
class OwnNames:
    """The names of our own account, and so by which name the conversation knows whom.

    An account that has been a guest in this room goes on under the name that it had then: what was said, delivered and
    is owed stands under that, here and at the others.
    """

    now: str
    formerly: str = ""
    """The one that we had as a guest, if we were one; what we have kept under it stands under the one of now."""

    def account_of(self, peer: events.Peer) -> str:
        """Return the name by which the conversation knows a peer's account."""
        if self.now in (peer.username, peer.formerly) or (self.formerly and peer.username == self.formerly):
            return self.now
        return peer.formerly or peer.username


class Mediation:
    """What goes between the parts of one room."""

    def __init__(
        self,
        peers: Peers,
        session: Session,
        conversation: Conversation,
        ice_server_source: IceServerSource,
        own_names: OwnNames,
    ) -> None:
        self._own_names = own_names
        self._peers = peers
        self._session = session
        self._conversation = conversation
        self._ice_server_source = ice_server_source

    # To the peers

    def on_peer(self, peer_id: str, decide: Callable[[Peer], list[PeerEffect]]) -> list[RoomEffect]:
        """Pass an input to a peer, and do what it asks for; one that is gone gets nothing."""
        peer = self._peers.get(peer_id)
        if peer is None:
            return []
        effects = self._translate(peer, decide(peer))
        return [*effects, *self._remove(peer_id)] if peer.gone else effects

    def on_every_peer(self, decide: Callable[[Peer], list[PeerEffect]]) -> list[RoomEffect]:
        """Pass an input to all peers."""
        effects: list[RoomEffect] = []
        for peer in self._peers:
            effects += self.on_peer(peer.peer_id, decide)
        return effects

    def leave(self) -> list[RoomEffect]:
        """Let go of everyone."""
        effects: list[RoomEffect] = []
        for peer in self._peers:
            effects += self._remove(peer.peer_id)
        return effects

    def may_send(self, peer_id: str, channel: ChannelSpec) -> bool:
        """Tell whether a channel to a peer is open that it has as well."""
        peer = self._peers.get(peer_id)
        if peer is None or not peer.has_open(channel):
            return False
        return channel.feature is None or self._conversation.shares(peer_id, channel.feature)

    # From the server

    def joined(self, event: events.Joined) -> list[RoomEffect]:
        """Take up the links again after a pause, and offer new ones to who is new."""
        effects: list[RoomEffect] = []
        if event.peer_id != self._peers.own_peer_id:
            # To the others we are someone else now, and what we had with them was another's.
            effects += self.leave()
        self._peers.own_peer_id = event.peer_id
        here = {peer.peer_id for peer in event.peers}
        for peer in self._peers:
            peer.present = peer.peer_id in here
            if peer.gone:
                effects += self._remove(peer.peer_id)
            # Also where the peer is away: a channel that goes on without it may have to be given up some day.
            effects += self.on_peer(peer.peer_id, Peer.signaling_restored)
        # Who is there before us hears our offer. After a resume they may have come after us, while we were away; but
        # we do not leave the offer to them, since one that they sent may have been lost.
        for newcomer in event.peers:
            if newcomer.peer_id not in self._peers:
                effects += self._add(newcomer, offering=True)
            else:
                self._peers.call(newcomer.peer_id, newcomer.username)
        return effects

    def peer_joined(self, newcomer: events.Peer) -> list[RoomEffect]:
        """Someone came after us, and will make an offer; one that we have a channel to only came back to the server."""
        peer = self._peers.get(newcomer.peer_id)
        if peer is None or not peer.has_open(CHAT):
            return [*self._remove(newcomer.peer_id), *self._add(newcomer, offering=False)]
        peer.present = True
        self._peers.call(newcomer.peer_id, newcomer.username)
        return self.on_peer(newcomer.peer_id, Peer.signaling_restored)

    def peer_left(self, event: events.PeerLeft) -> list[RoomEffect]:
        """Someone left on purpose, or lost the server, which an open channel does not mind."""
        peer = self._peers.get(event.peer_id)
        if peer is None:
            return []
        peer.present = False
        return [] if event.reason == "lost" and not peer.gone else self._remove(event.peer_id)

    # From the other parts

    def renewing(self, effects: list[IceServerEffect]) -> list[RoomEffect]:
        """Have the peers allocate again where that is due, after the browser has the fresh credentials."""
        translated: list[RoomEffect] = []
        for effect in effects:
            match effect:
                case RenewAllocations(had_ended):
                    renew = partial(Peer.allocations_renewed, had_ended=had_ended)
                    translated += self.on_every_peer(renew)
                case ConfigureConnections():
                    for peer in self._peers:
                        peer.configured()
                    translated.append(effect)
                case _:
                    translated.append(effect)
        return translated

    def watched(self, effects: list[ConversationEffect]) -> list[RoomEffect]:
        """Have the peers watch over what is sent and needs an acknowledgement."""
        asking = {
            effect.peer_id
            for effect in effects
            if isinstance(effect, SendFrame) and isinstance(effect.frame, ItemPart | MessagePart)
        }
        watching = [self.on_peer(peer_id, Peer.expected) for peer_id in sorted(asking)]
        return [*effects, *(effect for part in watching for effect in part)]

    # From the peers

    def _add(self, newcomer: events.Peer, *, offering: bool) -> list[RoomEffect]:
        account = self._own_names.account_of(newcomer)
        peer = self._peers.add(newcomer.peer_id, account, newcomer.username)
        self._conversation.member_joined(newcomer.peer_id, account)
        return self._translate(peer, peer.start(offering=offering))

    def _remove(self, peer_id: str) -> list[RoomEffect]:
        peer = self._peers.remove(peer_id)
        if peer is None:
            return []
        return [*self._translate(peer, peer.close()), *self._conversation.member_left(peer_id)]

    def _translate(self, peer: Peer, effects: list[PeerEffect]) -> list[RoomEffect]:
        translated: list[RoomEffect] = []
        for effect in effects:
            match effect:
                case SendDescription(description):
                    translated += self._send_signal(peer, description, None)
                case SendCandidate(candidate):
                    translated += self._send_signal(peer, None, candidate)
                case SendLinkFrame(frame):
                    translated.append(SendFrame(peer.peer_id, frame))
                case AskServer():
                    translated += self._session.asked()
                case ChatOpened():
                    translated += self._conversation.channel_opened(peer.peer_id)
                case ChatClosed():
                    translated += self._conversation.channel_closed(peer.peer_id)
                case CandidateRefused(reason):
                    translated.append(Warn(f"A candidate was refused: {reason}"))
                case RelayRefused(url, code, text):
                    translated.append(Warn(f"{url} gives no relay: {code} {text}".rstrip()))
                case _:
                    translated.append(ForPeer(peer.peer_id, effect))
        return translated

    def _send_signal(
        self, peer: Peer, description: Description | None, candidate: Candidate | None
    ) -> list[RoomEffect]:
        """Send a signal through the server or, while that is away, over the channel that it is about."""
        if self._ice_server_source.only:
            # The browser was told to gather nothing else; but what it found before that may be on its way still.
            description = description and relay_only_description(description)
            candidate = candidate and relay_only_candidate(candidate)
            if description is None and candidate is None:
                return []
        if self._session.state is SessionState.JOINED:
            return [*self._session.send(requests.Signal(peer.peer_id, description, candidate))]
        if not peer.has_open(CHAT):
            return []  # what was lost here is made good by negotiating again when the server is back
        if description is not None and len(description.sdp.encode()) > MAX_SIGNAL_SDP_BYTES:
            return [Warn("A description is too long for the data channel; it waits for the server.")]
        return [SendFrame(peer.peer_id, Signal(description, candidate))]
