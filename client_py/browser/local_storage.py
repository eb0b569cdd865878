"""Small strings in localStorage, or in sessionStorage."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import js
from pyodide.ffi import JsException

from client_py.browser.interop import from_null

PREFIX = "p2pchat."
"""With which all our keys begin."""


class StorageMissing(Exception):
    """Raised where the browser has no such storage for this page."""


class BrowserStore:
    """Implements `ports.Store`; where the browser forbids the storage, or it is full, the page's memory stands in."""

    def __init__(self, storage: Literal["localStorage", "sessionStorage"] = "localStorage", suffix: str = "") -> None:
        self._storage = storage
        self._suffix = suffix
        """Stands at the end of every key, and keeps apart what belongs to one server and what to another."""
        self._memory: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        """Return what was put under a key, or None."""
        if key in self._memory:
            return self._memory[key]
        try:
            value: str | None = from_null(self._items.getItem(key + self._suffix))
        except (JsException, StorageMissing):
            value = None
        return value

    def put(self, key: str, value: str) -> None:
        """Keep a string under a key."""
        try:
            self._items.setItem(key + self._suffix, value)
        except (JsException, StorageMissing):
            self._memory[key] = value
        else:
            self._memory.pop(key, None)

    def remove(self, key: str) -> None:
        """Forget a key; no error if there is none."""
        self._memory.pop(key, None)
        try:
            self._items.removeItem(key + self._suffix)
        except (JsException, StorageMissing):
            return  # it could not be written there either

    def keys(self) -> Iterable[str]:
        """Return all keys of this page and its server."""
        try:
            found: list[str] = js.Object.keys(self._items).to_py()
        except (JsException, StorageMissing):
            found = []
        names = (
            key.removesuffix(self._suffix) for key in found if key.startswith(PREFIX) and key.endswith(self._suffix)
        )
        # Those of another server at this origin go on after a space, which is in no key.
        return {*(name for name in names if " " not in name), *self._memory}

    @property
    def _items(self) -> js.Storage:
        # Where storage is forbidden, already looking at it throws; a setting of Firefox leaves null in its place.
        items: js.Storage | None = from_null(getattr(js, self._storage, None))
        if items is None:
            raise StorageMissing(self._storage)
        return items
