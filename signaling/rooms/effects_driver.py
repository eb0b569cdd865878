"""Does what the pure parts of signaling decide: the one place where effects reach connections and timers."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from protocol.codes import CloseCode
from protocol.events import Error, Joined, PeerLeft
from signaling.monitoring.counters import Counters
from signaling.monitoring.logs import log
from signaling.rooms.effects import CheckToken, Close, ConnectionId, Deliver, Effect, HoldPlace, OutsideEffect
from signaling.rooms.registry import Places
from signaling.rooms.signal_codec import ForwardedSignal, Told


class ConnectedClient(Protocol):
    """The server's end of a connection. None of the methods waits."""

    source: str
    """The account whose it is: what it causes too often is not worth a line of the log each time."""

    def send(self, event: Told) -> bool:
        """Take an event for the client; False if there is no more room for one."""

    def close(self, code: CloseCode) -> None:
        """Close when all that was taken is sent; at once where nothing more can be sent."""

    def check_token(self, token: str) -> None:
        """Find out which account a token proves, and tell the session."""


class EffectsDriver:
    """The lines that are open, by connection, and the timers of the places that are held."""

    def __init__(self, rooms: Places, grace: float, outside: Callable[[OutsideEffect], None] | None = None) -> None:
        self._rooms = rooms
        self._grace = grace
        self._outside = outside
        self._clients: dict[ConnectionId, ConnectedClient] = {}
        self._numbers = itertools.count(1)
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self.counters = Counters()

    @property
    def open_connections(self) -> int:
        """How many lines there are."""
        return len(self._clients)

    @property
    def connections(self) -> list[ConnectionId]:
        """Those that are open now."""
        return list(self._clients)

    def is_open(self, connection: ConnectionId) -> bool:
        """Tell whether a client is there, and nobody has closed it."""
        return connection in self._clients

    def next_number(self) -> ConnectionId:
        """Return a number that no connection has, by which effects can name one."""
        return ConnectionId(next(self._numbers))

    def add(self, connection: ConnectionId, client: ConnectedClient) -> None:
        """Take a new client."""
        self._clients[connection] = client

    def remove(self, connection: ConnectionId) -> None:
        """Forget a client; what is still meant for it is dropped."""
        self._clients.pop(connection, None)

    def carry_out(self, effects: Iterable[Effect]) -> None:
        """Carry out effects in their order, and then those to which they lead."""
        consequences: list[Effect] = []
        for effect in effects:
            if isinstance(effect, Deliver):
                consequences += self._deliver(effect.connection, effect.event)
            elif isinstance(effect, Close):
                self._close(effect.connection, effect.code)
            elif isinstance(effect, HoldPlace):
                self._hold_place(effect)
            elif isinstance(effect, CheckToken):
                if (client := self._clients.get(effect.connection)) is not None:
                    client.check_token(effect.token)
            elif self._outside is not None:
                self._outside(effect)
        if consequences:
            self.carry_out(consequences)

    def shut_down(self) -> None:
        """Stop every timer."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _deliver(self, connection: ConnectionId, event: Told) -> Sequence[Effect]:
        client = self._clients.get(connection)
        if client is None:
            return ()
        if isinstance(event, ForwardedSignal):
            self.counters.relayed += 1
        else:
            self._note(connection, event, client.source)
        if client.send(event):
            return ()
        self._close(connection, CloseCode.SLOW_CONSUMER)
        # What did not fit is lost, and so is the connection: it is not told anything any more.
        return self._rooms.connection_lost(connection)

    def _close(self, connection: ConnectionId, code: CloseCode) -> None:
        client = self._clients.pop(connection, None)
        if client is not None:
            log("closing", source=client.source, connection=connection, code=int(code))
            client.close(code)

    def _hold_place(self, effect: HoldPlace) -> None:
        loop = asyncio.get_running_loop()
        self._timers[effect.ticket] = loop.call_later(self._grace, self._grace_over, effect.ticket)

    def _grace_over(self, ticket: int) -> None:
        del self._timers[ticket]
        self.carry_out(self._rooms.grace_over(ticket))

    def _note(self, connection: ConnectionId, event: Told, source: str) -> None:
        match event:
            case Joined(resumed=resumed):
                self.counters.resumed += resumed
                self.counters.joined += not resumed
                about: dict[str, Any] = {"room": event.room, "peer_id": event.peer_id, "resumed": resumed}
                log("joined", source=source, connection=connection, **about)
            case PeerLeft():
                log("peer_left", source=source, connection=connection, peer_id=event.peer_id, reason=event.reason)
            case Error():
                self.counters.refusals[event.code] += 1
                log("refused", source=source, connection=connection, code=str(event.code))
            case _:
                pass
