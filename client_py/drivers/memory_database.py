"""Keeps rows in the page's memory: where a person wants nothing kept, and where the browser cannot."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from client_py.ports import Change, Key, Put, Remove


class MemoryDatabase:
    """Implements `ports.Database`; what is in it goes with the page."""

    def __init__(self) -> None:
        self._rows: dict[Key, str] = {}

    async def write(self, changes: Sequence[Change]) -> Sequence[bool]:
        """Make all changes, in their order."""
        return [self._make(change) for change in changes]

    async def get(self, keys: Sequence[Key]) -> Sequence[str | None]:
        """Give the values of some keys."""
        return [self._rows.get(key) for key in keys]

    async def read(
        self, prefix: Key, *, before: Key | None = None, newest: int | None = None
    ) -> Sequence[tuple[Key, str]]:
        """Give the rows whose key begins like this, in order."""
        keys = sorted((key for key in self._rows if _lies_under(key, prefix)), key=_order)
        if before is not None:
            keys = keys[: bisect_left(keys, _order(before), key=_order)]
        return [(key, self._rows[key]) for key in (keys if newest is None else keys[max(0, len(keys) - newest) :])]

    def close(self) -> None:
        """Nothing is to be let go of."""

    def _make(self, change: Change) -> bool:
        if isinstance(change, Put):
            if change.unless in self._rows:
                return False
            self._rows[change.key] = change.value
        elif isinstance(change, Remove):
            self._rows.pop(change.key, None)
        else:
            for key in [key for key in self._rows if _lies_under(key, change.prefix)]:
                del self._rows[key]
        return True


def _lies_under(key: Key, prefix: Key) -> bool:
    return key[: len(prefix)] == prefix


def _order(key: Key) -> tuple[tuple[bool, str | int], ...]:
    """Give what sorts keys as IndexedDB does: numbers before texts."""
    return tuple((isinstance(part, str), part) for part in key)
