"""Decides whose turn it is where only a few can be served at a time: fairly by who asks, however often. No I/O.

Who was served longest ago comes first, and who was never served before everyone else. So a first request waits only for
other first requests, whatever the others have queued; and between two turns of one, everyone else who waits has one.
This holds in every circle: among kinds of people, then among the networks of a kind, then among the sites of a network,
so that having many sites in one network, or many devices of one account, is of no use.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from signaling.rate_limits.last_turns import LastTurns

Share = tuple[str, ...]
"""Whom a turn is counted to, from the widest circle to the narrowest."""

MAX_WAITING = 200
"""Far more than can be served while anyone is willing to wait; each holds an HTTP request."""
MAX_WAITING_OF_ONE = 50
"""Of one share: an office in the morning, and not all the room there is."""


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """One request for a turn."""

    share: Share


@dataclass(frozen=True, slots=True)
class Admit:
    """It is this ticket's turn."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Refuse:
    """There is no room for this ticket to wait."""

    ticket: Ticket


TurnEffect = Admit | Refuse


class FairQueue:
    """Who is being served, at most `places` at a time, and who waits."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._served: set[Ticket] = set()
        self._waiting: list[Ticket] = []  # in the order in which they came
        self._last_turns = LastTurns[Share]()

    def arrived(self, ticket: Ticket) -> list[TurnEffect]:
        """Someone asks for a turn."""
        if self._free:
            return [self._serve(ticket)]
        self._waiting.append(ticket)
        refused = self._one_too_many(ticket)
        return [] if refused is None else [self._turn_away(refused)]

    def is_full_for(self, share: Share) -> bool:
        """Tell whether a ticket of this share would be turned away at once; nothing changes by it."""
        if self._free:
            return False
        ticket = Ticket(share)
        self._waiting.append(ticket)
        refused = self._one_too_many(ticket)
        self._waiting.remove(ticket)
        return refused is ticket

    def left(self, ticket: Ticket) -> list[TurnEffect]:
        """A turn is over, or someone does not wait any longer; nothing comes of one who has been refused."""
        if ticket in self._served:
            self._served.remove(ticket)
            self._free += 1
            return [self._serve_next()] if self._waiting else []
        if ticket in self._waiting:
            self._waiting.remove(ticket)
        return []

    def has_turn(self, ticket: Ticket) -> bool:
        """Tell whether it is a ticket's turn."""
        return ticket in self._served

    def _serve_next(self) -> Admit:
        # Of those that are equal, who came first: within one share, and among those who were never served.
        ticket = min(self._waiting, key=self._turns_of)
        self._waiting.remove(ticket)
        return self._serve(ticket)

    def _serve(self, ticket: Ticket) -> Admit:
        self._free -= 1
        self._served.add(ticket)
        # The narrowest first, so that no circle is remembered for less long than what is in it.
        self._last_turns.served(*reversed(_circles(ticket.share)))
        return Admit(ticket)

    def _one_too_many(self, newest: Ticket) -> Ticket | None:
        if sum(other.share == newest.share for other in self._waiting) > MAX_WAITING_OF_ONE:
            return newest
        return self._least_entitled() if len(self._waiting) > MAX_WAITING else None

    def _turn_away(self, ticket: Ticket) -> Refuse:
        self._waiting.remove(ticket)
        return Refuse(ticket)

    def _least_entitled(self) -> Ticket:
        """Return the last ticket of the source with the most in the queue; among equals, of the one served last."""
        waiting = Counter(circle for ticket in self._waiting for circle in _circles(ticket.share))

        def claim(ticket: Ticket) -> list[tuple[int, int]]:
            return [(waiting[circle], self._last_turns.of(circle)) for circle in _circles(ticket.share)]

        return max(reversed(self._waiting), key=claim)

    def _turns_of(self, ticket: Ticket) -> list[int]:
        return [self._last_turns.of(circle) for circle in _circles(ticket.share)]


@lru_cache(MAX_WAITING)
def _circles(share: Share) -> tuple[Share, ...]:
    return tuple(share[:length] for length in range(1, len(share) + 1))
