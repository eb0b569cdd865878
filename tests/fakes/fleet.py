"""Several processes of one server without a network: `SpanningRooms`, and what lies between them in any order.

Messages from one process to another keep their order, and so does what one process asks of Redis; beyond that, whatever
is under way may come next.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from random import Random

from protocol.codes import FINAL_CLOSE_CODES, CloseCode
from protocol.events import Error, Joined, Peer, PeerJoined, PeerLeft
from signaling.cluster.effects import Claim, Post
from signaling.cluster.process_messages import ProcessId, seal, unseal
from signaling.cluster.spanning_rooms import SpanningRooms
from signaling.errors import Refusal
from signaling.rooms.effects import Close, ConnectionId, Deliver, Effect, HoldPlace, OutsideEffect, Release
from signaling.rooms.registry import Newcomer, Rooms
from signaling.rooms.signal_codec import CheckedSignal, ForwardedSignal, Told


@dataclass
class Client:
    """Someone who wants to be in a room, and what they have been told of it."""

    peer_id: str
    room: str
    account: str = "account"
    process: Process | None = None
    connection: ConnectionId | None = None
    is_in: bool = False
    is_asking: bool = False
    peers: set[str] = field(default_factory=set)
    received: list[ForwardedSignal] = field(default_factory=list)

    def told(self, event: Told) -> None:
        """Hear an event."""
        match event:
            case Joined():
                self.is_in, self.is_asking = True, False
                self.peers = {peer.peer_id for peer in event.peers}
            case PeerJoined():
                self.peers.add(event.peer.peer_id)
            case PeerLeft():
                self.peers.discard(event.peer_id)
            case ForwardedSignal():
                self.received.append(event)
            case Error():
                self.is_asking = False
            case other:
                raise AssertionError(other)


class Process:
    """One process: its rooms, its clients, and what it has for others."""

    def __init__(self, fleet: Fleet, capacity: int) -> None:
        self._fleet = fleet
        self.rooms = Rooms(capacity)
        self.spanning = SpanningRooms(self.rooms)
        self.clients: dict[ConnectionId, Client] = {}
        self.tickets: list[int] = []
        self.asked: deque[OutsideEffect] = deque()
        self.id = ProcessId("")
        self._numbers = itertools.count(1)

    def begin(self) -> None:
        """Connect to the others, under a new name."""
        self.id = self._fleet.name(self)
        self.carry_out(self.spanning.connected())

    def break_off(self) -> None:
        """Lose the others."""
        self._fleet.forget(self.id)
        self.asked.clear()
        self.id = ProcessId("")
        self.carry_out(self.spanning.disconnected())

    def carry_out(self, effects: Iterable[Effect]) -> None:
        """Do what the rooms want."""
        for effect in effects:
            match effect:
                case Deliver():
                    if (client := self.clients.get(effect.connection)) is not None:
                        client.told(effect.event)
                case Close():
                    self.close(effect.connection, effect.code)
                case HoldPlace():
                    self.tickets.append(effect.ticket)
                case OutsideEffect() if self.id:
                    self.asked.append(effect)
                case _:
                    pass

    def connect(self, client: Client) -> None:
        """Take a client's WebSocket."""
        connection = ConnectionId(next(self._numbers))
        self.clients[connection] = client
        client.process, client.connection = self, connection

    def close(self, connection: ConnectionId, code: int) -> None:
        """End a WebSocket, by whichever side."""
        client = self.clients.pop(connection, None)
        if client is None:
            return
        client.process = client.connection = None
        client.is_in = client.is_asking = False
        if code in FINAL_CLOSE_CODES or code == CloseCode.NORMAL:
            self.carry_out(self.spanning.connection_ended(connection, "left"))
        else:
            self.carry_out(self.spanning.connection_lost(connection))

    def join(self, client: Client) -> None:
        """Have a client ask for its room, as the peer that it always is."""
        assert client.connection is not None
        newcomer = Newcomer(client.connection, client.account, Peer(client.peer_id, "Ann"), "token")
        client.is_asking = True
        try:
            self.carry_out(self.spanning.join(newcomer, client.room))
        except Refusal:
            client.is_asking = False

    def grace_over(self) -> None:
        """Let every place go that is held."""
        tickets, self.tickets = self.tickets, []
        for ticket in tickets:
            self.carry_out(self.spanning.grace_over(ticket))


class Fleet:
    """The processes, a Redis that knows whose each room is, and the messages under way."""

    def __init__(self, random: Random, size: int, capacity: int = 8) -> None:
        self._random = random
        self._numbers = itertools.count(1)
        self.processes = [Process(self, capacity) for _ in range(size)]
        self.by_id: dict[ProcessId, Process] = {}
        self.owners: dict[str, ProcessId] = {}
        self.under_way: dict[tuple[ProcessId, ProcessId], deque[bytes]] = {}
        self.messages = 0
        for process in self.processes:
            process.begin()

    def name(self, process: Process) -> ProcessId:
        """Return a process a name that none had before."""
        name = ProcessId(f"process-{next(self._numbers)}")
        self.by_id[name] = process
        return name

    def forget(self, name: ProcessId) -> None:
        """Forget a process, and every message that it has not read."""
        del self.by_id[name]
        for route in [route for route in self.under_way if route[1] == name]:
            del self.under_way[route]

    def step(self) -> bool:
        """Have one thing come that is under way; False if there is none."""
        may_come: list[Callable[[], None]] = [
            *(partial(self._read, route) for route, messages in self.under_way.items() if messages),
            *(partial(self._answer, process) for process in self.processes if process.asked),
            *(
                partial(self._tell_of_end, process, neighbour)
                for process in self.processes
                for neighbour in sorted(process.spanning.neighbours - self.by_id.keys())
            ),
        ]
        if may_come:
            self._random.choice(may_come)()
        return bool(may_come)

    def settle(self) -> None:
        """Have everything come that is under way."""
        while self.step():
            pass

    def _read(self, route: tuple[ProcessId, ProcessId]) -> None:
        sender, messages = unseal(self.under_way[route].popleft())
        reader = self.by_id[route[1]]
        for message in messages:
            self.messages += 1
            reader.carry_out(reader.spanning.message_came(sender, message))

    def _tell_of_end(self, process: Process, neighbour: ProcessId) -> None:
        process.carry_out(process.spanning.process_gone(neighbour))

    def _answer(self, process: Process) -> None:
        match effect := process.asked.popleft():
            case Post():
                if effect.process in self.by_id:
                    route = process.id, effect.process
                    self.under_way.setdefault(route, deque()).append(seal(process.id, [effect.message]))
                else:
                    process.carry_out(process.spanning.process_gone(effect.process))
            case Claim():
                if self.owners.get(effect.room) not in self.by_id:
                    self.owners[effect.room] = process.id
                owner = self.owners[effect.room]
                process.carry_out(process.spanning.claimed(effect.room, None if owner == process.id else owner))
            case Release():
                if self.owners.get(effect.room) == process.id:
                    del self.owners[effect.room]


def signal(sender: Client, receiver: str, text: str) -> None:
    """Have a client send something to a peer."""
    assert sender.process is not None
    assert sender.connection is not None
    request = CheckedSignal(receiver, text)
    sender.process.carry_out(sender.process.spanning.signal(sender.connection, request))


def peer_id(name: str) -> str:
    """Make a name as long as peer ids are."""
    return name.ljust(16, "-")
