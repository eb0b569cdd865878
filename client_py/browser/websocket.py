"""WebSockets to the server that this page belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import js
from pyodide.ffi import to_js

from client_py.browser.interop import Callbacks
from client_py.browser.server_endpoint import Server
from client_py.ports.server import SocketCallbacks


class BrowserSocket:
    """Implements `ports.Socket`."""

    def __init__(self, url: str, subprotocols: Sequence[str], callbacks: SocketCallbacks, guard: Callbacks) -> None:
        self._socket = js.WebSocket.new(url, to_js(list(subprotocols)))
        self._callbacks = callbacks
        self._listeners = ExitStack()
        for event, listener in (("open", self._opened), ("message", self._received), ("close", self._closed)):
            self._listeners.callback(guard.listen(self._socket, event, listener))

    def send(self, text: str) -> None:
        """Send text; dropped silently once the socket is closing (WebSocket.send)."""
        if self._socket.readyState == js.WebSocket.OPEN:
            self._socket.send(text)

    def close(self) -> None:
        """Close it, without any callback more (WebSocket.close)."""
        self._listeners.close()
        self._socket.close()

    def _opened(self, _event: Any) -> None:
        self._callbacks.opened()

    def _received(self, event: Any) -> None:
        # A binary message is none of the protocol's: the codec refuses the empty text in its place.
        self._callbacks.received(event.data if isinstance(event.data, str) else "")

    def _closed(self, event: Any) -> None:
        self._listeners.close()
        self._callbacks.closed(event.code)


class BrowserSockets:
    """Implements `ports.Sockets`."""

    def __init__(self, server: Server, callbacks: Callbacks) -> None:
        self._server = server
        self._callbacks = callbacks

    def open(self, path: str, subprotocols: Sequence[str], callbacks: SocketCallbacks) -> BrowserSocket:
        """Start to open a WebSocket to the server."""
        return BrowserSocket(self._server.socket_url_of(path), subprotocols, callbacks, self._callbacks)
