"""Decides who is in which room and who is told what: a registry in memory, without clock, randomness or I/O.

A room begins with its first peer and ends with its last. Its places are for persons, each of whom may be in it with
several devices: a peer is one of them. A peer whose connection is lost keeps its place, and what is said to it
meanwhile, until it resumes or its grace time is over.
"""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, field
from typing import Literal, Protocol

from protocol.codes import CloseCode
from protocol.errors import UnexpectedMessage
from protocol.events import Joined, Peer, PeerJoined, PeerLeft
from signaling.errors import NotInRoom, RoomFull, TooManyDevices, UnknownPeer
from signaling.rooms.effects import Close, ConnectionId, Deliver, Effect, HoldPlace, Release
from signaling.rooms.signal_codec import CheckedSignal, ForwardedSignal, Told

MAX_HELD_EVENTS = 64
"""For a peer without a connection: an offer and its candidates are some twenty events. A gap in what a peer is told
could not be noticed, so a peer for whom more would have to be held counts as lost."""
MAX_HELD_BYTES = 262_144
"""For such a peer, beside the bound on their number: what its other devices and a person in the room have to say, and
no more of the largest descriptions than four."""
MAX_HELD_BYTES_IN_ALL = 67_108_864
"""For all of them: an account may have a hundred places, and there may be any number of accounts. Of too much, the
account that most is held for gives up the place of its own that most is held for."""
MAX_HELD_PLACES = 100
"""For one account: as many as it may have connections, unless the settings say something else."""

MAX_DEVICES = 8
"""Of one person in one room: tabs, a phone, a laptop and what was forgotten open. Every other page there has a link to
each of them, so one person must not be able to make as many as they like."""

Reason = Literal["left", "lost"]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who asks to be let in: a connection, its account, and what the others may know of it."""

    connection: ConnectionId
    account: str
    peer: Peer
    resume_token: str


@dataclass(slots=True)
class Member:
    """A peer in a room; `connection` is None, and `ticket` stands, between a loss and a resume."""

    room: Room
    account: str
    peer: Peer
    connection: ConnectionId | None
    ticket: int | None = None
    peers_at_loss: tuple[Peer, ...] = ()
    held: list[Told] = field(default_factory=list)
    held_bytes: int = 0


@dataclass(slots=True)
class Room:
    """A room that someone is in; `members` by peer id, in the order in which they came."""

    name: str
    members: dict[str, Member] = field(default_factory=dict)

    def others(self, member: Member) -> list[Member]:
        """Return everyone else, as a list of its own."""
        return [other for other in self.members.values() if other is not member]

    @property
    def persons(self) -> set[str]:
        """The accounts that are here, with a connection or with a place that is held."""
        return {member.account for member in self.members.values()}

    def devices_of(self, account: str) -> list[Member]:
        """Return the members of one account, in the order in which they came."""
        return [member for member in self.members.values() if member.account == account]


class Places(Protocol):
    """What connections ask about their places in rooms. It returns effects, or raises a refusal and changes nothing."""

    def join(self, newcomer: Newcomer, room: str) -> list[Effect]:
        """Let a connection in as its peer; as one that is in the room already, it takes that one's place."""

    def leave(self, connection: ConnectionId) -> list[Effect]:
        """Take a connection's peer out of its room."""

    def signal(self, connection: ConnectionId, request: CheckedSignal) -> list[Effect]:
        """Hand a description or a candidate to another peer of the same room, with the sender's name on it."""

    def connection_ended(self, connection: ConnectionId, reason: Reason) -> list[Effect]:
        """Take the peer of a connection, if it has one, out of its room: it will not come back."""

    def connection_lost(self, connection: ConnectionId) -> list[Effect]:
        """Keep the place of a connection's peer, if it has one: it may come back."""

    def grace_over(self, ticket: int) -> list[Effect]:
        """Give up the place that was held under a ticket, unless its peer is back or gone."""

    def account_gone(self, account: str) -> list[Effect]:
        """Give up the places that are held for an account: nobody can come back to them."""


