"""Decides for how long an address that goes on misbehaving is refused, without a clock."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from signaling.rate_limits.budgets import Budget, Rate

OFFENCES = Rate.of(60, 60.0)
"""What an address may be guilty of, in points: many people share an address, and the logins of some have ended."""
BAD_TOKEN, HASTE, MALFORMED, UNFINISHED, FLOOD = 1, 1, 1, 5, 25
"""Points: a handshake with a bad token, one over the limit, a request that cannot be read, a message that did not end
or was one too many, and frames over the limit. The third flood of a minute is too many."""
FIRST_SECONDS, MOST_SECONDS = 10.0, 600.0
"""The first refusal is over before honest people at the same address give up; each further one is twice as long."""
LEAST_PART = 0.7
"""Of a refusal's length, by whose it is: those who began together should not come back in one moment."""
FORGIVEN_SECONDS = 1800.0
"""After so long without a refusal, the next one is as short as the first."""


@dataclass(frozen=True, slots=True)
class KeptPenalty:
    """How long the last refusal was, and in how many seconds it ends: below zero if it ended that long ago."""

    seconds: float
    seconds_left: float


class Penalty:
    """The offences of one address or network."""

    __slots__ = ("_offences", "_part", "_rate", "_seconds", "_until")

    def __init__(self, offences: Rate = OFFENCES, part: float = 1.0) -> None:
        self._rate = offences
        self._part = part
        self._offences = Budget(offences)
        self._seconds = 0.0
        self._until = 0.0

    def offend(self, now: float, points: int) -> bool:
        """Count an offence; tell whether it was one too many, and a refusal begins."""
        if now < self._until or not self._offences.spend(now, points):
            return False
        self._seconds = FIRST_SECONDS if self._is_forgiven(now) else min(2 * self._seconds, MOST_SECONDS)
        self._until = now + self._part * self._seconds
        self._offences = Budget(self._rate)
        return True

    def seconds_left(self, now: float) -> float:
        """Return for how long everyone from there is refused; 0 if nobody is."""
        return max(0.0, self._until - now)

    def kept(self, now: float) -> KeptPenalty | None:
        """Return what a restart should not undo; None if nothing is held against them but single offences."""
        return None if self._is_forgiven(now) else KeptPenalty(self._seconds, self._until - now)

    def restore(self, kept: KeptPenalty, now: float) -> None:
        """Go on where a process has ended."""
        self._seconds, self._until = kept.seconds, now + kept.seconds_left

    def is_clean(self, now: float) -> bool:
        """Tell whether nothing is held against them any more."""
        return self._is_forgiven(now) and self._offences.is_full(now)

    def _is_forgiven(self, now: float) -> bool:
        return self._seconds == 0.0 or now >= self._until + FORGIVEN_SECONDS


def part_for(name: str) -> float:
    """Return what part of its full length a refusal lasts for the holder of this name."""
    return LEAST_PART + (1 - LEAST_PART) * zlib.crc32(name.encode()) / 2**32
