"""The server that the page belongs to: on the page's own host, or elsewhere, where a static host serves the page."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import js
from pyodide.ffi import JsException

from client_py.browser.interop import js_object
from client_py.ports.server import OriginRefused
from protocol.json_text import parse_json_or_none


@dataclass(frozen=True, slots=True)
class Server:
    """Where it is, and how to probe there."""

    health_path: str
    """Of a small answer by HTTP."""
    socket_path: str
    probe_subprotocol: str
    """Tells the server that a WebSocket is no more than a probe."""
    base: str = "/"
    """The path of the page's lobby, where it is the page's own host."""
    named_address: str = ""
    """Where it is, if the page's configuration names it; empty where it is the page's own host."""

    @property
    def address(self) -> str:
        """Where it is, as `https://host[:port][/path]`."""
        return self.named_address or js.location.origin + self.base.removesuffix("/")

    @property
    def is_elsewhere(self) -> bool:
        """Whether the browser lets this page talk to it only if it agrees (CORS)."""
        return not f"{self.address}/".startswith(f"{js.location.origin}/")

    @property
    def storage_suffix(self) -> str:
        """What is at the end of the names of all that the browser keeps, which it does for each origin.

        There may be several servers at one origin, each at a path of its own.
        """
        return f" {self.address}" if self.named_address or self.base != "/" else ""

    def url_of(self, path: str) -> str:
        """Return the address of a path."""
        return self.address + path

    def socket_url_of(self, path: str) -> str:
        """Return the address of a WebSocket: ws for http, wss for https."""
        return self.address.replace("http", "ws", 1) + path


async def ask_by_request(server: Server) -> bool:
    """Tell whether a request is answered; what a proxy says of a server that is away (502, 503, 504) is no answer.

    OriginRefused if the server answers that it takes no pages of this origin. No other answer of such a server can be
    read here, so that it could not be told from one that is away.
    """
    controller = js.AbortController.new()
    options = {"cache": "no-store", "credentials": "omit", "signal": controller.signal}
    try:
        response = await js.fetch(server.url_of(server.health_path), js_object(options))
        # A connection whose answer was read to its end can be used again.
        text: str = await response.text()
    except JsException:
        return False
    finally:
        controller.abort()
    if server.is_elsewhere and _refuses_origin(text):
        raise OriginRefused(js.location.origin)
    return bool(response.status < HTTPStatus.INTERNAL_SERVER_ERROR)


def _refuses_origin(text: str) -> bool:
    # What says nothing of it is older than the question, or it is a proxy that answers.
    value = parse_json_or_none(text)
    return isinstance(value, dict) and value.get("origin_allowed") is False
