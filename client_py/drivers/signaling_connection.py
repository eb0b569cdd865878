"""Keeps a room's line to the server: the WebSocket, or the probe while there is none, and what is asked beside it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from client_py.core.peer.ice_servers import FetchIceServers
from client_py.core.room import Room
from client_py.core.server.session import CloseSocket, OpenSocket, ProbeServer, SendText
from client_py.drivers.room_inputs import Hear, Input
from client_py.drivers.tasks import Tasks
from client_py.ports.server import Http, OriginRefused, ReachabilityProbe, Socket, SocketCallbacks, Sockets, Unreachable
from client_py.ports.time import Clock
from protocol.http import ICE_SERVERS_PATH, SOCKET_PATH, TOKEN_SUBPROTOCOL_PREFIX
from protocol.versions import SUBPROTOCOLS


@dataclass(frozen=True, slots=True)
class ServerPorts:
    """The means of reaching the server."""

    reachability_probe: ReachabilityProbe
    sockets: Sockets
    http: Http


class SignalingConnection:
    """One WebSocket or one probe at a time."""

    def __init__(self, ports: ServerPorts, clock: Clock, token: Callable[[], str], hear: Hear, tasks: Tasks) -> None:
        self._reachability_probe = ports.reachability_probe
        self._sockets = ports.sockets
        self._http = ports.http
        self._clock = clock
        self._token = token
        self._hear = hear
        self._tasks = tasks
        self._socket: Socket | None = None
        self.presented_token = ""
        """With which the last WebSocket was opened."""
        self._probe: asyncio.Task[None] | None = None

    def carry_out(self, effect: OpenSocket | ProbeServer | CloseSocket | SendText | FetchIceServers) -> None:
        """Do what the room asks of the server."""
        match effect:
            case OpenSocket():
                self._open()
            case ProbeServer():
                self._end_probe()
                self._probe = self._tasks.spawn(self._ask())
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
        self._end_probe()

    def _open(self) -> None:
        self._close()
        self.presented_token = self._token()
        subprotocols = [*SUBPROTOCOLS.values(), TOKEN_SUBPROTOCOL_PREFIX + self.presented_token]
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

    def _end_probe(self) -> None:
        if self._probe is not None:
            self._probe.cancel()
            self._probe = None

    async def _ask(self) -> None:
        decide = await self._outcome()
        self._probe = None
        self._hear(decide)

    async def _outcome(self) -> Input:
        try:
            answered = await self._reachability_probe.ask()
        except OriginRefused as refused:
            origin = refused.origin
            return lambda room: room.origin_refused(origin)
        return lambda room: room.probe_ended(answered=answered)

    async def _fetch_ice_servers(self) -> None:
        try:
            response = await self._http.get(ICE_SERVERS_PATH, token=self._token())
        except Unreachable:
            self._hear(lambda room: room.ice_servers_unreachable(self._clock.now()))
            return
        answer = response.status, response.body, response.retry_after
        self._hear(lambda room: room.ice_servers_answered(*answer, self._clock.now()))
