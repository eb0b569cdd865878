"""Finds out whether the server can be reached, in the way that leaves nothing behind in this browser.

What a page gives up while TCP still tries to connect is not always given up by the browser. On a line that was dead for
a minute and is back, the next connection is then put at the end of six others, or made to wait for one that repeats its
SYN after 16 or 32 s. Seen: Firefox (ESR 153) keeps a WebSocket that was closed before it was open, and lets go of a
request that was aborted. In Chromium (156) it is just the other way round.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import js
from pyodide.ffi import to_js

from client_py.browser.interop import Callbacks
from client_py.browser.server_endpoint import Server, ask_by_request


class BrowserReachabilityProbe:
    """Implements `ports.ReachabilityProbe`."""

    def __init__(self, server: Server, callbacks: Callbacks) -> None:
        self._server = server
        self._callbacks = callbacks

    async def ask(self) -> bool:
        """Tell whether the server answers; lasts until it is cancelled if nothing comes back at all.

        OriginRefused if it takes no pages of this origin.
        """
        # There is nothing to ask a browser for what it keeps; Gecko is known by a property that only it has.
        if hasattr(js.window, "mozInnerScreenX"):
            return await ask_by_request(self._server)
        answered = await ask_by_socket(self._server, self._callbacks)
        if not answered and self._server.is_elsewhere:
            # The line brought a refusal, so a request is soon over too; it says whether this origin was refused.
            await ask_by_request(self._server)
        return answered


async def ask_by_socket(server: Server, callbacks: Callbacks) -> bool:
    """Tell whether a WebSocket that is for nothing else can be opened."""
    answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def tell(answered: bool) -> None:  # noqa: FBT001 - said by the two listeners below
        if not answer.done():
            answer.set_result(answered)

    with ExitStack() as listeners:
        socket = js.WebSocket.new(server.socket_url_of(server.socket_path), to_js([server.probe_subprotocol]))
        listeners.callback(socket.close)
        listeners.callback(callbacks.listen(socket, "open", lambda _event: tell(answered=True)))
        listeners.callback(callbacks.listen(socket, "close", lambda _event: tell(answered=False)))
        return await answer
