"""Touches HTTP: uvicorn's protocol over llhttp, which bounds what is kept of a request and hands over a WebSocket's.

llhttp is several times as fast as h11. What h11 refuses besides (RFC 9112 §3.2: no Host, or two) is refused here.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from signaling.upgrade import Upgrade

MAX_HEAD_BYTES = 16_384
"""Of a request whose headers have not come to their end, or of what follows its body. One read may be beyond it."""
HTTP_1_1 = "1.1"


class HttpRequests(HttpToolsProtocol):
    """One connection, until it becomes a WebSocket."""

    _unread_bytes = 0
    """What came since the last piece of a body, or since the last request was complete."""

    def data_received(self, data: bytes) -> None:
        """Read on, as long as it leads to something."""
        self._unread_bytes += len(data)
        super().data_received(data)
        if self._unread_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("Too large.")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field without the spaces around it, which are not its own (RFC 9112 §5.1)."""
        super().on_header(name, value.strip(b" \t"))

    def on_headers_complete(self) -> None:
        """Begin with a request that says whom it is for; what is raised here is answered with 400."""
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() == HTTP_1_1):
            raise ValueError(f"{hosts} Host headers")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        self._unread_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Be ready for another request."""
        self._unread_bytes = 0
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over with what was parsed, where uvicorn would write it anew to be parsed again."""
        if self.cycle is not None and not self.cycle.response_complete:  # type: ignore[redundant-expr]  # None at first
            self.send_400_response("There is a response under way.")
            return
        self.connections.discard(self)
        upgrade: Upgrade = self.ws_protocol_class(self.config, self.server_state)  # type: ignore[assignment, call-arg, misc]
        self.transport.set_protocol(upgrade)
        upgrade.asked(self.transport, dict(self.scope), self.url)
