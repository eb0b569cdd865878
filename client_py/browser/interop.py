"""Crosses the border to JavaScript: values, null, and callbacks whose proxies are destroyed where they were made."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any

import js
from pyodide.ffi import JsProxy, create_proxy, jsnull, to_js

from client_py.ports.disposal import Dispose

Failed = Callable[[BaseException], None]


def log_failure(error: BaseException) -> None:
    """Write an error that nobody foresaw to the browser's console."""
    try:
        text = "".join(traceback.format_exception(error))
    except Exception:  # noqa: BLE001 - the lines of the source may not be there, and the error counts for more
        text = repr(error)
    js.console.error(text)


class Callbacks:
    """Makes JavaScript callbacks that report their failures; JavaScript itself would only log them."""

    def __init__(self, failed: Failed = log_failure) -> None:
        self.failed = failed

    def guard(self, callback: Callable[..., None]) -> Callable[..., None]:
        """Return the callback with its failures reported."""

        def guarded(*arguments: Any) -> None:
            try:
                callback(*arguments)
            except Exception as error:  # noqa: BLE001 - the last place in which Python can see it
                self.failed(error)

        return guarded

    def call_once(
        self, begin: Callable[[Any], int], call_off: Callable[[int], None], callback: Callable[[], None]
    ) -> Dispose:
        """Call back once for what `begin` is given a function to call, unless disposed of before."""
        done = False

        def dispose() -> None:
            nonlocal done
            if not done:
                done = True
                call_off(number)
                proxy.destroy()

        def fire(*_arguments: Any) -> None:
            dispose()
            callback()

        proxy = create_proxy(self.guard(fire))
        number = begin(proxy)
        return dispose

    def hold(self, callback: Callable[..., None]) -> tuple[JsProxy, Dispose]:
        """Return a JavaScript function that calls back, and what lets go of it."""
        proxy = create_proxy(self.guard(callback))
        return proxy, proxy.destroy

    def listen(self, target: js.EventTarget, event: str, callback: Callable[[Any], None]) -> Dispose:
        """Call back for an event (EventTarget.addEventListener) until disposed of."""
        proxy = create_proxy(self.guard(callback))
        target.addEventListener(event, proxy)
        disposed = False

        def dispose() -> None:
            nonlocal disposed
            if not disposed:
                disposed = True
                target.removeEventListener(event, proxy)
                proxy.destroy()

        return dispose


def js_object(value: Mapping[str, Any]) -> Any:
    """Return a JavaScript object; keys whose value is None are left out, as if they were `undefined`."""
    present = {key: item for key, item in value.items() if item is not None}
    return to_js(present, dict_converter=js.Object.fromEntries)


def from_null(value: Any) -> Any:
    """Return None for JavaScript's null, which Pyodide keeps apart from undefined."""
    return None if value is jsnull else value
