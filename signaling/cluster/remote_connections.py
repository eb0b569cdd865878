"""Decides nothing; keeps who is where: connections of ours at other processes, and other processes' here. No I/O."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from protocol.events import EVENTS
from protocol.versions import FIRST, known_to
from signaling.cluster.effects import Post
from signaling.cluster.process_messages import HangUp, Pass, ProcessId, Tell
from signaling.rooms.effects import Close, ConnectionId, Deliver, Effect
from signaling.rooms.registry import Newcomer
from signaling.rooms.signal_codec import ForwardedSignal


@dataclass(slots=True)
class Search:
    """A connection that asks to be let in to a room, and how many times it was asked whose that is."""

    newcomer: Newcomer
    room: str
    count: int = 0


@dataclass(slots=True)
class Stay:
    """A connection of ours at another process: let in to a room there, or asking to be."""

    search: Search
    host: ProcessId
    is_in: bool = False

    @property
    def peer_id(self) -> str:
        """The peer that it is there."""
        return self.search.newcomer.peer.peer_id


class Stays:
    """Our connections at other processes."""

    def __init__(self) -> None:
        self._stays: dict[ConnectionId, Stay] = {}
        self._by_peer: dict[tuple[str, str], ConnectionId] = {}

    def __contains__(self, connection: ConnectionId) -> bool:
        return connection in self._stays

    @property
    def hosts(self) -> set[ProcessId]:
        """The processes at which we are."""
        return {stay.host for stay in self._stays.values()}

    def get(self, connection: ConnectionId) -> Stay | None:
        """Return the stay of a connection."""
        return self._stays.get(connection)

    def at(self, host: ProcessId, connection: ConnectionId) -> Stay | None:
        """Return the stay of a connection at one process."""
        stay = self._stays.get(connection)
        return stay if stay is not None and stay.host == host else None

    def at_host(self, host: ProcessId) -> list[tuple[ConnectionId, Stay]]:
        """Return every stay at a process."""
        return [(connection, stay) for connection, stay in self._stays.items() if stay.host == host]

    def neighbour(self, stay: Stay, peer_id: str) -> ConnectionId | None:
        """Return our connection of a peer who is in the same room of the same process."""
        return self._by_peer.get((stay.search.room, peer_id))

    def begin(self, search: Search, host: ProcessId) -> None:
        """A connection asks a process to be let in."""
        self._stays[search.newcomer.connection] = Stay(search, host)

    def let_in(self, connection: ConnectionId) -> None:
        """A connection was let in."""
        stay = self._stays[connection]
        stay.is_in = True
        self._by_peer[stay.search.room, stay.peer_id] = connection

    def end(self, connection: ConnectionId) -> Stay | None:
        """Forget a stay, and give it if there was one."""
        stay = self._stays.pop(connection, None)
        # Another connection may have become its peer meanwhile.
        if stay is not None and self._by_peer.get((stay.search.room, stay.peer_id)) == connection:
            del self._by_peer[stay.search.room, stay.peer_id]
        return stay


@dataclass(frozen=True, slots=True)
class RemoteClient:
    """A connection of another process that is in one of our rooms, or asks to be."""

    process: ProcessId
    number: int
    version: int = field(default=FIRST, compare=False)
    """The newest version of the protocol that its process knows."""


class RemoteClients:
    """Other processes' connections here, each with a number below zero, where the effects driver gives out none."""

    def __init__(self) -> None:
        self._remote_clients: dict[ConnectionId, RemoteClient] = {}
        self._connections: dict[RemoteClient, ConnectionId] = {}
        self._numbers = itertools.count(-1, -1)

    @property
    def processes(self) -> set[ProcessId]:
        """The processes that remote clients are from."""
        return {client.process for client in self._remote_clients.values()}

    def add(self, client: RemoteClient) -> ConnectionId:
        """Take a remote client in, and give the number under which our rooms know it."""
        connection = ConnectionId(next(self._numbers))
        self._remote_clients[connection], self._connections[client] = client, connection
        return connection

    def at(self, connection: ConnectionId) -> RemoteClient | None:
        """Return the remote client of a number."""
        return self._remote_clients.get(connection)

    def connection(self, client: RemoteClient) -> ConnectionId | None:
        """Return the number of a remote client."""
        return self._connections.get(client)

    def of_process(self, process: ProcessId) -> list[ConnectionId]:
        """Return the numbers of a process's remote clients."""
        return [connection for connection, client in self._remote_clients.items() if client.process == process]

    def forget(self, connection: ConnectionId) -> None:
        """Forget a remote client."""
        del self._connections[self._remote_clients.pop(connection)]

    def written(self, effect: Deliver | Close) -> list[Effect]:
        """Return an effect on a remote client as a message; nothing if it is gone. One that is hung up on ends here."""
        client = self._remote_clients.get(effect.connection)
        if client is None:
            return []
        if isinstance(effect, Close):
            self.forget(effect.connection)
            return [Post(client.process, HangUp(client.number, effect.code))]
        event = effect.event
        if isinstance(event, ForwardedSignal):
            return [Post(client.process, Pass(client.number, event.sender, event.rest))]
        known = known_to(client.version, event)
        return [] if known is None else [Post(client.process, Tell(client.number, EVENTS.encode(known)))]
