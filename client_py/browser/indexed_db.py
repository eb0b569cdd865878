"""Rows in IndexedDB, read and changed in transactions; `indexed_db_opening.py` opens the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import js
from pyodide.ffi import JsProxy, create_proxy, to_js

from client_py.browser.indexed_db_errors import IN_USE, storage_failure, translated_errors
from client_py.browser.interop import Callbacks, from_null, js_object
from client_py.ports.storage import Append, Change, Key, Put, Remove, RemoveAll

ROWS = "rows"
"""The one object store: a text under each array that is a key."""

DURABILITY = "strict"
"""On the disk before `complete`, since an acknowledgement promises that a message is stored, come a power cut.

Measured in Chromium and Firefox, it is one fdatasync (1 ms on an SSD) for each transaction; "relaxed" has none."""


class BrowserDatabase:
    """Implements `ports.Database`."""

    def __init__(self, database: js.IDBDatabase, closed: Callable[[], None], callbacks: Callbacks) -> None:
        self._database = database
        self._closed = closed
        self._listeners = ExitStack()
        # Another tab waits to open a newer version; or the person has cleared what the browser keeps.
        for event in ("versionchange", "close"):
            self._listeners.callback(callbacks.listen(database, event, self._taken_away))

    async def write(self, changes: Sequence[Change]) -> Sequence[Key | None]:
        """Make all changes or none, in their order (IDBObjectStore.put and delete in one transaction)."""
        if not changes:
            return []
        outcomes: list[Key | None] = []
        async with self._transaction("readwrite") as transaction:
            changing = _Changing(changes, transaction.store)

            def make() -> None:
                outcomes.extend(changing.make())
                transaction.commit()

            if changing.last_request is None:
                make()
            else:
                transaction.after(changing.last_request, make)
        return outcomes

    async def get(self, keys: Sequence[Key]) -> Sequence[str | None]:
        """Return the values of some keys (IDBObjectStore.get)."""
        if not keys:
            return []
        async with self._transaction("readonly") as transaction:
            requests = [transaction.store.get(to_js(key)) for key in keys]
            transaction.commit()
        return [_text_or_none(request.result) for request in requests]

    async def read(
        self,
        prefix: Key,
        *,
        before: Key | None = None,
        after: Key | None = None,
        newest: int | None = None,
        oldest: int | None = None,
    ) -> Sequence[tuple[Key, str]]:
        """Return the rows whose key begins like this, in order (IDBObjectStore.getAll)."""
        # An array sorts after every number and text, so this comes after every key that goes on where the prefix ends.
        lower, upper = to_js(prefix), to_js([*prefix, []])
        if before is not None and js.indexedDB.cmp(to_js(before), upper) < 0:
            upper = to_js(before)
        is_after = after is not None and js.indexedDB.cmp(to_js(after), lower) >= 0
        if is_after:
            lower = to_js(after)
        if js.indexedDB.cmp(lower, upper) >= 0:
            return []
        requests: list[js.IDBRequest] = []
        count = () if oldest is None else (oldest,)
        async with self._transaction("readonly") as transaction:
            store = transaction.store

            def read(bounds: JsProxy) -> None:
                requests.extend((store.getAllKeys(bounds, *count), store.getAll(bounds, *count)))
                transaction.commit()

            every = _bounds(lower, upper, without_lower=is_after)
            if newest is None:
                read(every)
            else:
                _find_newest(transaction, every, newest, lambda first: read(_bounds(first, upper) if first else every))
        # No deeper than our keys and texts are, whatever else stands there.
        keys, values = [request.result.to_py(depth=depth) for request, depth in zip(requests, (2, 1), strict=True)]
        return [(tuple(key), _text_or_none(value) or "") for key, value in zip(keys, values, strict=True)]

    def close(self) -> None:
        """Let go of it; what is being written is still written (IDBDatabase.close)."""
        self._listeners.close()
        self._database.close()

    @asynccontextmanager
    async def _transaction(self, mode: str) -> AsyncIterator[_Transaction]:
        """Yield a transaction, and wait until it is through; nothing may be awaited in between, or it ends early."""
        with translated_errors(IN_USE):
            transaction = _Transaction(self._database, mode)
            try:
                yield transaction
            except BaseException:
                transaction.abandon()
                raise
            await transaction.ended

    def _taken_away(self, _event: Any) -> None:
        self.close()
        self._closed()


class _Transaction:
    """A transaction, with one proxy for all that it tells, since a proxy for each request would cost more than that."""

    def __init__(self, database: js.IDBDatabase, mode: str) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transaction = database.transaction(ROWS, mode, js_object({"durability": DURABILITY}))
        self.store = self._transaction.objectStore(ROWS)
        self._next: Callable[[], None] = lambda: None
        self._proxy = create_proxy(self._told)
        self._transaction.oncomplete = self._proxy
        self._transaction.onabort = self._proxy

    def after(self, request: js.IDBRequest, step: Callable[[], None]) -> None:
        """Go on once a request has its result; it must be the last one, for those before have theirs then too."""
        self._next = step
        request.onsuccess = self._proxy

    def commit(self) -> None:
        """Ask for nothing more (IDBTransaction.commit)."""
        self._transaction.commit()

    def abandon(self, error: BaseException | None = None) -> None:
        """Undo everything; who waits for the end gets the error."""
        if not self.ended.done():
            self.ended.set_exception(error) if error is not None else self.ended.cancel()
        self._transaction.abort()

    def _told(self, event: Any) -> None:
        if event.type == "success":
            try:
                self._next()
            except BaseException as error:  # noqa: BLE001 - it is raised where the transaction is awaited
                self.abandon(error)
            return
        self._proxy.destroy()
        if not self.ended.done():
            if event.type == "complete":
                self.ended.set_result(None)
            else:
                self.ended.set_exception(storage_failure(self._transaction.error, IN_USE))


class _Changing:
    """Changes that are made in one transaction, once all that they depend on was asked for, and is there."""

    def __init__(self, changes: Sequence[Change], store: js.IDBObjectStore) -> None:
        self._changes = changes
        self._store = store
        conditions = {key for change in changes if isinstance(change, Put | Append) for key in change.unless}
        appended = [change for change in changes if isinstance(change, Append)]
        indexes = {change.index for change in appended}
        # Of those that append to one list, the one that counts from the lowest number looks at all of it.
        lists = {each.prefix: each for each in sorted(appended, key=lambda each: each.numbers.start, reverse=True)}
        self._found = {key: store.getKey(to_js(key)) for key in conditions}
        self._indexes = {key: store.get(to_js(key)) for key in indexes}
        self._ends = {prefix: _open_at_end(store, change) for prefix, change in lists.items()}
        requests = [*self._found.values(), *self._indexes.values(), *self._ends.values()]
        self.last_request = requests[-1] if requests else None
        """Those before have their results by the time that it has; None if nothing had to be asked for."""
        self._present: set[Key] = set()
        """Of the keys that are asked for, those that have a row before the change that asks."""
        self._numbers: dict[Key, str | None] = {}
        """What stands in the indexes."""
        self._greatest: dict[Key, int | None] = {}
        """The greatest number that is taken, by the prefix of the list."""

    def make(self) -> Iterator[Key | None]:
        """Make the changes, and say of each what `Database.write` says of it."""
        self._present = {key for key, request in self._found.items() if request.result is not None}
        self._numbers = {key: _text_or_none(request.result) for key, request in self._indexes.items()}
        self._greatest = {prefix: _number_at(request, len(prefix)) for prefix, request in self._ends.items()}
        for change in self._changes:
            match change:
                case Put(key, value, unless):
                    yield self._put(key, value) if self._present.isdisjoint(unless) else None
                case Append():
                    yield self._append(change) if self._present.isdisjoint(change.unless) else None
                case Remove(key):
                    self._store.delete(to_js(key))
                    self._present.discard(key)
                    yield key
                case RemoveAll(prefix):
                    self._store.delete(_bounds(to_js(prefix), to_js([*prefix, []])))
                    self._present -= {key for key in self._present if key[: len(prefix)] == prefix}
                    yield prefix

    def _put(self, key: Key, value: str) -> Key:
        self._store.put(value, to_js(key))
        self._present.add(key)
        return key

    def _append(self, change: Append) -> Key:
        number = change.number_in(self._numbers[change.index])
        if number is not None:
            return change.key(number)
        number = self._greatest[change.prefix] = change.number_after(self._greatest[change.prefix])
        self._put(change.index, index := str(number))
        self._numbers[change.index] = index
        return self._put(change.key(number), change.value)


def _open_at_end(store: js.IDBObjectStore, change: Append) -> js.IDBRequest:
    """Look for the last key of a list that has one of its numbers (IDBObjectStore.openKeyCursor)."""
    lower, upper = ([*change.prefix, end] for end in (change.numbers.start, change.numbers.stop))
    return store.openKeyCursor(_bounds(to_js(lower), to_js(upper)), "prev")


def _number_at(request: js.IDBRequest, place: int) -> int | None:
    """Return the number in the key that was found, if one was; of one that is no whole number, what comes before it."""
    cursor = from_null(request.result)
    return None if cursor is None else int(cursor.key[place])


def _find_newest(transaction: _Transaction, bounds: JsProxy, count: int, found: Callable[[Any | None], None]) -> None:
    """Find the first key of the last `count`, without reading those before it; None if there are fewer."""
    request = transaction.store.openKeyCursor(bounds, "prev")
    to_skip = count - 1

    def look() -> None:
        nonlocal to_skip
        cursor = from_null(request.result)
        if cursor is not None and to_skip:
            steps, to_skip = to_skip, 0
            cursor.advance(steps)
        else:
            found(None if cursor is None else cursor.key)

    transaction.after(request, look)


def _text_or_none(value: Any) -> str | None:
    """Return a row; where something else stands than a text, which nobody of ours has written, an empty one."""
    return None if value is None else value if isinstance(value, str) else ""


def _bounds(lower: JsProxy, upper: JsProxy, *, without_lower: bool = False) -> JsProxy:
    return js.IDBKeyRange.bound(lower, upper, without_lower, True)  # noqa: FBT003 - always without the upper one
