"""Says what a connection and the WebSocket under it ask of each other."""

from __future__ import annotations

from typing import Protocol

from starlette.types import Scope

from signaling.rate_limits.address_and_account_quotas import Usage

EXTENSION = "p2p_chat.websocket"
"""Where the scope of an ASGI WebSocket says how to leave ASGI."""
NO_CODE, ABNORMAL_CLOSURE = 1005, 1006
"""RFC 6455 §7.4.1: the client's close frame had no code; there was no close frame."""
PROTOCOL_ERROR, INVALID_TEXT, TOO_BIG = 1002, 1007, 1009


class Receiver(Protocol):
    """Who listens at a WebSocket. None of these waits."""

    def text_received(self, text: str) -> None:
        """A text message came, of whatever size the WebSocket lets through."""

    def binary_received(self) -> None:
        """A binary message came."""

    def closed(self, code: int) -> None:
        """The WebSocket ends with a code: nothing is received or sent any more."""


class AcceptedWebSocket(Protocol):
    """One WebSocket that was accepted. None of these waits."""

    def count_against(self, usage: Usage) -> None:
        """Have what it takes admitted by a usage, which is released when the connection is gone."""

    def listen(self, receiver: Receiver) -> None:
        """Begin to receive."""

    def send(self, message: bytes) -> bool:
        """Send a text message; False if too many wait already for the client to read."""

    def close(self, code: int) -> None:
        """Close after what was sent, or before what waits if the client does not read."""

    def offend(self, points: int) -> None:
        """Hold an offence against the address that the client comes from."""


def websocket_of(scope: Scope) -> AcceptedWebSocket | None:
    """Return the WebSocket that was accepted in this scope; None where messages go through ASGI."""
    extension = scope.get("extensions", {}).get(EXTENSION)
    websocket: AcceptedWebSocket | None = extension["websocket"]() if extension else None
    return websocket
