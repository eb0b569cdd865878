"""Opens the database in IndexedDB, in the version of today: an older one is brought to it on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

import js
from pyodide.ffi import JsException

from client_py.browser.clock import BrowserClock
from client_py.browser.indexed_db import ROWS, BrowserDatabase
from client_py.browser.indexed_db_errors import AT_OPENING, storage_failure, translated_errors
from client_py.browser.interop import Callbacks, from_null
from client_py.ports.storage import StorageFailed, StorageFault

NAME = "p2pchat"

OPEN_PATIENCE_SECONDS = 10.0
"""A slow disk takes a second or two; a tab that stands in the way of an upgrade may never give way."""

Step = Callable[["js.IDBDatabase", "js.IDBTransaction"], None]
"""Leads from one version to the next, within the transaction that it is given."""


def _create_rows(database: js.IDBDatabase, _transaction: js.IDBTransaction) -> None:
    database.createObjectStore(ROWS)


def _keep_items(_database: js.IDBDatabase, _transaction: js.IDBTransaction) -> None:
    """Change no row: a page of before reads texts alone, and so has to let go of what may hold more from now on."""


STEPS: tuple[Step, ...] = (_create_rows, _keep_items)
"""From nothing to the version of today, which is the number of steps. Those that were released stay as they are."""


class BrowserDatabases:
    """Implements `ports.Databases`; `steps` and `patience` are for the tests.

    `suffix` stands at the end of the name, and keeps apart what was said by way of one server and of another.
    """

    def __init__(
        self,
        callbacks: Callbacks,
        steps: Sequence[Step] = STEPS,
        patience: float = OPEN_PATIENCE_SECONDS,
        suffix: str = "",
    ) -> None:
        self._callbacks = callbacks
        self._name = NAME + suffix
        self._clock = BrowserClock(callbacks)
        self._steps = steps
        self._patience = patience

    async def open(self, closed: Callable[[], None]) -> BrowserDatabase:
        """Open the database of this site (IDBFactory.open), in the version of today."""
        try:
            return await self._open(closed)
        except StorageFailed as error:
            # Where a person blocks site data, Chromium speaks of an UnknownError here, and is clear only elsewhere.
            if error.fault is StorageFault.FAILED and not _may_keep():
                raise StorageFailed(StorageFault.FORBIDDEN) from error
            raise

    async def _open(self, closed: Callable[[], None]) -> BrowserDatabase:
        with translated_errors(AT_OPENING):
            factory = from_null(getattr(js, "indexedDB", None))
            if factory is None:
                raise StorageFailed(StorageFault.FORBIDDEN)
            opening = _Opening(factory.open(self._name, len(self._steps)), self._steps, closed, self._callbacks)
            stop_waiting = self._clock.call_later(self._patience, opening.give_up)
            try:
                return await opening.outcome
            except asyncio.CancelledError:
                opening.abandon()
                raise
            finally:
                stop_waiting()


def _may_keep() -> bool:
    """Tell whether the browser lets the page have storage at all (Window.localStorage)."""
    try:
        return from_null(js.localStorage) is not None
    except JsException:
        return False


class _Opening:
    """A request to open, until the end that the browser brings it to; nobody can take it back."""

    def __init__(
        self, request: js.IDBOpenDBRequest, steps: Sequence[Step], closed: Callable[[], None], callbacks: Callbacks
    ) -> None:
        self.outcome: asyncio.Future[BrowserDatabase] = asyncio.get_running_loop().create_future()
        self._request = request
        self._steps = steps
        self._closed = closed
        self._callbacks = callbacks
        self._is_blocked = False
        self._database: BrowserDatabase | None = None
        self._listeners = ExitStack()
        for event, listener in (
            ("upgradeneeded", self._upgrade),
            ("blocked", self._blocked),
            ("success", self._opened),
            ("error", self._failed),
        ):
            self._listeners.callback(callbacks.listen(request, event, listener))

    def give_up(self) -> None:
        """Let nobody wait any longer."""
        if not self.outcome.done():
            self.outcome.set_exception(StorageFailed(StorageFault.BLOCKED if self._is_blocked else StorageFault.SILENT))

    def abandon(self) -> None:
        """Nobody wants it any more."""
        if self._database is not None:
            self._database.close()

    def _upgrade(self, event: Any) -> None:
        transaction = self._request.transaction
        try:
            for step in self._steps[event.oldVersion :]:
                step(self._request.result, transaction)
        except BaseException:
            transaction.abort()
            raise

    def _blocked(self, _event: Any) -> None:
        self._is_blocked = True

    def _opened(self, _event: Any) -> None:
        self._listeners.close()
        # At once, so that no `versionchange` is missed.
        self._database = BrowserDatabase(self._request.result, self._closed, self._callbacks)
        if self.outcome.done():
            self._database.close()
        else:
            self.outcome.set_result(self._database)

    def _failed(self, event: Any) -> None:
        event.preventDefault()  # or Firefox reports it as an error of the page
        self._listeners.close()
        if not self.outcome.done():
            self.outcome.set_exception(storage_failure(self._request.error, AT_OPENING))
