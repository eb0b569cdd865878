"""What this browser keeps, for the page and for its other tabs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from client_py.ports.disposal import Dispose


class Store(Protocol):
    """Small strings that stay in this browser (localStorage), or in the page where the browser forbids that."""

    def get(self, key: str) -> str | None:
        """Return what was put under a key, or None."""
        ...

    def put(self, key: str, value: str) -> None:
        """Keep a string under a key."""
        ...

    def remove(self, key: str) -> None:
        """Forget a key; no error if there is none."""
        ...

    def keys(self) -> Iterable[str]:
        """Return all keys that this page has put here, on whatever visit."""
        ...


Key = tuple[str | int, ...]
"""Keys are ordered part by part, numbers before texts, and a key before those that go on where it ends."""


@dataclass(frozen=True, slots=True)
class Put:
    """Write a row, in the place of the one that may be there."""

    key: Key
    value: str
    unless: tuple[Key, ...] = ()
    """Not if there is a row of any of these keys already; `write` tells whether there was."""


@dataclass(frozen=True, slots=True)
class Append:
    """Write a row at the end of a list, whose keys are a prefix, a number, and a name.

    The number is allotted within the transaction: a page that counted for itself would not know of its other tabs.
    Nothing else of the list is changed in the same transaction, and the numbers of all that append to it end alike.
    """

    prefix: Key
    name: str
    value: str
    numbers: range
    """The number is the one after the greatest of these that is taken, or the first; the last may be taken twice."""
    index: Key
    """A row that says the number. Where there is one already, the row is in the list, and is not written again."""
    unless: tuple[Key, ...] = ()
    """As `Put` has it."""

    def key(self, number: int) -> Key:
        """Return the key under which the row stands."""
        return (*self.prefix, number, self.name)

    def number_in(self, index: str | None) -> int | None:
        """Read what stands in the index; None if that is no number of the list, or one that it cannot have."""
        if index is None or not (index.isascii() and index.isdigit()) or len(index) > len(str(self.numbers.stop)):
            return None
        number = int(index)
        return number if number < self.numbers.stop else None

    def number_after(self, greatest: int | None) -> int:
        """Return the number to allot, where this is the greatest that is taken (None if there is none)."""
        if greatest is None or greatest < self.numbers.start:
            return self.numbers.start
        return min(greatest + 1, self.numbers[-1])


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove a row; no error if there is none."""

    key: Key


@dataclass(frozen=True, slots=True)
class RemoveAll:
    """Remove every row whose key begins like this."""

    prefix: Key


Change = Put | Append | Remove | RemoveAll


class StorageFault(StrEnum):
    """Why a browser cannot keep things."""

    FORBIDDEN = "forbidden"
    """Private browsing, or blocked cookies."""
    FULL = "full"
    """There is no room left."""
    NEWER = "newer"
    """A newer version of the page has been here, and its rows cannot be read."""
    BLOCKED = "blocked"
    """An older version of the page is open in another tab, and lets nobody upgrade the database."""
    SILENT = "silent"
    """The browser does not answer."""
    CLOSED = "closed"
    """The browser has closed the database, and says no more."""
    NO_LOCKS = "no-locks"
    """The browser does not let a page know of its other tabs; `reason` says what it said."""
    FAILED = "failed"
    """Something that nobody foresaw; `reason` says what."""


class StorageFailed(Exception):
    """Raised by `Database` and `Locks` when the browser cannot keep things; `reason` is in the browser's own words."""

    def __init__(self, fault: StorageFault, reason: str = "") -> None:
        super().__init__(fault, reason)
        self.fault = fault
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.fault}: {self.reason}" if self.reason else self.fault


class Database(Protocol):
    """Rows of text under keys, which stay in this browser (IndexedDB). Every operation may raise StorageFailed."""

    async def write(self, changes: Sequence[Change]) -> Sequence[Key | None]:
        """Make all changes or none, in their order.

        Returns for each the key (or prefix) that it was about; None for one that was not made (see `Put.unless`).
        """
        ...

    async def get(self, keys: Sequence[Key]) -> Sequence[str | None]:
        """Return the values of some keys, None where there is no row."""
        ...

    async def read(
        self,
        prefix: Key,
        *,
        before: Key | None = None,
        after: Key | None = None,
        newest: int | None = None,
        oldest: int | None = None,
    ) -> Sequence[tuple[Key, str]]:
        """Return the rows whose key begins like this, in order.

        Only those before or after a key, and only that many of the last or (not both) of the first, where asked.
        """
        ...

    def close(self) -> None:
        """Let go of it; what is being written is still written."""
        ...


class Databases(Protocol):
    """Opens what this browser keeps."""

    async def open(self, closed: Callable[[], None]) -> Database:
        """Open it; StorageFailed where the browser has none. `closed` is called if it is taken away later."""
        ...


class Locks(Protocol):
    """Names that one page at a time can hold, among all of this site in this browser (Web Locks)."""

    @property
    def supported(self) -> bool:
        """Whether this browser has them, for this page."""
        ...

    async def claim(self, name: str, patience: float) -> Dispose | None:
        """Take a name, until disposed of or the page is gone; None if another page still holds it after `patience` s.

        StorageFailed if the browser refuses altogether.
        """
        ...


@dataclass(frozen=True, slots=True)
class Space:
    """How much room there is, in bytes; None where the browser does not say."""

    used: float | None = None
    quota: float | None = None
    is_persisted: bool | None = None
    """Whether the browser has promised to delete nothing by itself."""


class StorageSpace(Protocol):
    """What a browser says of the room that this site has in it (the Storage Standard)."""

    async def look(self) -> Space:
        """Return how much there is, and is in use."""
        ...

    async def persist(self) -> None:
        """Ask the browser to delete nothing by itself; it may ask the person, and decides."""
        ...
