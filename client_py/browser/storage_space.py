"""How much room the browser has for this site, by navigator.storage."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import js
from pyodide.ffi import JsException

from client_py.ports.storage import Space

PATIENCE_SECONDS = 5.0
"""For the browser to say it; it counts what is on the disk."""
ASKING_SECONDS = 120.0
"""For the person, whom Firefox asks."""


class BrowserStorageSpace:
    """Implements `ports.StorageSpace`."""

    async def look(self) -> Space:
        """Return how much there is, and is in use (StorageManager.estimate, persisted)."""
        storage = getattr(js.navigator, "storage", None)  # only in a secure context
        if storage is None:
            return Space()
        estimate = await _within(PATIENCE_SECONDS, storage.estimate())
        is_persisted = await _within(PATIENCE_SECONDS, storage.persisted())
        return Space(
            getattr(estimate, "usage", None),
            getattr(estimate, "quota", None),
            is_persisted if isinstance(is_persisted, bool) else None,
        )

    async def persist(self) -> None:
        """Ask the browser to delete nothing by itself (StorageManager.persist)."""
        storage = getattr(js.navigator, "storage", None)
        if storage is not None:
            await _within(ASKING_SECONDS, storage.persist())


async def _within(seconds: float, promise: Awaitable[Any]) -> Any:
    """Return what a promise comes to, or None where the browser refuses or does not answer."""
    try:
        async with asyncio.timeout(seconds):
            return await promise
    except (JsException, TimeoutError):
        return None
