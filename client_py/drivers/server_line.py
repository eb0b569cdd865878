"""Keeps a room's line to the server: the WebSocket, or the knock while there is none, and what is asked beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from client_py.core.relaying import FetchIceServers
from client_py.core.room import Room
from client_py.core.session import CloseSocket, Knock, OpenSocket, SendText
from client_py.drivers.inputs import Hear, Input
from client_py.drivers.tasks import Tasks
from client_py.ports import Clock, Doorbell, Http, OriginRefused, Socket, SocketCallbacks, Sockets, Unreachable
from protocol.http import ICE_SERVERS_PATH, SOCKET_PATH, TOKEN_SUBPROTOCOL_PREFIX
from protocol.versions import SUBPROTOCOLS


@dataclass(frozen=True, slots=True)
class ServerPorts:
    """By what the server is reached."""

    doorbell: Doorbell
    sockets: Sockets
    http: Http


class ServerLine:
    """One WebSocket or one knock at a time."""

    def __init__(self, ports: ServerPorts, clock: Clock, token: Callable[[], str], hear: Hear, tasks: Tasks) -> None:
        self._doorbell = ports.doorbell
        self._sockets = ports.sockets
        self._http = ports.http
        self._clock = clock
        self._token = token
        self._hear = hear
        self._tasks = tasks
        self._socket: Socket | None = None
        self._knock: asyncio.Task[None] | None = None

    def carry_out(self, effect: OpenSocket | Knock | CloseSocket | SendText | FetchIceServers) -> None:
        """Do what the room asks of the server."""
        match effect:
            case OpenSocket():
                self._open()
            case Knock():
                self._end_knock()
                self._knock = self._tasks.spawn(self._ring())
            case CloseSocket():
                self._close()
            case SendText(text):
                if self._socket is not None:
                    self._socket.send(text)
            case FetchIceServers():
                self._tasks.spawn(self._fetch_ice_servers())
            case _:
                assert_never(effect)

    def stop(self) -> None:
        """Wait for nothing any more."""
        self._close()
        self._end_knock()

    def _open(self) -> None:
        self._close()
        subprotocols = [*SUBPROTOCOLS.values(), TOKEN_SUBPROTOCOL_PREFIX + self._token()]
        callbacks = SocketCallbacks(
            opened=lambda: self._hear(Room.socket_opened),
            received=lambda text: self._hear(lambda room: room.text_received(text, self._clock.now())),
            closed=lambda code: self._hear(lambda room: room.socket_closed(code)),
        )
        self._socket = self._sockets.open(SOCKET_PATH, subprotocols, callbacks)

    def _close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _end_knock(self) -> None:
        if self._knock is not None:
            self._knock.cancel()
            self._knock = None

    async def _ring(self) -> None:
        decide = await self._outcome()
        self._knock = None
        self._hear(decide)

    async def _outcome(self) -> Input:
        try:
            answered = await self._doorbell.ring()
        except OriginRefused as refused:
            origin = refused.origin
            return lambda room: room.origin_refused(origin)
        return lambda room: room.knock_ended(answered=answered)

    async def _fetch_ice_servers(self) -> None:
        try:
            response = await self._http.get(ICE_SERVERS_PATH, token=self._token())
        except Unreachable:
            self._hear(lambda room: room.ice_servers_unreachable(self._clock.now()))
            return
        answer = response.status, response.body, response.retry_after
        self._hear(lambda room: room.ice_servers_answered(*answer, self._clock.now()))
