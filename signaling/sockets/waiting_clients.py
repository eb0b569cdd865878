"""Awaits the moments at which HTTP clients that owe something have had their time: one timer for all of them.

A connection that waits for its client costs the client nothing, and the server an open file. So the time is bounded in
which something has to come, and so is the number of connections that wait: where there are too many, the address that
has the most of them loses the one that has waited longest. Somebody with one address gets into their own way first.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextvars import Context
from dataclasses import dataclass
from typing import Protocol

from signaling.monitoring.counters import TOO_FEW_FILES, TOO_MANY_WAITING, Counters
from signaling.monitoring.exhausted_files import ExhaustedFiles
from signaling.monitoring.logs import log
from signaling.rate_limits.refusal_delay import SECONDS, delay

MOST_WAITING = 1_000
"""Honest clients wait for a moment only: between connecting and asking, or for `idle` after an answer."""
SHARE_WAITING = 4
"""Of the files that this process may open, connections that wait for their client take one in four at most."""
MOST_RESERVED_FILES = 64
SHARE_RESERVED = 8
"""One file in eight, and 64 at most, are kept from connections: the database, the page's files and the log need some.
At the very limit the system would drop connections without a word to anyone."""
TOLD_AT_ONCE = 16
"""Clients whose time is up, in one round of the event loop. Each costs some 0.1 ms, and hundreds that began to wait
together would keep everybody else waiting."""
LINE_SECONDS = 60.0
"""Between two lines in the log about connections that were closed for want of room."""


@dataclass(frozen=True, slots=True)
class Patience:
    """For how many seconds a client may owe something."""

    head: float = 10.0
    """A whole head, from the connection or from its first byte on."""
    body: float = 30.0
    """A whole body, from its head on; `body_start` at first, and a second more for each `body_rate` bytes of it."""
    body_start: float = 10.0
    body_rate: float = 500.0
    idle: float = 15.0
    """Another request on a connection that has answered one. Longer than a page takes to fetch what it is made of."""
    reading: float = 60.0
    """Any progress in reading what is written to it. The same as the kernel grants a peer that acknowledges nothing."""
    refused: float = SECONDS
    """Before a refusal is told, on average; nothing is read in that time."""
    step: float = 0.1
    """Between two looks at whose time is up. All whose time ends in one step are told together."""
    random: Callable[[], float] = random.random

    def for_body(self, received: int) -> float:
        """Return how long a body may take, of which `received` bytes have come."""
        return min(self.body, self.body_start + received / self.body_rate)

    def for_refusal(self) -> float:
        """Return how long one refusal is held."""
        return delay(self.refused, self.random())


class WaitingClient(Protocol):
    """A connection that waits for its client. None of these waits."""

    address: str
    """What the client is counted under."""
    due: float
    """Until when it has time, by the clock of the `WaitingClients`."""

    def time_is_up(self, now: float) -> None:
        """Close it, or give it more time."""

    def make_way(self) -> None:
        """Close it at once: there are too many."""


class Queue:
    """Clients in the order in which they began to wait, by address."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[WaitingClient, None]] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[WaitingClient]:
        return (client for group in self._groups.values() for client in group)

    def add(self, client: WaitingClient) -> None:
        """Put a client at the end."""
        group = self._groups.get(client.address)
        if group is None:
            group = self._groups[client.address] = {}
        group[client] = None
        self._size += 1

    def discard(self, client: WaitingClient) -> None:
        """Take a client out, if it is in."""
        group = self._groups.get(client.address)
        if group is None or client not in group:
            return
        del group[client]
        self._size -= 1
        if not group:
            del self._groups[client.address]

    def first_of_most(self) -> WaitingClient | None:
        """Return who has waited longest at the address that has the most; of equal ones, at the one seen first."""
        if not self._groups:
            return None
        most = max(self._groups, key=lambda address: len(self._groups[address]))
        return next(iter(self._groups[most]))


