"""Decides how many messages one connection may send in a time. No clock."""

from __future__ import annotations

import math

from limits import RateLimitItem


class MessageLimit:
    """The limit on one connection's messages, in a moving window like the others; it neither waits nor is shared."""

    __slots__ = ("_amount", "_first", "_moments", "_seconds")

    def __init__(self, item: RateLimitItem) -> None:
        self._amount = item.amount
        self._seconds = item.get_expiry()
        # Those from `_first` on count. A list, since an empty deque is as large as all the rest of a connection.
        self._moments: list[float] = []
        self._first = 0

    def spend(self, now: float) -> int | None:
        """Count a message; or give the seconds to wait, and count nothing, if that would be too many."""
        moments, first, expired = self._moments, self._first, now - self._seconds
        while first < len(moments) and moments[first] <= expired:
            first += 1
        if first > len(moments) // 2:
            del moments[:first]
            first = 0
        self._first = first
        if len(moments) - first >= self._amount:
            return max(1, math.ceil(moments[first] - expired))
        moments.append(now)
        return None
