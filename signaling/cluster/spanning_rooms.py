"""Decides which process a room belongs to, and carries what is asked and told between a client and its host. No I/O.

The first person in a room makes it a room of the process where their WebSocket ends, and that process's `Rooms` decide
in it as they do when there is only one process. Two of one process that are in a room of their own reach each other
without a message; and two clients of one process that are in a room of another hand each other their descriptions and
candidates here as well.

A process that cannot be reached takes its rooms with it: clients of others are sent to come back, which makes the room
again. What a process keeps while it is cut off are its own rooms and who is connected to it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import singledispatchmethod

from protocol.codes import CloseCode
from protocol.errors import UnexpectedMessage
from protocol.events import EVENTS, Error, Joined, Peer
from protocol.versions import LATEST, known_to
from signaling.cluster.effects import Claim, Post
from signaling.cluster.process_messages import (
    Ask,
    End,
    Enter,
    HangUp,
    Leave,
    Lose,
    NotHere,
    Pass,
    ProcessId,
    ProcessMessage,
    Tell,
    TurnAway,
)
from signaling.cluster.remote_connections import RemoteClient, RemoteClients, Search, Stays
from signaling.errors import BackplaneUnavailable, NotInRoom, Refusal
from signaling.rooms.effects import Close, ConnectionId, Deliver, Effect, Release
from signaling.rooms.registry import Newcomer, Reason, Rooms
from signaling.rooms.signal_codec import CheckedSignal, ForwardedSignal

MAX_SEARCHES = 8
"""For one room: it may have moved while it was asked for, and not for ever."""


class SpanningRooms:
    """The `Places` of a server of several processes."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._is_connected = False
        self._held: set[str] = set()
        self._searches: dict[str, list[Search]] = {}
        self._searching: dict[ConnectionId, Search] = {}
        self._stays = Stays()
        self._remote_clients = RemoteClients()

    # A connection of ours asks

    def join(self, newcomer: Newcomer, room: str) -> list[Effect]:
        """Let a connection in, now or when it is known whose the room is; BackplaneUnavailable if that cannot be."""
        connection = newcomer.connection
        if connection in self._stays or connection in self._searching:
            raise UnexpectedMessage("join", "this connection is in a room already")
        # While we are cut off, a room that is here goes on.
        if (
            room in self._held
            or self._rooms.is_present(connection)
            or (not self._is_connected and self._rooms.has(room))
        ):
            return self._sent(self._rooms.join(newcomer, room))
        if not self._is_connected:
            raise BackplaneUnavailable
        return self._search(Search(newcomer, room))

    def leave(self, connection: ConnectionId) -> list[Effect]:
        """Take a connection's peer out of its room."""
        if (stay := self._stays.end(connection)) is not None:
            return [Post(stay.host, Leave(connection))]
        if self._end_search(connection):
            return []
        return self._sent(self._rooms.leave(connection))

    def signal(self, connection: ConnectionId, request: CheckedSignal) -> list[Effect]:
        """Hand a description or a candidate to another peer of the same room."""
        stay = self._stays.get(connection)
        if stay is None:
            return self._sent(self._rooms.signal(connection, request))
        if not stay.is_in:
            raise NotInRoom
        neighbour = self._stays.neighbour(stay, request.to)
        if neighbour is None or neighbour == connection:
            return [Post(stay.host, Ask(connection, request.to, request.rest))]
        return [Deliver(neighbour, ForwardedSignal(stay.peer_id, request.rest))]

    # A connection of ours ends

    def connection_ended(self, connection: ConnectionId, reason: Reason) -> list[Effect]:
        """Take the peer of a connection, if it has one, out of its room: it will not come back."""
        if (stay := self._stays.end(connection)) is not None:
            return [Post(stay.host, End(connection, reason))]
        if self._end_search(connection):
            return []
        return self._sent(self._rooms.connection_ended(connection, reason))

    def connection_lost(self, connection: ConnectionId) -> list[Effect]:
        """Keep the place of a connection's peer, if it has one: it may come back."""
        if (stay := self._stays.end(connection)) is not None:
            return [Post(stay.host, Lose(connection))]
        if self._end_search(connection):
            return []
        return self._sent(self._rooms.connection_lost(connection))

    def grace_over(self, ticket: int) -> list[Effect]:
        """Give up the place that was held under a ticket, unless its peer is back or gone."""
        return self._sent(self._rooms.grace_over(ticket))

    def account_gone(self, account: str) -> list[Effect]:
        """Give up the places that are held for an account: nobody can come back to them."""
        return self._sent(self._rooms.account_gone(account))

    # The backplane

    @property
    def held(self) -> list[str]:
        """The rooms that are ours."""
        return list(self._held)

    @property
    def neighbours(self) -> set[ProcessId]:
        """The processes that we have clients of, or are clients at."""
        return self._stays.hosts | self._remote_clients.processes

    def connected(self) -> list[Effect]:
        """Other processes can be reached, and know nothing of us: the rooms that are here have to become ours again."""
        self._is_connected = True
        self._searches = {room: [] for room in self._rooms.names}
        return [Claim(room) for room in self._searches]

    def disconnected(self) -> list[Effect]:
        """No other process can be reached, and all of them will take us for gone."""
        self._is_connected = False
        self._held.clear()
        searches, self._searches = self._searches, {}
        effects: list[Effect] = []
        for search in itertools.chain.from_iterable(searches.values()):
            effects += self._give_up_search(search)
        for process in self.neighbours:
            effects += self.process_gone(process)
        return effects

    def claimed(self, room: str, host: ProcessId | None) -> list[Effect]:
        """A claim is answered: the room is ours, or it belongs to `host`."""
        searches = self._searches.pop(room)
        effects: list[Effect] = []
        if host is not None:
            # The room has become another's while we were cut off.
            if self._rooms.has(room):
                effects += self._sent(self._rooms.give_up(room))
            for search in searches:
                effects += self._go(search, host)
            return effects
        self._held.add(room)
        for search in searches:
            effects += self._enter(search.newcomer, room)
        if not self._rooms.has(room) and room in self._held:  # nobody has waited
            self._held.discard(room)
            effects.append(Release(room))
        return effects

    def process_gone(self, process: ProcessId) -> list[Effect]:
        """A process has ended, or cannot be reached any more."""
        effects: list[Effect] = []
        for connection, stay in self._stays.at_host(process):
            self._stays.end(connection)
            if stay.is_in:
                effects.append(Close(connection, CloseCode.SERVICE_RESTART))
            else:
                effects += self._search_again(stay.search)
        for connection in self._remote_clients.of_process(process):
            self._remote_clients.forget(connection)
            self._end_search(connection)
            effects += self._sent(self._rooms.connection_lost(connection))
        return effects

    # Messages

    def message_came(self, sender: ProcessId, message: ProcessMessage) -> list[Effect]:
        """Another process has written; what concerns a remote client or a host that is none any more is dropped."""
        return self._read(message, sender)

    @singledispatchmethod
    def _read(self, message: ProcessMessage, sender: ProcessId) -> list[Effect]:
        raise NotImplementedError(f"{message} from {sender}")

    @_read.register
    def _(self, message: Enter, sender: ProcessId) -> list[Effect]:
        client = RemoteClient(sender, message.number, message.version)
        if not (message.room in self._held or message.room in self._searches):
            return [Post(sender, NotHere(message.number))]
        connection = self._remote_clients.add(client)
        peer = Peer(message.peer_id, message.username, message.guest, message.formerly)
        newcomer = Newcomer(connection, message.account, peer, message.resume_token)
        if message.room in self._held:
            return self._enter(newcomer, message.room)
        # The claim has been granted, and its answer is on its way to us.
        return self._search(Search(newcomer, message.room))

    @_read.register
    def _(self, message: Ask, sender: ProcessId) -> list[Effect]:
        connection = self._remote_clients.connection(RemoteClient(sender, message.number))
        if connection is None:
            return []
        try:
            return self._sent(self._rooms.signal(connection, CheckedSignal(message.to, message.rest)))
        except Refusal as refusal:
            return self._sent([Deliver(connection, _error(refusal))])

    @_read.register
    def _(self, message: Leave, sender: ProcessId) -> list[Effect]:
        return self._remote_ended(RemoteClient(sender, message.number), "left")

    @_read.register
    def _(self, message: End, sender: ProcessId) -> list[Effect]:
        return self._remote_ended(RemoteClient(sender, message.number), message.reason)

    @_read.register
    def _(self, message: Lose, sender: ProcessId) -> list[Effect]:
        connection = self._remote_clients.connection(RemoteClient(sender, message.number))
        if connection is None:
            return []
        self._remote_clients.forget(connection)
        return [] if self._end_search(connection) else self._sent(self._rooms.connection_lost(connection))

    @_read.register
    def _(self, message: Tell, sender: ProcessId) -> list[Effect]:
        connection = ConnectionId(message.number)
        stay = self._stays.at(sender, connection)
        if stay is None:
            return []
        event = EVENTS.decode(message.event)
        if isinstance(event, Joined):
            self._stays.let_in(connection)
        return [Deliver(connection, event)]

    @_read.register
    def _(self, message: Pass, sender: ProcessId) -> list[Effect]:
        connection = ConnectionId(message.number)
        if self._stays.at(sender, connection) is None:
            return []
        return [Deliver(connection, ForwardedSignal(message.sender, message.rest))]

    @_read.register
    def _(self, message: TurnAway, sender: ProcessId) -> list[Effect]:
        connection = ConnectionId(message.number)
        if self._stays.at(sender, connection) is None:
            return []
        self._stays.end(connection)
        return [Deliver(connection, EVENTS.decode(message.event))]

    @_read.register
    def _(self, message: HangUp, sender: ProcessId) -> list[Effect]:
        connection = ConnectionId(message.number)
        if self._stays.at(sender, connection) is None:
            return []
        self._stays.end(connection)
        return [Close(connection, CloseCode(message.code))]

    @_read.register
    def _(self, message: NotHere, sender: ProcessId) -> list[Effect]:
        connection = ConnectionId(message.number)
        stay = self._stays.at(sender, connection)
        if stay is None or stay.is_in:
            return []
        self._stays.end(connection)
        return self._search_again(stay.search)

    # What the inputs are made of

    def _search(self, search: Search) -> list[Effect]:
        """Ask whose a room is, with everyone who asks already."""
        self._searching[search.newcomer.connection] = search
        search.count += 1
        if search.room in self._searches:
            self._searches[search.room].append(search)
            return []
        self._searches[search.room] = [search]
        return [Claim(search.room)]

    def _search_again(self, search: Search) -> list[Effect]:
        if not self._is_connected or search.count == MAX_SEARCHES:
            return self._give_up_search(search)
        if search.room in self._held:
            return self._enter(search.newcomer, search.room)
        return self._search(search)

    def _give_up_search(self, search: Search) -> list[Effect]:
        connection = search.newcomer.connection
        self._searching.pop(connection, None)
        if self._remote_clients.at(connection) is not None:  # the other process does not hear from us any more
            return []
        return [Deliver(connection, _error(BackplaneUnavailable()))]

    def _end_search(self, connection: ConnectionId) -> bool:
        search = self._searching.pop(connection, None)
        if search is None:
            return False
        self._searches[search.room].remove(search)
        return True

    def _enter(self, newcomer: Newcomer, room: str) -> list[Effect]:
        """Let someone in to a room of ours who has waited, or comes from another process."""
        connection = newcomer.connection
        self._searching.pop(connection, None)
        try:
            return self._sent(self._rooms.join(newcomer, room))
        except Refusal as refusal:
            client = self._remote_clients.at(connection)
            if client is None:
                return [Deliver(connection, _error(refusal))]
            self._remote_clients.forget(connection)
            known = known_to(client.version, _error(refusal))
            assert known is not None  # noqa: S101 - every version knows errors
            return [Post(client.process, TurnAway(client.number, EVENTS.encode(known)))]

    def _go(self, search: Search, host: ProcessId) -> list[Effect]:
        """Ask the process that a room belongs to."""
        newcomer = search.newcomer
        connection = newcomer.connection
        self._searching.pop(connection, None)
        client = self._remote_clients.at(connection)
        if client is not None:
            self._remote_clients.forget(connection)
            return [Post(client.process, NotHere(client.number))]
        self._stays.begin(search, host)
        peer = newcomer.peer
        who = newcomer.account, peer.peer_id, peer.username, newcomer.resume_token
        return [Post(host, Enter(connection, search.room, *who, LATEST, peer.guest, peer.formerly))]

    def _remote_ended(self, client: RemoteClient, reason: Reason) -> list[Effect]:
        connection = self._remote_clients.connection(client)
        if connection is None:
            return []
        self._remote_clients.forget(connection)
        return [] if self._end_search(connection) else self._sent(self._rooms.connection_ended(connection, reason))

    def _sent(self, effects: Iterable[Effect]) -> list[Effect]:
        """Return the effects of `Rooms`: those on remote clients as messages, a room that has ended as not ours."""
        sent: list[Effect] = []
        for effect in effects:
            if isinstance(effect, Deliver | Close) and effect.connection < 0:
                sent += self._remote_clients.written(effect)
                continue
            if isinstance(effect, Release):
                if self._rooms.has(effect.room):  # it ended, and began again
                    continue
                self._held.discard(effect.room)
                if not self._is_connected:
                    continue
            sent.append(effect)
        return sent


def _error(refusal: Refusal) -> Error:
    return Error(refusal.code, str(refusal), refusal.retry_after)
