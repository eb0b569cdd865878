"""Keeps rows in the page's memory: where a person wants nothing kept, and where the browser cannot."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

from client_py.ports.storage import Append, Change, Key, Put, Remove

Order = tuple[tuple[bool, str | int], ...]
"""What sorts keys as IndexedDB does: numbers before texts."""


class MemoryDatabase:
    """Implements `ports.Database`; what is in it goes with the page."""

    def __init__(self) -> None:
        self._rows: dict[Key, str] = {}
        self._sorted: list[tuple[Order, Key]] = []
        """The keys in their order, since a page may come to hold very many, and looks at a few."""

    async def write(self, changes: Sequence[Change]) -> Sequence[Key | None]:
        """Make all changes, in their order."""
        return [self._make(change) for change in changes]

    async def get(self, keys: Sequence[Key]) -> Sequence[str | None]:
        """Return the values of some keys."""
        return [self._rows.get(key) for key in keys]

    async def read(
        self,
        prefix: Key,
        *,
        before: Key | None = None,
        after: Key | None = None,
        newest: int | None = None,
        oldest: int | None = None,
    ) -> Sequence[tuple[Key, str]]:
        """Return the rows whose key begins like this, in order."""
        start, end = self._range(prefix)
        if after is not None:
            start = max(start, bisect_right(self._sorted, _order(after), key=_order_of))
        if before is not None:
            end = min(end, bisect_left(self._sorted, _order(before), key=_order_of))
        if newest is not None:
            start = max(start, end - newest)
        if oldest is not None:
            end = min(end, start + oldest)
        return [(key, self._rows[key]) for _, key in self._sorted[start : max(start, end)]]

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def _make(self, change: Change) -> Key | None:
        if isinstance(change, Put):
            if self._has_any(change.unless):
                return None
            self._put(change.key, change.value)
            return change.key
        if isinstance(change, Append):
            return None if self._has_any(change.unless) else self._append(change)
        if isinstance(change, Remove):
            if self._rows.pop(change.key, None) is not None:
                del self._sorted[bisect_left(self._sorted, _order(change.key), key=_order_of)]
            return change.key
        start, end = self._range(change.prefix)
        for _, key in self._sorted[start:end]:
            del self._rows[key]
        del self._sorted[start:end]
        return change.prefix

    def _has_any(self, keys: Sequence[Key]) -> bool:
        return any(key in self._rows for key in keys)

    def _put(self, key: Key, value: str) -> None:
        if key not in self._rows:
            insort(self._sorted, (_order(key), key))
        self._rows[key] = value

    def _append(self, change: Append) -> Key:
        number = change.number_in(self._rows.get(change.index))
        if number is None:
            number = change.number_after(self._greatest(change))
            self._put(change.key(number), change.value)
            self._put(change.index, str(number))
        return change.key(number)

    def _greatest(self, change: Append) -> int | None:
        """Return the greatest number that is taken."""
        lower, upper = (_order((*change.prefix, end)) for end in (change.numbers.start, change.numbers.stop))
        place = bisect_left(self._sorted, upper, key=_order_of) - 1
        if place < 0 or self._sorted[place][0] < lower:
            return None
        number = self._sorted[place][1][len(change.prefix)]
        return None if isinstance(number, str) else number

    def _range(self, prefix: Key) -> tuple[int, int]:
        """Return where the keys that begin like this stand."""
        order = _order(prefix)
        start = bisect_left(self._sorted, order, key=_order_of)
        return start, bisect_right(self._sorted, order, start, key=lambda item: item[0][: len(order)])


def _order(key: Key) -> Order:
    return tuple((isinstance(part, str), part) for part in key)


def _order_of(item: tuple[Order, Key]) -> Order:
    return item[0]
