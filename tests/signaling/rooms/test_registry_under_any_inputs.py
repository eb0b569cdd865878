"""Rooms against a model of its clients: whatever happens in whatever order, everyone knows who is there."""

from __future__ import annotations

import itertools
from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from protocol.errors import UnexpectedMessage
from protocol.events import Joined, Peer, PeerJoined, PeerLeft
from signaling.errors import NotInRoom, RoomFull, TooManyDevices, UnknownPeer
from signaling.rooms.effects import Close, ConnectionId, Deliver, Effect, HoldPlace
from signaling.rooms.registry import MAX_HELD_EVENTS, Member, Newcomer, Room, Rooms
from signaling.rooms.signal_codec import CheckedSignal, ForwardedSignal

CAPACITY = 2
MAX_DEVICES = 2
MAX_HELD_PLACES = 2
"""Of an account: it has three peers."""
PEER_IDS = st.sampled_from([f"peer-{number}" for number in range(9)])
ROOM_NAMES = st.sampled_from(["attic", "cellar"])
CHOICES = st.integers(0, 11)


def account_of(peer_id: str) -> str:
    """Return the account of a peer: three peers have one."""
    return f"account-{int(peer_id[-1]) // 3}"


class RoomsMachine(RuleBasedStateMachine):
    """Clients that join, resume, signal, leave and get lost; `views` is whom each connection believes to be there."""

    def __init__(self) -> None:
        super().__init__()
        self.rooms = Rooms(CAPACITY, MAX_HELD_PLACES, max_devices=MAX_DEVICES)
        self.connections = itertools.count(1)
        self.views: dict[ConnectionId, set[str]] = {}
        self.tickets: list[int] = []

    def apply(self, effects: list[Effect]) -> None:
        """Do what an effects driver and its clients do."""
        for effect in effects:
            match effect:
                case Deliver(connection, event):
                    self.tell(connection, event)
                case Close(connection):
                    del self.views[connection]
                case HoldPlace(ticket):
                    self.tickets.append(ticket)

    def tell(self, connection: ConnectionId, event: object) -> None:
        """Change a client's view as an event says."""
        match event:
            case Joined(peers=peers):
                self.views[connection] = {peer.peer_id for peer in peers}
            case PeerJoined(peer=peer):
                assert peer.peer_id not in self.views[connection]
                self.views[connection].add(peer.peer_id)
            case PeerLeft(peer_id=peer_id):
                self.views[connection].remove(peer_id)
            case ForwardedSignal(sender=sender):
                assert sender in self.views[connection]

    def some_connection(self, choice: int) -> ConnectionId:
        """Return a connection that is in a room, or one that is in none."""
        return sorted(self.views)[choice % len(self.views)] if self.views else ConnectionId(0)

    @rule(peer_id=PEER_IDS, room=ROOM_NAMES)
    def join(self, peer_id: str, room: str) -> None:
        """A new connection joins, as a peer that is new, lost or still there."""
        connection = ConnectionId(next(self.connections))
        newcomer = Newcomer(connection, account_of(peer_id), Peer(peer_id, "name"), "token")
        try:
            self.apply(self.rooms.join(newcomer, room))
        except RoomFull:
            accounts = accounts_in(self.rooms._rooms[room])
            assert len(accounts) == CAPACITY
            assert account_of(peer_id) not in accounts
        except TooManyDevices:
            devices = [m for m in self.rooms._rooms[room].members.values() if m.account == account_of(peer_id)]
            assert len(devices) == MAX_DEVICES
            assert all(device.connection is not None for device in devices)

    @rule(choice=CHOICES, room=ROOM_NAMES)
    def join_again(self, choice: int, room: str) -> None:
        """A connection that is in a room asks for one once more."""
        connection = self.some_connection(choice)
        if connection in self.views:
            try:
                self.rooms.join(Newcomer(connection, "account", Peer("peer-new", "name"), "token"), room)
            except UnexpectedMessage:
                return
            raise AssertionError

    @rule(choice=CHOICES)
    def leave(self, choice: int) -> None:
        """A connection leaves its room."""
        connection = self.some_connection(choice)
        try:
            self.apply(self.rooms.leave(connection))
        except NotInRoom:
            assert connection not in self.views
        self.views.pop(connection, None)

    @rule(choice=CHOICES)
    def lose(self, choice: int) -> None:
        """A connection is lost."""
        connection = self.some_connection(choice)
        self.views.pop(connection, None)
        self.apply(self.rooms.connection_lost(connection))

    @rule(choice=CHOICES)
    def end(self, choice: int) -> None:
        """A connection is closed for good."""
        connection = self.some_connection(choice)
        self.views.pop(connection, None)
        self.apply(self.rooms.connection_ended(connection, "lost"))

    @rule(choice=CHOICES)
    def end_grace(self, choice: int) -> None:
        """A timer goes off, perhaps that of a place which is held no more."""
        if self.tickets:
            self.apply(self.rooms.grace_over(self.tickets.pop(choice % len(self.tickets))))

    @rule(choice=CHOICES, to=PEER_IDS, times=st.sampled_from([1, 1, 1, MAX_HELD_EVENTS]))
    def signal(self, choice: int, to: str, times: int) -> None:
        """A connection signals, now and then more than is held for anyone."""
        connection = self.some_connection(choice)
        for _ in range(times):
            try:
                self.apply(self.rooms.signal(connection, CheckedSignal(to, "}")))
            except NotInRoom:
                assert connection not in self.views
            except UnknownPeer:
                assert to not in self.views[connection]

    @invariant()
    def everyone_present_knows_who_is_there(self) -> None:
        """What a connected client has been told adds up to who else is in its room."""
        for connection, member in self.rooms._present.items():
            assert self.views[connection] == {other.peer.peer_id for other in member.room.others(member)}
        assert self.views.keys() == self.rooms._present.keys()

    @invariant()
    def indexes_agree(self) -> None:
        """Every member is found by its id, and by its connection or the ticket of its place, and nothing else is."""
        members = {id(member): member for room in self.rooms._rooms.values() for member in room.members.values()}
        everyone = members.values()
        assert all(self.rooms._members[member.peer.peer_id] is member for member in everyone)
        assert len(self.rooms._members) == len(everyone)
        assert self.rooms._present == {m.connection: m for m in everyone if m.connection is not None}
        assert self.rooms._held == {m.ticket: m for m in everyone if m.ticket is not None}
        assert all(is_sound(member) for member in everyone)
        by_account = {ticket: account for account, tickets in self.rooms._held_by.items() for ticket in tickets}
        assert by_account == {ticket: member.account for ticket, member in self.rooms._held.items()}
        assert self.rooms._held_bytes == sum(member.held_bytes for member in everyone)

    @invariant()
    def no_account_holds_too_many_places(self) -> None:
        """However often its connections are lost."""
        assert all(1 <= len(tickets) <= MAX_HELD_PLACES for tickets in self.rooms._held_by.values())

    @invariant()
    def rooms_have_somebody_and_not_too_many(self) -> None:
        """No room is empty, has more persons than places, or more devices of a person than there may be."""
        for room in self.rooms._rooms.values():
            accounts = accounts_in(room)
            assert 0 < len(accounts) <= CAPACITY
            assert max(accounts.values()) <= MAX_DEVICES


def accounts_in(room: Room) -> Counter[str]:
    """Return the persons in a room, with how many devices each has there."""
    return Counter(member.account for member in room.members.values())


def is_sound(member: Member) -> bool:
    """Tell whether a member is either present or held, with a bounded number of events in the second case only."""
    present = member.connection is not None
    return present != (member.ticket is not None) and len(member.held) <= (0 if present else MAX_HELD_EVENTS)


RoomsMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestRooms = RoomsMachine.TestCase
