"""Names that one page at a time holds, by navigator.locks."""

from __future__ import annotations

import asyncio
from typing import Any

import js
from pyodide.ffi import JsException, create_once_callable, create_proxy

from client_py.browser.interop import from_null, js_object
from client_py.ports.disposal import Dispose
from client_py.ports.storage import StorageFailed, StorageFault


class BrowserLocks:
    """Implements `ports.Locks`."""

    @property
    def supported(self) -> bool:
        """Whether this browser has Web Locks for this page (only in a secure context)."""
        return hasattr(js.navigator, "locks")

    async def claim(self, name: str, patience: float) -> Dispose | None:
        """Take a name (LockManager.request); None if another page still holds it after `patience` seconds.

        StorageFailed if the browser refuses, since a page that cannot tell itself from its others may keep nothing.
        """
        claim = _Claim(name, patience)
        try:
            return claim.release if await claim.outcome else None
        except asyncio.CancelledError:
            claim.release()
            raise


class _Claim:
    """One request for a lock. The lock is held until a promise is resolved, which `release` does."""

    def __init__(self, name: str, patience: float) -> None:
        self.outcome: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._resolve: Any = None
        self._held = js.Promise.new(create_once_callable(self._keep_resolve))
        self._granted_proxy = create_proxy(self._granted)
        # A wait of no time at all would end before the browser has looked.
        how = {"signal": js.AbortSignal.timeout(round(patience * 1000))} if patience else {"ifAvailable": True}
        # `then` frees what it is given by itself.
        js.navigator.locks.request(name, js_object(how), self._granted_proxy).then(self._ended, self._refused)

    def release(self) -> None:
        """Let go of the lock, or of the wish for it; twice does no harm."""
        self._resolve(None)

    def _keep_resolve(self, resolve: Any, _reject: Any) -> None:
        self._resolve = resolve

    def _granted(self, lock: Any) -> Any:
        is_granted = from_null(lock) is not None
        if not self.outcome.done():
            self.outcome.set_result(is_granted)
        return self._held if is_granted else None

    def _ended(self, _result: object) -> None:
        """The lock is free again, or another page has it."""
        self._granted_proxy.destroy()

    def _refused(self, error: JsException) -> None:
        """The time was over, or the browser has no locks for this page."""
        self._granted_proxy.destroy()
        if self.outcome.done():
            return
        if error.name == "TimeoutError":
            self.outcome.set_result(False)
        else:
            self.outcome.set_exception(StorageFailed(StorageFault.NO_LOCKS, f"{error.name}: {error.message}"))
