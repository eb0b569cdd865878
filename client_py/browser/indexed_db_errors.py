"""What IndexedDB's errors mean, as `ports.StorageFailed` has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pyodide.ffi import JsException

from client_py.browser.interop import from_null
from client_py.ports.storage import StorageFailed, StorageFault

AT_OPENING = {
    "InvalidStateError": StorageFault.FORBIDDEN,  # Firefox, while it browses privately
    "QuotaExceededError": StorageFault.FULL,
    "SecurityError": StorageFault.FORBIDDEN,
    "VersionError": StorageFault.NEWER,
}
IN_USE = {"InvalidStateError": StorageFault.CLOSED, "QuotaExceededError": StorageFault.FULL}


@contextmanager
def translated_errors(faults: Mapping[str, StorageFault]) -> Iterator[None]:
    """Raise what the browser raises as a StorageFailed."""
    try:
        yield
    except JsException as error:
        raise storage_failure(error, faults) from error


def storage_failure(error: Any, faults: Mapping[str, StorageFault]) -> StorageFailed:
    """Say what a DOMException means, which Pyodide may not take for an exception (Chromium's QuotaExceededError)."""
    if from_null(error) is None:
        return StorageFailed(StorageFault.CLOSED)
    # One without a stack is wrapped into an Error of Pyodide's own, which names it in its message.
    for name, fault in faults.items():
        if name == error.name or name in error.message:
            return StorageFailed(fault)
    return StorageFailed(StorageFault.FAILED, f"{error.name}: {error.message}")
