"""Plays clients to the server's sessions and rooms: what each is told fits what it was told before, and nothing stays.

Eight connections of four accounts. A line is a connection's number and what it does: a request, `!1006` (it closes
with this code), `+` (it comes back), `b` (a binary message), `r` (one over the limit); or `g2`: the grace of place 2 is
over. In a request, `$3` stands for the peer id of a connection, and `%3` for its resume token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from protocol.events import EVENTS, Joined, Limits, PeerJoined, PeerLeft, Signal, Welcome
from signaling.rooms.effects import Close, ConnectionId, Deliver, Effect, HoldPlace
from signaling.rooms.registry import MAX_DEVICES, MAX_HELD_EVENTS, Rooms
from signaling.rooms.signal_codec import encode
from signaling.sessions.resume_tokens import ResumeTokens
from signaling.sessions.session import Identity, Session
from tests.fuzz.script import lines, number

CLIENTS, ACCOUNTS, CAPACITY, MAX_HELD_PLACES = 8, 4, 2, 3
TOKENS = ResumeTokens(b"a secret of the tests, 32 bytes or more")
STAND_IN = re.compile(r"[$%][0-7]")


@dataclass
class Client:
    """One client, and what it knows by what it was told."""

    number: int
    session: Session
    is_open: bool = True
    is_in_room: bool = False
    peers: set[str] = field(default_factory=set)


class Server:
    """Sessions over one registry, whose effects are carried out as the driver does."""

    def __init__(self) -> None:
        self.rooms = Rooms(CAPACITY, MAX_HELD_PLACES)
        self.clients: dict[ConnectionId, Client] = {}
        self._by_number: dict[int, Client] = {}
        self.tickets: list[int] = []
        self._connections = 0
        for each in range(CLIENTS):
            self.open(each)

    def open(self, number: int) -> None:
        """Let a client connect, unless it is there."""
        before = self._by_number.get(number)
        if before is not None and before.is_open:
            return
        self._connections += 1
        connection, account = ConnectionId(self._connections), f"account-{number % ACCOUNTS}"
        peer_id = before.session.peer_id if before else peer_id_of(number)
        # A peer id is never given twice; the one of before is had by resuming alone.
        fresh = f"{peer_id_of(number)}-{self._connections}" if before else peer_id
        welcome = Welcome(fresh, TOKENS.issue(fresh, account), (), Limits(65_536, 20))
        session = Session(connection, Identity(account, account), welcome, self.rooms, TOKENS)
        client = self._by_number[number] = self.clients[connection] = Client(number, session)
        self.carry_out(client.session.opened())

    def play(self, line: str) -> None:
        """Carry out one line."""
        if line.startswith("g"):
            if self.tickets:
                self.carry_out(self.rooms.grace_over(self.tickets[number(line[1:], len(self.tickets) - 1)]))
            return
        which = number(line[:1], CLIENTS - 1)
        client, rest = self._by_number[which], line[1:]
        if rest == "+":
            self.open(which)
        elif not client.is_open:
            return
        elif rest.startswith("!"):
            self.close(client, number(rest[1:], 4999))
        elif rest == "b":
            self.carry_out(client.session.binary_received())
        elif rest == "r":
            self.carry_out(client.session.rate_exceeded(1))
        else:
            self.carry_out(client.session.text_received(STAND_IN.sub(self._meant, rest)))

    def close(self, client: Client, code: int) -> None:
        """End a connection; its session hears of it once."""
        if client.is_open:
            client.is_open = False
            self.carry_out(client.session.closed(code))

    def carry_out(self, effects: list[Effect]) -> None:
        """Do what was decided."""
        closed: list[tuple[Client, int]] = []
        for effect in effects:
            match effect:
                case Deliver(connection, event):
                    self._tell(self.clients[connection], EVENTS.decode(encode(event).decode()))
                case Close(connection, code):
                    closed.append((self.clients[connection], int(code)))
                case HoldPlace(ticket):
                    self.tickets.append(ticket)
                case _:
                    pass
        for client, close_code in closed:
            self.close(client, close_code)

    def end(self) -> None:
        """Let everyone go, and every grace be over."""
        for client in list(self.clients.values()):
            self.close(client, 1006)
        for ticket in list(self.tickets):
            self.carry_out(self.rooms.grace_over(ticket))
        rooms = self.rooms
        kept = (rooms._rooms, rooms._members, rooms._present, rooms._held, rooms._held_by)
        assert not any(kept), kept

    def check(self) -> None:
        """Assert what always holds of the registry."""
        rooms = self.rooms
        members = [member for room in rooms._rooms.values() for member in room.members.values()]
        assert len(members) == len(rooms._members) == len(rooms._present) + len(rooms._held)
        for room in rooms._rooms.values():
            assert room.members
            assert len(room.persons) <= CAPACITY
            assert all(len(room.devices_of(account)) <= MAX_DEVICES for account in room.persons)
        for member in members:
            assert (member.connection is None) == (member.ticket is not None)
            assert len(member.held) <= MAX_HELD_EVENTS
            assert member.connection is None or self.clients[member.connection].is_open
        assert all(len(tickets) <= MAX_HELD_PLACES for tickets in rooms._held_by.values())

    def _tell(self, client: Client, event: object) -> None:
        """Have a client hear an event, which has to fit what it knows."""
        assert client.is_open, event
        match event:
            case Joined():
                assert not client.is_in_room
                client.is_in_room, client.peers = True, {peer.peer_id for peer in event.peers}
                assert len(client.peers) == len(event.peers)
                assert event.peer_id not in client.peers
                assert event.peer_id == client.session.peer_id
            case PeerJoined(peer):
                assert peer.peer_id not in client.peers
                client.peers.add(peer.peer_id)
            case PeerLeft(peer_id):
                client.peers.remove(peer_id)
            case Signal(sender):
                assert sender in client.peers
            case _:
                pass

    def _meant(self, stand_in: re.Match[str]) -> str:
        client = self._by_number[int(stand_in[0][1])]
        peer_id = client.session.peer_id
        return peer_id if stand_in[0][0] == "$" else TOKENS.issue(peer_id, f"account-{client.number % ACCOUNTS}")


def peer_id_of(number: int) -> str:
    """Return the id that a client has at first."""
    return f"peer-{number}-0123456789"


def play(data: bytes) -> None:
    """Have clients do what the lines say, and go."""
    server = Server()
    for line in lines(data):
        server.play(line)
        server.check()
        for client in server.clients.values():
            client.is_in_room = client.is_in_room and server.rooms.is_present(client.session.connection)
    server.end()
