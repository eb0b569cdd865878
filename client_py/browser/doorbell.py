"""Finds out whether the server can be reached, in the way that leaves nothing behind in this browser.

What a page gives up while TCP still tries to connect is not always given up by the browser. On a line that was dead for
a minute and is back, the next connection is then put at the end of six others, or made to wait for one that repeats its
SYN after 16 or 32 s. Seen: Firefox (ESR 153) keeps a WebSocket that was closed before it was open, and lets go of a
request that was aborted. In Chromium (156) it is just the other way round.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus

import js
from pyodide.ffi import JsException, to_js

from client_py.browser.interop import Callbacks, js_object
from client_py.browser.socket import socket_url


@dataclass(frozen=True, slots=True)
class Address:
    """Where to knock."""

    path: str
    """Of a small answer by HTTP."""
    socket_path: str
    subprotocol: str
    """By which the server knows that a WebSocket is no more than a knock."""


class BrowserDoorbell:
    """Implements `ports.Doorbell`."""

    def __init__(self, address: Address, callbacks: Callbacks) -> None:
        self._address = address
        self._callbacks = callbacks

    async def ring(self) -> bool:
        """Tell whether the server answers; lasts until it is cancelled if nothing comes back at all."""
        # There is nothing to ask a browser for what it keeps; Gecko is known by a property that only it has.
        if hasattr(js.window, "mozInnerScreenX"):
            return await ask_by_request(self._address)
        return await ask_by_socket(self._address, self._callbacks)


async def ask_by_request(address: Address) -> bool:
    """Tell whether a request is answered; what a proxy says of a server that is away (502, 503, 504) is no answer."""
    controller = js.AbortController.new()
    options = {"cache": "no-store", "credentials": "omit", "signal": controller.signal}
    try:
        response = await js.fetch(address.path, js_object(options))
        await response.text()  # a connection whose answer was read to its end can be used again
    except JsException:
        return False
    finally:
        controller.abort()
    return bool(response.status < HTTPStatus.INTERNAL_SERVER_ERROR)


async def ask_by_socket(address: Address, callbacks: Callbacks) -> bool:
    """Tell whether a WebSocket that is for nothing else can be opened."""
    answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def tell(answered: bool) -> None:  # noqa: FBT001 - said by the two listeners below
        if not answer.done():
            answer.set_result(answered)

    with ExitStack() as listeners:
        socket = js.WebSocket.new(socket_url(address.socket_path), to_js([address.subprotocol]))
        listeners.callback(socket.close)
        listeners.callback(callbacks.listen(socket, "open", lambda _event: tell(answered=True)))
        listeners.callback(callbacks.listen(socket, "close", lambda _event: tell(answered=False)))
        return await answer