class Rooms:
    """The `Places` of this process: every room that is here, and every peer in one."""

    def __init__(
        self,
        capacity: int,
        max_held_places: int = MAX_HELD_PLACES,
        *,
        max_devices: int = MAX_DEVICES,
        max_held_bytes: int = MAX_HELD_BYTES_IN_ALL,
    ) -> None:
        self._capacity = capacity
        self._max_held_places = max_held_places
        self._max_devices = max_devices
        self._max_held_bytes = max_held_bytes
        self._held_bytes = 0
        self._rooms: dict[str, Room] = {}
        self._members: dict[str, Member] = {}
        self._present: dict[ConnectionId, Member] = {}
        self._held: dict[int, Member] = {}
        self._held_by: dict[str, dict[int, None]] = {}
        self._tickets = itertools.count(1)

    @property
    def open_rooms(self) -> int:
        """How many rooms there are."""
        return len(self._rooms)

    @property
    def connected_peers(self) -> int:
        """How many peers are in a room and have a connection."""
        return len(self._present)

    @property
    def awaited_peers(self) -> int:
        """How many peers have lost their connection, and may resume."""
        return len(self._held)

    # A connection asks

    def join(self, newcomer: Newcomer, room: str) -> list[Effect]:
        """Let a connection in as its peer; as one that is in the room already, it takes that one's place."""
        if newcomer.connection in self._present:
            raise UnexpectedMessage("join", "this connection is in a room already")
        member = self._members.get(newcomer.peer.peer_id)
        # The others cannot be told that a peer has another name now; one who has, comes again.
        if member is not None and member.room.name == room and member.peer == newcomer.peer:
            return self._resume(member, newcomer)
        return self._enter(newcomer, room)

    def leave(self, connection: ConnectionId) -> list[Effect]:
        """Take a connection's peer out of its room."""
        return self._remove(self._member_at(connection), "left")

    def signal(self, connection: ConnectionId, request: CheckedSignal) -> list[Effect]:
        """Hand a description or a candidate to another peer of the same room, with the sender's name on it."""
        sender = self._member_at(connection)
        receiver = sender.room.members.get(request.to)
        if receiver is None or receiver is sender:
            raise UnknownPeer
        return self._tell(receiver, ForwardedSignal(sender.peer.peer_id, request.rest))

    # A connection ends

    def connection_ended(self, connection: ConnectionId, reason: Reason) -> list[Effect]:
        """Take the peer of a connection, if it has one, out of its room: it will not come back."""
        member = self._present.get(connection)
        return [] if member is None else self._remove(member, reason)

    def connection_lost(self, connection: ConnectionId) -> list[Effect]:
        """Keep the place of a connection's peer, if it has one: it may come back."""
        member = self._present.pop(connection, None)
        if member is None:
            return []
        member.connection = None
        member.ticket = next(self._tickets)
        member.peers_at_loss = tuple(other.peer for other in member.room.others(member))
        self._held[member.ticket] = member
        tickets = self._held_by.setdefault(member.account, {})
        tickets[member.ticket] = None
        hold = HoldPlace(member.ticket)
        if len(tickets) <= self._max_held_places:
            return [hold]
        # A client that comes and drops without end would fill the server with rooms of nobody.
        return [hold, *self._remove(self._held[next(iter(tickets))], "lost")]

    # The clock

    def grace_over(self, ticket: int) -> list[Effect]:
        """Give up the place that was held under a ticket, unless its peer is back or gone."""
        member = self._held.get(ticket)
        return [] if member is None else self._remove(member, "lost")

    # The accounts

    def account_gone(self, account: str) -> list[Effect]:
        """Give up the places that are held for an account: nobody can come back to them."""
        effects: list[Effect] = []
        while (tickets := self._held_by.get(account)) is not None:
            effects += self._remove(self._held[next(iter(tickets))], "lost")
        return effects

    # Other processes

    @property
    def names(self) -> list[str]:
        """The rooms that someone is in."""
        return list(self._rooms)

    def has(self, room: str) -> bool:
        """Whether someone is in a room."""
        return room in self._rooms

    def is_present(self, connection: ConnectionId) -> bool:
        """Whether a connection is in a room."""
        return connection in self._present

    def give_up(self, name: str) -> list[Effect]:
        """Forget a room that is another process's now, and send its peers to find it there."""
        members = list(self._rooms.pop(name).members.values())
        for member in members:
            self._let_go(member)
            del self._members[member.peer.peer_id]
        return [Close(m.connection, CloseCode.SERVICE_RESTART) for m in members if m.connection is not None]

    # What the inputs are made of

    def _member_at(self, connection: ConnectionId) -> Member:
        member = self._present.get(connection)
        if member is None:
            raise NotInRoom
        return member

    def _resume(self, member: Member, newcomer: Newcomer) -> list[Effect]:
        effects: list[Effect] = []
        peers = member.peers_at_loss
        if member.connection is not None:
            effects.append(Close(member.connection, CloseCode.REPLACED))
            peers = tuple(other.peer for other in member.room.others(member))
        held = member.held
        self._let_go(member)
        member.connection, member.ticket, member.held, member.held_bytes = newcomer.connection, None, [], 0
        self._present[newcomer.connection] = member
        events: list[Told] = [self._joined(newcomer, member.room, peers, resumed=True), *held]
        return effects + [Deliver(newcomer.connection, event) for event in events]

    def _enter(self, newcomer: Newcomer, name: str) -> list[Effect]:
        effects = self._make_place(newcomer, name)
        elsewhere = self._members.get(newcomer.peer.peer_id)
        if elsewhere is not None:
            effects += self._move_out(elsewhere)
        room = self._rooms.setdefault(name, Room(name))
        member = Member(room, newcomer.account, newcomer.peer, newcomer.connection)
        room.members[newcomer.peer.peer_id] = member
        self._members[newcomer.peer.peer_id] = member
        self._present[newcomer.connection] = member
        peers = tuple(other.peer for other in room.others(member))
        effects.append(Deliver(newcomer.connection, self._joined(newcomer, room, peers, resumed=False)))
        return effects + self._tell_others(member, PeerJoined(newcomer.peer))

    def _make_place(self, newcomer: Newcomer, name: str) -> list[Effect]:
        """Someone who is here needs no other place; of too many devices, one that is lost gives way to the new one."""
        room = self._rooms.get(name)
        if room is None:
            return []
        devices = room.devices_of(newcomer.account)
        if not devices and len(room.persons) >= self._capacity:
            raise RoomFull(self._capacity)
        if len(devices) < self._max_devices:
            return []
        lost = next((device for device in devices if device.connection is None), None)
        if lost is None:
            raise TooManyDevices(self._max_devices)
        return self._remove(lost, "lost")

    def _move_out(self, member: Member) -> list[Effect]:
        replaced = [] if member.connection is None else [Close(member.connection, CloseCode.REPLACED)]
        return [*replaced, *self._remove(member, "left")]

    def _joined(self, newcomer: Newcomer, room: Room, peers: tuple[Peer, ...], *, resumed: bool) -> Joined:
        return Joined(
            room=room.name,
            peer_id=newcomer.peer.peer_id,
            resume_token=newcomer.resume_token,
            resumed=resumed,
            peers=peers,
            capacity=self._capacity,
        )

    def _remove(self, member: Member, reason: Reason) -> list[Effect]:
        """Take a member out. To hear of it may be too much for others, who are lost then, and are told of in turn."""
        room = member.room
        self._take_out(member)
        effects: list[Effect] = []
        departures = deque([PeerLeft(member.peer.peer_id, reason)])
        while departures:
            departure = departures.popleft()
            for other in list(room.members.values()):
                if other.connection is not None:
                    effects.append(Deliver(other.connection, departure))
                elif not self._hold(other, departure):
                    self._take_out(other)
                    departures.append(PeerLeft(other.peer.peer_id, "lost"))
        if not room.members:
            del self._rooms[room.name]
            effects.append(Release(room.name))
        return effects

    def _take_out(self, member: Member) -> None:
        self._let_go(member)
        del member.room.members[member.peer.peer_id], self._members[member.peer.peer_id]

    def _let_go(self, member: Member) -> None:
        """Forget by what a member is reached: its connection, or the ticket of its place."""
        if member.connection is not None:
            del self._present[member.connection]
        if member.ticket is not None:
            del self._held[member.ticket]
            self._held_bytes -= member.held_bytes
            tickets = self._held_by[member.account]
            del tickets[member.ticket]
            if not tickets:
                del self._held_by[member.account]

    def _tell_others(self, member: Member, event: Told) -> list[Effect]:
        effects: list[Effect] = []
        for other in member.room.others(member):
            # Telling one may have been too much for another, who is gone then.
            if other.peer.peer_id in member.room.members:
                effects += self._tell(other, event)
        return effects

    def _tell(self, member: Member, event: Told) -> list[Effect]:
        if member.connection is not None:
            return [Deliver(member.connection, event)]
        if not self._hold(member, event):
            return self._remove(member, "lost")
        if self._held_bytes > self._max_held_bytes:
            return self._remove(self._largest_held(), "lost")
        return []

    def _hold(self, member: Member, event: Told) -> bool:
        """Hold an event for a peer without a connection; False if that would be too much."""
        size = len(event.rest.encode()) if isinstance(event, ForwardedSignal) else 0  # others are small
        if len(member.held) == MAX_HELD_EVENTS or member.held_bytes + size > MAX_HELD_BYTES:
            return False
        member.held.append(event)
        member.held_bytes += size
        self._held_bytes += size
        return True

    def _largest_held(self) -> Member:
        """Return the peer that most is held for, of the account that most is held for."""
        places = ([self._held[ticket] for ticket in tickets] for tickets in self._held_by.values())
        most = max(places, key=lambda members: sum(member.held_bytes for member in members))
        return max(most, key=lambda member: member.held_bytes)
