"""The server that this page belongs to: requests, a probe of whether it can be reached, and WebSockets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Response:
    """What an HTTP request came back with."""

    status: int
    body: str
    retry_after: float | None = None
    """Seconds, from the header."""


class Unreachable(Exception):
    """Raised by `Http` when no response came at all: no network, or no server."""


class OriginRefused(Exception):
    """Raised when the server answers, but takes no pages of `origin`, which is ours."""

    def __init__(self, origin: str) -> None:
        super().__init__(origin)
        self.origin = origin

    def __str__(self) -> str:
        return f"The server does not take pages from {self.origin}; P2PCHAT_ALLOWED_ORIGINS says which it takes."


class Http(Protocol):
    """Requests to the server that this page belongs to."""

    async def post(self, path: str, body: str, *, token: str | None = None, outlives_page: bool = False) -> Response:
        """Send JSON text, with a bearer token if one is given; Unreachable or OriginRefused if there is no answer.

        What is to outlive the page is sent to its end where the page is closed meanwhile.
        """
        ...

    async def get(self, path: str, *, token: str) -> Response:
        """Ask for something with a bearer token; Unreachable if there is no answer."""
        ...


class ReachabilityProbe(Protocol):
    """Finds out whether the server that this page belongs to can be reached."""

    async def ask(self) -> bool:
        """Tell whether it answers; where nothing comes back at all, this lasts until it is cancelled.

        Cancelling leaves nothing behind that the next connection would have to wait for. OriginRefused if it answers
        that it takes no pages of this origin.
        """
        ...


@dataclass(frozen=True, slots=True)
class SocketCallbacks:
    """Who is told what a WebSocket does; after `closed`, nothing more comes."""

    opened: Callable[[], None]
    received: Callable[[str], None]
    closed: Callable[[int], None]
    """With the close code; 1006 where the connection just went away."""


class Socket(Protocol):
    """One WebSocket, from its opening on."""

    def send(self, text: str) -> None:
        """Send text; dropped silently once the socket is closing, as in the browser."""
        ...

    def close(self) -> None:
        """Close it, without any callback more."""
        ...


class Sockets(Protocol):
    """Opens WebSockets to the server that this page belongs to."""

    def open(self, path: str, subprotocols: Sequence[str], callbacks: SocketCallbacks) -> Socket:
        """Start to open one; how it goes is told to the callbacks."""
        ...
