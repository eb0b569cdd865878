"""Small strings in localStorage."""

from __future__ import annotations

import js
from pyodide.ffi import JsException

from client_py.browser.interop import from_null


class BrowserStore:
    """Implements `ports.Store`; where the browser forbids localStorage, or it is full, the page's memory stands in."""

    def __init__(self) -> None:
        self._memory: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        """Give what was put under a key, or None."""
        try:
            value: str | None = from_null(js.localStorage.getItem(key))
        except JsException:
            value = None
        return self._memory.get(key) if value is None else value

    def put(self, key: str, value: str) -> None:
        """Keep a string under a key."""
        try:
            js.localStorage.setItem(key, value)
        except JsException:
            self._memory[key] = value

    def remove(self, key: str) -> None:
        """Forget a key; no error if there is none."""
        self._memory.pop(key, None)
        try:
            js.localStorage.removeItem(key)
        except JsException:
            return  # it could not be written there either
