"""Gives every request and every WebSocket an id: the trusted proxy's, if it has sent a sane one, or one of our own."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from signaling.client_addresses import host_of
from signaling.monitoring.request_ids import REQUEST_ID_HEADER, is_sane, new_request_id, request_id
from signaling.site.security_headers import security_headers

ANSWERS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})


class RequestId:
    """Plain ASGI, around everything else: around what answers an error, and what puts a client in a proxy's place."""

    def __init__(self, app: ASGIApp, trusted: Iterable[str]) -> None:
        self._app = app
        self._trusted = [ipaddress.ip_network(network) for network in trusted]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on under its id, and answer it with that."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        name = self._name(scope)
        request_id.set(name)
        is_accepted = False

        async def send_with_id(message: Message) -> None:
            nonlocal is_accepted
            if message["type"] in ANSWERS:
                is_accepted = True
                message.setdefault("headers", [])
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = name
            elif message["type"] == "websocket.close" and not is_accepted:
                await _deny(send, name)
                return
            await send(message)

        await self._app(scope, receive, send_with_id)

    def _name(self, scope: Scope) -> str:
        # Of several, the last is the nearest proxy's, and the one before may be its client's own.
        proposed = next(reversed(Headers(scope=scope).getlist(REQUEST_ID_HEADER)), "")
        return proposed if is_sane(proposed) and self._trusts(scope) else new_request_id()

    def _trusts(self, scope: Scope) -> bool:
        try:
            address = ipaddress.ip_address(host_of(scope) or "")
        except ValueError:
            return False
        return any(address in network for network in self._trusted)


async def _deny(send: Send, name: str) -> None:
    """Refuse a handshake with 403, as closing does (ASGI), but with headers."""
    headers = {**security_headers(), REQUEST_ID_HEADER: name}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "websocket.http.response.start", "status": HTTPStatus.FORBIDDEN, "headers": raw})
    await send({"type": "websocket.http.response.body", "body": b""})
