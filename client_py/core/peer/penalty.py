"""Decides how long a peer that breaks the rules is kept away: twice as long each time, and in time it is forgiven.

What is kept away is an account, since a peer that leaves and comes back is another one.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from client_py.core.backoff import Backoff

FIRST_SECONDS = 4.0
"""Long enough for a person to read why."""
CAP_SECONDS = 30.0
"""An honest peer gets here by an accident, and has to get out again; what a flood costs is no burden twice a minute."""

FORGIVEN_AFTER_TICKS = 15
"""Without a fault (of 20 s each: five minutes), the next pause is the first one again."""


class Fault(Enum):
    """How a peer has broken the rules."""

    UNREADABLE = auto()
    """It sent what the protocol does not allow."""
    EXCESSIVE = auto()
    """It sent more than is received from anyone."""
    UNFORESEEN = auto()
    """This page failed over what it sent, and which of the two is at fault is not known."""


class Penalty:
    """The pauses of one account."""

    def __init__(self, random: Callable[[], float]) -> None:
        self.fault: Fault | None = None
        """What is held against the account; None once it is forgiven."""
        self._backoff = Backoff(FIRST_SECONDS, CAP_SECONDS, random)
        self._seconds = 0.0
        self._quiet_ticks = 0

    @property
    def seconds(self) -> float:
        """How long the account was kept away the last time, and so is a peer of it that comes into the room."""
        return self._seconds

    def next_pause(self, fault: Fault) -> float:
        """Return how long to keep the account away for the fault that it has just made."""
        self.fault = fault
        self._quiet_ticks = 0
        self._seconds = self._backoff.next_delay()
        return self._seconds

    def ticked(self) -> None:
        """Some time has passed; call it about every 20 s."""
        self._quiet_ticks += 1
        if self._quiet_ticks >= FORGIVEN_AFTER_TICKS:
            self._backoff.reset()
            self.fault = None