class WaitingClients:
    """Everyone whom a server waits for.

    At most `most` of them may owe a request, and where a connection is the file with the number `files` or a higher
    one, another has to go for it. `limit` is how many files the system lets this process open.
    """

    def __init__(
        self,
        patience: Patience,
        most: int = MOST_WAITING,
        files: int | None = None,
        limit: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        exhausted: ExhaustedFiles | None = None,
    ) -> None:
        self.patience = patience
        self.clock = clock
        self._most = most
        self._files = files
        self._limit = limit
        self._exhausted = exhausted or ExhaustedFiles(Counters())
        self._asking, self._reading = Queue(), Queue()
        self._timer: asyncio.Handle | None = None
        self._closed: dict[str, int] = {}
        self._next_line = -LINE_SECONDS

    def has_come(self, client: WaitingClient, file: int) -> bool:
        """Make room for a new connection if there is hardly any; False if there is none, and it cannot stay.

        Systems hand out the lowest number that is free, so the number says how many files are open.
        """
        if self._files is None or file < self._files:
            return True
        if self._limit is not None and file >= self._limit - 1:
            # The event loop cannot accept the next one, and drops it without a word to anyone.
            self._exhausted.tell(self._limit)
        self._asking.discard(client)
        goes = self._asking.first_of_most() or self._reading.first_of_most()
        self._shed(goes, TOO_FEW_FILES)
        if goes is not None:
            self._asking.add(client)
        return goes is not None

    def owes(self, client: WaitingClient) -> None:
        """Wait until a client has sent what it owes. One that has waited longer may have to go for it."""
        self._asking.add(client)
        self._look_later()
        if len(self._asking) > self._most:
            self._shed(self._asking.first_of_most(), TOO_MANY_WAITING)

    def has_to_read(self, client: WaitingClient) -> None:
        """Wait until a client reads what is written to it."""
        self._reading.add(client)
        self._look_later()

    def is_done(self, client: WaitingClient) -> None:
        """Wait for a client no more."""
        self._asking.discard(client)
        self._reading.discard(client)

    def look(self) -> bool:
        """Tell a few of those whose time is up, and the log how many had to go; return whether there are more."""
        now = self.clock()
        due = [client for client in (*self._asking, *self._reading) if client.due <= now]
        for client in due[:TOLD_AT_ONCE]:
            client.time_is_up(now)
        if self._closed and now >= self._next_line:
            self._next_line = now + LINE_SECONDS
            for reason, count in self._closed.items():
                log("connections_shed", level=logging.WARNING, reason=reason, count=count)
            self._closed = {}
        return len(due) > TOLD_AT_ONCE

    def _shed(self, client: WaitingClient | None, reason: str) -> None:
        self._closed[reason] = self._closed.get(reason, 0) + 1
        self._exhausted.counters.shed[reason] += 1
        self._look_later()
        if client is not None:
            self.is_done(client)
            client.make_way()

    def _look_later(self) -> None:
        if self._timer is None:
            # In no request's context: its findings do not belong into the log of the client that came first.
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.patience.step, self._look_and_go_on, context=Context())

    def _look_and_go_on(self) -> None:
        self._timer = None
        if self.look():
            self._timer = asyncio.get_running_loop().call_soon(self._look_and_go_on, context=Context())
        elif self._asking or self._reading or self._closed:
            self._look_later()


def waiting_clients(
    patience: Patience | None = None, most_files: int | None = None, exhausted: ExhaustedFiles | None = None
) -> WaitingClients:
    """Return a server's waiting clients, bounded by how many files a process may open."""
    patience = patience or Patience()
    if most_files is None:
        return WaitingClients(patience, exhausted=exhausted)
    reserved = min(MOST_RESERVED_FILES, most_files // SHARE_RESERVED)
    most = min(MOST_WAITING, most_files // SHARE_WAITING)
    return WaitingClients(patience, most, most_files - reserved, most_files, exhausted=exhausted)
