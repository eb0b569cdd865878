"""Decides who else is in the room, and keeps a link to each of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from client_py.core.channels import CHAT, ChannelSpec
from client_py.core.conversation.conversation import Conversation, ConversationEffect, SendFrame
from client_py.core.frames import MAX_SIGNAL_SDP_BYTES, LinkFrame, Ping, Pong
from client_py.core.frames import Signal as SignalFrame
from client_py.core.notices import Member
from client_py.core.peer.gathering import RelayGathering
from client_py.core.peer.ice_servers import IceServerSource, RenewAllocations
from client_py.core.peer.link import Link
from client_py.core.peer.link_effects import (
    AskPeer,
    ClosePeerConnection,
    CountBytes,
    CreatePeerConnection,
    LinkEffect,
    LinkState,
    LinkStateChanged,
    LinkTimer,
    RestartIce,
    StartTimer,
    StopTimer,
)
from client_py.core.peer.negotiation import CandidateRefused, SendCandidate, SendDescription
from client_py.core.peer.penalty import Fault, Penalty
from client_py.core.peer.sdp import is_relay, relay_only_candidate, relay_only_description
from client_py.core.room_effects import (
    CountReceived,
    FindPath,
    OnPeerConnection,
    RoomEffect,
    StartLinkTimer,
    StopLinkTimer,
    Warn,
)
from client_py.core.server.session import Session, SessionState
from client_py.core.status import LinkFacts
from protocol import events, requests
from protocol.events import Peer
from protocol.webrtc import Candidate, Description


@dataclass(slots=True)
class _Member:
    """Another member of the room, with our link to it."""

    peer: Peer
    link: Link
    present: bool = True
    """Whether the server says that it is in the room; an open channel goes on without."""
    channel_open: bool = False
    """Whether `chat` is."""
    other_channels: set[ChannelSpec] = field(default_factory=set)
    """Those that are open besides."""
    relayed: bool | None = None
    renewal_due: bool = False
    """Whether there are fresh credentials for the relay, and it is yet to be found out whether the path needs them."""
    generation: frozenset[str] = frozenset()
    """The ICE generation that our side had gathered for when the browser was last given ICE servers."""
    gathering: RelayGathering = field(default_factory=RelayGathering)

    @property
    def gone(self) -> bool:
        """Whether nothing is left of it: neither a place in the room nor a channel."""
        return not self.present and not self.channel_open


class Members:
    """The others in the room, in the order in which we heard of them."""

    def __init__(
        self,
        own_account: str,
        session: Session,
        conversation: Conversation,
        relaying: IceServerSource,
        random: Callable[[], float],
    ) -> None:
        self._own_account = own_account
        self._session = session
        self._conversation = conversation
        self._ice_server_source = relaying
        self._random = random
        self._members: dict[str, _Member] = {}
        self._penalties: dict[str, Penalty] = {}
        """By account: of those who are here, and of those who have left with something held against them."""
        self._own_peer_id: str | None = None

    def shown(self) -> tuple[Member, ...]:
        """Give what the view shows of them."""
        return tuple(Member(member.peer.peer_id, member.peer.username) for member in self._members.values())

    def link_facts(self) -> list[LinkFacts]:
        """Give what the status depends on."""
        return [
            LinkFacts(
                member.peer.username,
                member.link.state,
                member.link.answered,
                member.relayed,
                member.gathering.fault,
                member.link.fault,
                member.peer.username == self._own_account,
            )
            for member in self._members.values()
        ]

    # Inputs of the server

    def joined(self, event: events.Joined) -> list[RoomEffect]:
        """Take up the links again after a pause, and offer new ones to who is new."""
        effects: list[RoomEffect] = []
        if event.peer_id != self._own_peer_id:
            # To the others we are someone else now, and what we had with them was another's.
            effects += self.leave()
        self._own_peer_id = event.peer_id
        here = {peer.peer_id for peer in event.peers}
        for peer_id, member in list(self._members.items()):
            member.present = peer_id in here
            effects += self._remove_if_gone(peer_id)
            # Also where the peer is away: a channel that goes on without it may have to be given up some day.
            effects += self.on_link(peer_id, Link.signaling_restored)
        # Who is there before us hears our offer. After a resume they may have come after us, while we were away; but
        # we do not leave the offer to them, since one that they sent may have been lost.
        for peer in event.peers:
            if peer.peer_id not in self._members:
                effects += self._add(peer, offering=True)
        return effects

    def peer_joined(self, peer: Peer) -> list[RoomEffect]:
        """Someone came after us, and will make an offer; whoever we have a channel to only came back to the server."""
        member = self._members.get(peer.peer_id)
        if member is None or not member.channel_open:
            return [*self._remove(peer.peer_id), *self._add(peer, offering=False)]
        member.present = True
        return self.on_link(peer.peer_id, Link.signaling_restored)

    def peer_left(self, event: events.PeerLeft) -> list[RoomEffect]:
        """Someone left on purpose, or lost the server, which an open channel does not mind."""
        member = self._members.get(event.peer_id)
        if member is None:
            return []
        member.present = False
        if event.reason == "lost":
            return self._remove_if_gone(event.peer_id)
        return self._remove(event.peer_id)

    def signal(self, peer_id: str, description: Description | None, candidate: Candidate | None) -> list[RoomEffect]:
        """Someone sent a description or a candidate, through the server or over the channel."""
        if description is not None:
            return self.on_link(peer_id, lambda link: link.description_received(description))
        assert candidate is not None  # a signal carries one of the two
        effects = self.on_link(peer_id, lambda link: link.candidate_received(candidate))
        member = self._members.get(peer_id)
        if member is not None and member.link.state is LinkState.OPEN and is_relay(candidate):
            # The path may go through it since before, and was taken for a direct one.
            effects.append(FindPath(peer_id))
        return effects

    def signaling_lost(self) -> list[RoomEffect]:
        """The server cannot be reached."""
        return self.on_every_link(Link.signaling_lost)

    def leave(self) -> list[RoomEffect]:
        """Let go of everyone."""
        effects: list[RoomEffect] = []
        for peer_id in list(self._members):
            effects += self._remove(peer_id)
        return effects

    # Inputs of time

    def ticked(self) -> list[RoomEffect]:
        """Some time has passed."""
        for penalty in self._penalties.values():
            penalty.ticked()
        here = {member.peer.username for member in self._members.values()}
        self._penalties = {
            account: penalty for account, penalty in self._penalties.items() if penalty.fault or account in here
        }
        return self.on_every_link(Link.ticked)

    # Inputs of the links

    def on_link(self, peer_id: str, decide: Callable[[Link], list[LinkEffect]]) -> list[RoomEffect]:
        """Give an input to a link, and say in the room's terms what it wants; a peer that is gone gets nothing."""
        member = self._members.get(peer_id)
        if member is None:
            return []
        effects: list[RoomEffect] = []
        for effect in decide(member.link):
            effects += self._translate(peer_id, member, effect)
        return [*effects, *self._remove_if_gone(peer_id)]

    def on_every_link(self, decide: Callable[[Link], list[LinkEffect]]) -> list[RoomEffect]:
        """Give an input to all links."""
        effects: list[RoomEffect] = []
        for peer_id in list(self._members):
            effects += self.on_link(peer_id, decide)
        return effects

    def candidate_gathered(self, peer_id: str, candidate: Candidate) -> list[RoomEffect]:
        """The browser has found a candidate for the connection to a peer."""
        if member := self._members.get(peer_id):
            member.gathering.candidate_gathered(candidate)
        return self.on_link(peer_id, lambda link: link.candidate_gathered(candidate))

    def candidate_failed(self, peer_id: str, url: str, code: int, text: str) -> list[RoomEffect]:
        """A STUN or TURN server has given none; only of a TURN server need anyone know."""
        member = self._members.get(peer_id)
        if member is None or not member.gathering.candidate_failed(url, code):
            return []
        return [Warn(f"{url} gives no relay: {code} {text}".rstrip())]

    def configured(self) -> None:
        """The browser is given ICE servers, for what it gathers from now on."""
        for member in self._members.values():
            member.generation = member.link.generation

    def allocations_renewed(self, effect: RenewAllocations) -> list[RoomEffect]:
        """Paths have to stand on the fresh credentials for the relay now; those that have gathered anew do already."""
        effects: list[RoomEffect] = []
        for peer_id, member in list(self._members.items()):
            if member.link.state is LinkState.OPEN:
                if member.link.generation == member.generation:
                    # A restart of before may have moved the path since it was looked at.
                    member.renewal_due = True
                    effects.append(FindPath(peer_id))
            elif effect.had_ended:
                effects += self.on_link(peer_id, Link.checked)
        return effects

    def faulted(self, peer_id: str, fault: Fault) -> list[RoomEffect]:
        """A peer broke the rules."""
        return self.on_link(peer_id, lambda link: link.faulted(fault))

    def timer_fired(self, peer_id: str, timer: LinkTimer) -> list[RoomEffect]:
        """A timer of a link ran out."""
        awaited = self._conversation.awaits(peer_id)
        return self.on_link(peer_id, lambda link: link.timer_fired(timer, awaited=awaited))

    def frame_received(self, peer_id: str, frame: LinkFrame) -> list[RoomEffect]:
        """A peer sent a frame that is not the conversation's."""
        match frame:
            case Ping():
                return [SendFrame(peer_id, Pong())]
            case Pong():
                return []  # that it came is all that it says
            case SignalFrame(description, candidate):
                return self.signal(peer_id, description, candidate)

    def channel_opened(self, peer_id: str, channel: ChannelSpec) -> list[RoomEffect]:
        """A channel to a peer is open; the link and the conversation go by `chat` alone."""
        member = self._members.get(peer_id)
        if member is None:
            return []
        if channel != CHAT:
            member.other_channels.add(channel)
            return []
        member.channel_open = True
        return [*self.on_link(peer_id, Link.channel_opened), *self._conversation.channel_opened(peer_id)]

    def channel_closed(self, peer_id: str, channel: ChannelSpec) -> list[RoomEffect]:
        """A channel to a peer was closed by the other side, or broke; one besides `chat` is missed by its users alone.

        It comes back with the next RTCPeerConnection.
        """
        if channel == CHAT:
            return self.on_link(peer_id, Link.channel_closed)
        if member := self._members.get(peer_id):
            member.other_channels.discard(channel)
        return []

    def may_send(self, peer_id: str, channel: ChannelSpec) -> bool:
        """Tell whether a channel to a peer is open that it has as well."""
        member = self._members.get(peer_id)
        if member is None or not (member.channel_open if channel == CHAT else channel in member.other_channels):
            return False
        return channel.feature is None or self._conversation.shares(peer_id, channel.feature)

    def path_found(self, peer_id: str, *, relayed: bool | None, allocated: bool | None) -> list[RoomEffect]:
        """What came of `FindPath`."""
        member = self._members.get(peer_id)
        if member is not None and member.channel_open and relayed is not None:
            # During a restart, Firefox knows no path; what was found before carries on until it does.
            member.relayed = relayed
        if member is None or not member.renewal_due:
            return []
        member.renewal_due = False
        # The other side renews what is its own. Where the browser does not tell how a path goes, it may be ours.
        return [] if allocated is False else self.on_link(peer_id, Link.allocation_renewed)

    def check_invariants(self) -> None:
        """Assert what always holds; for tests."""
        for member in self._members.values():
            member.link.check_invariants()
            assert not member.gone

    # Transitions

    def _add(self, peer: Peer, *, offering: bool) -> list[RoomEffect]:
        # Both sides come to opposite roles by themselves, whoever came first and however often either has come back.
        polite = (self._own_peer_id or "") < peer.peer_id
        penalty = self._penalties.setdefault(peer.username, Penalty(self._random))
        self._members[peer.peer_id] = _Member(peer, Link(polite=polite, random=self._random, penalty=penalty))
        self._conversation.member_joined(peer.peer_id, peer.username)
        return self.on_link(peer.peer_id, lambda link: link.start(offering=offering))

    def _remove_if_gone(self, peer_id: str) -> list[RoomEffect]:
        member = self._members.get(peer_id)
        return self._remove(peer_id) if member is not None and member.gone else []

    def _remove(self, peer_id: str) -> list[RoomEffect]:
        member = self._members.pop(peer_id, None)
        if member is None:
            return []
        effects: list[RoomEffect] = []
        for effect in member.link.close():
            effects += self._translate(peer_id, member, effect)
        return [*effects, *self._conversation.member_left(peer_id)]

    def _translate(self, peer_id: str, member: _Member, effect: LinkEffect) -> list[RoomEffect]:  # noqa: C901 - a table
        match effect:
            case SendDescription(description):
                return self._send_signal(peer_id, member, description, None)
            case SendCandidate(candidate):
                return self._send_signal(peer_id, member, None, candidate)
            case AskPeer():
                # What took the one away may have taken the other.
                return [SendFrame(peer_id, Ping()), *self._session.asked()]
            case CountBytes():
                return [CountReceived(peer_id)]
            case StartTimer(timer, seconds):
                return [StartLinkTimer(peer_id, timer, seconds)]
            case StopTimer(timer):
                return [StopLinkTimer(peer_id, timer)]
            case CandidateRefused(reason):
                return [Warn(f"A candidate was refused: {reason}")]
            case LinkStateChanged(state):
                return self._on_state(peer_id, member, state)
            case CreatePeerConnection() | RestartIce():
                member.gathering.began()
                return [OnPeerConnection(peer_id, effect)]
            case ClosePeerConnection():
                return [*self._lose_channel(peer_id, member), OnPeerConnection(peer_id, effect)]
            case _:
                return [OnPeerConnection(peer_id, effect)]

    def _on_state(self, peer_id: str, member: _Member, state: LinkState) -> list[RoomEffect]:
        if state is LinkState.OPEN:
            member.relayed = None  # every way back may be another path
            return [FindPath(peer_id)]
        # What took the path away may have taken the server along.
        return [*self._session.asked()] if state is LinkState.INTERRUPTED else []

    def _send_signal(
        self, peer_id: str, member: _Member, description: Description | None, candidate: Candidate | None
    ) -> list[RoomEffect]:
        """Send a signal through the server or, while that is away, over the channel that it is about."""
        if self._ice_server_source.only:
            # The browser was told to gather nothing else; but what it found before that may be on its way still.
            description = description and relay_only_description(description)
            candidate = candidate and relay_only_candidate(candidate)
            if description is None and candidate is None:
                return []
        if self._session.state is SessionState.JOINED:
            return [*self._session.send(requests.Signal(peer_id, description, candidate))]
        if not member.channel_open:
            return []  # what was lost here is made good by negotiating anew when the server is back
        if description is not None and len(description.sdp.encode()) > MAX_SIGNAL_SDP_BYTES:
            return [Warn("A description is too long for the data channel; it waits for the server.")]
        return [SendFrame(peer_id, SignalFrame(description, candidate))]

    def _lose_channel(self, peer_id: str, member: _Member) -> list[ConversationEffect]:
        member.channel_open = False
        member.other_channels.clear()
        member.relayed, member.renewal_due = None, False
        return self._conversation.channel_closed(peer_id)
