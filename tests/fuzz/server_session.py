"""Plays clients to the server's sessions and rooms: what each is told fits what it was told before, and nothing stays.

Eight connections of four accounts, of which one was a guest of the room `den`, and one is a guest there. A line is a
connection's number and what it does: a request, `!1006` (it closes with this code), `+` (it comes back), `b` (a binary
message), `r` (one over the limit), `t` (the token of its `renew` is found to be what it begins with: `2` for that
account, anything else for nobody), `e` (its token expires); or `g2`: the grace of place 2 is over. In a request, `$3`
stands for the peer id of a connection, and `%3` for its resume token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from protocol.events import EVENTS, Joined, Limits, Peer, PeerJoined, PeerLeft, Signal, Welcome
from signaling.errors import AuthenticationError
from signaling.rooms.effects import CheckToken, Close, ConnectionId, Deliver, Effect, HoldPlace
from signaling.rooms.registry import MAX_DEVICES, MAX_HELD_EVENTS, Rooms
from signaling.rooms.signal_codec import encode
from signaling.sessions.resume_tokens import ResumeTokens
from signaling.sessions.session import Identity, Session
from tests.fuzz.script import lines, number

CLIENTS, ACCOUNTS, CAPACITY, MAX_HELD_PLACES = 8, 4, 2, 3
GUEST, FORMER_GUEST, ROOM_OF_GUESTS, NAME_BEFORE = "account-3", "account-2", "den", "eve~k3fq7x"
EXPIRES_AT = 2_000
TOKENS = ResumeTokens(b"a secret of the tests, 32 bytes or more")
STAND_IN = re.compile(r"[$%][0-7]")


@dataclass
class Client:
    """One client, and what it knows by what it was told."""

    number: int
    session: Session
    is_open: bool = True
    is_in_room: bool = False
    room: str = ""
    """The last one that it was in."""
    peers: set[str] = field(default_factory=set)
    token: str | None = None
    """The one that is being checked."""

    @property
    def account(self) -> str:
        """Whose it is."""
        return account_of(self.number)


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
        connection, account = ConnectionId(self._connections), account_of(number)
        peer_id = before.session.peer_id if before else peer_id_of(number)
        # A peer id is never given twice; the one of before is had by resuming alone.
        fresh = f"{peer_id_of(number)}-{self._connections}" if before else peer_id
        welcome = Welcome(fresh, TOKENS.issue(fresh, account), (), Limits(65_536, 20))
        session = Session(connection, identity_of(account), welcome, self.rooms, TOKENS)
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
        elif rest == "t":
            self.check_token(client)
        elif rest == "e":
            self.carry_out(client.session.token_expired())
        else:
            self.carry_out(client.session.text_received(STAND_IN.sub(self._meant, rest)))

    def close(self, client: Client, code: int) -> None:
        """End a connection; its session hears of it once."""
        if client.is_open:
            client.is_open = False
            self.carry_out(client.session.closed(code))

    def check_token(self, client: Client) -> None:
        """Find out what the token proves that a client has shown, if it has."""
        token, client.token = client.token, None
        if token is None:
            return
        before = client.session.token_expires_at
        whose = f"account-{token[0]}"
        if token[0].isdecimal():
            self.carry_out(client.session.token_proved(whose, EXPIRES_AT))
        else:
            self.carry_out(client.session.token_refused(AuthenticationError()))
        assert client.session.token_expires_at == (EXPIRES_AT if whose == client.account else before)

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
                case CheckToken(connection, token):
                    # One at a time, whatever a client sends.
                    assert self.clients[connection].token is None
                    self.clients[connection].token = token
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
                assert client.account != GUEST or event.room == ROOM_OF_GUESTS
                client.is_in_room, client.peers = True, {peer.peer_id for peer in event.peers}
                client.room = event.room
                for peer in event.peers:
                    check_peer(peer, event.room)
                assert len(client.peers) == len(event.peers)
                assert event.peer_id not in client.peers
                assert event.peer_id == client.session.peer_id
            case PeerJoined(peer):
                assert peer.peer_id not in client.peers
                check_peer(peer, client.room)
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
        return peer_id if stand_in[0][0] == "$" else TOKENS.issue(peer_id, client.account)


def account_of(number: int) -> str:
    """Return whose connection it is."""
    return f"account-{number % ACCOUNTS}"


def identity_of(account: str) -> Identity:
    """Return what the server knows of an account."""
    if account == GUEST:
        return Identity(account, account, is_guest=True, room=ROOM_OF_GUESTS)
    if account == FORMER_GUEST:
        return Identity(account, account, room=ROOM_OF_GUESTS, formerly=NAME_BEFORE)
    return Identity(account, account)


def check_peer(peer: Peer, room: str) -> None:
    """Assert that a guest is told as one, and a name of before in the room where it was known."""
    is_former = peer.username == FORMER_GUEST and room == ROOM_OF_GUESTS
    assert peer.guest == (True if peer.username == GUEST else None)
    assert peer.formerly == (NAME_BEFORE if is_former else None)


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
