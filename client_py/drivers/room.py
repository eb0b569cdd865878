"""Runs the room machine: carries out its effects on the ports, and reports to it what comes of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from client_py.core.conversation import SendFrame, StartTypingTimer, Store
from client_py.core.frames import FRAMES
from client_py.core.link import (
    ClosePeerConnection,
    CreateChannel,
    CreatePeerConnection,
    PeerConnectionEffect,
    RestartIce,
)
from client_py.core.notices import Notice
from client_py.core.room import FindPath, OnPeerConnection, Room, RoomEffect, StartLinkTimer, StopLinkTimer, Warn
from client_py.core.session import (
    CloseSocket,
    LoginRefused,
    OpenSocket,
    SendText,
    StartSessionTimer,
    StopSessionTimer,
)
from client_py.drivers.connection import Connection, Outcomes
from client_py.drivers.tasks import Tasks
from client_py.drivers.timers import Timers
from client_py.ports import (
    ChannelCallbacks,
    Clock,
    OperationFailed,
    PeerConnectionCallbacks,
    PeerConnections,
    Random,
    Socket,
    SocketCallbacks,
    Sockets,
)
from protocol.http import SOCKET_PATH, SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX


@dataclass(frozen=True, slots=True)
class RoomPorts:
    """What a room stands on."""

    sockets: Sockets
    peer_connections: PeerConnections
    clock: Clock
    random: Random


@dataclass(frozen=True, slots=True)
class RoomCallbacks:
    """Who is told what a room does."""

    show: Callable[[Notice], None]
    login_refused: Callable[[], None]
    warn: Callable[[str], None]
    token: Callable[[], str]
    """Gives the token that is valid now."""


class RoomDriver:
    """One visit to a room, from entering it to leaving it."""

    def __init__(self, name: str, username: str, ports: RoomPorts, callbacks: RoomCallbacks, tasks: Tasks) -> None:
        self._ports = ports
        self._callbacks = callbacks
        self._tasks = tasks
        self._timers = Timers(ports.clock)
        self._socket: Socket | None = None
        self._connections: dict[str, Connection] = {}
        self._effects: deque[RoomEffect] = deque()
        self._performing = False
        self._room = Room(
            name,
            username,
            device=ports.random.token(),
            supported=ports.peer_connections.supported,
            random=ports.random.random,
        )

    # What the person and the page do

    def start(self) -> None:
        """Enter the room."""
        self._perform(self._room.start())

    def stop(self) -> None:
        """Leave the room, and leave nothing of it behind."""
        self._perform(self._room.stop())
        self._timers.stop_all()

    def send(self, text: str) -> None:
        """Write a message."""
        self._perform(self._room.message_submitted(self._ports.random.token(), text, self._ports.clock.now()))

    def typed(self) -> None:
        """A key was pressed in the composer."""
        self._perform(self._room.typed(self._ports.clock.now()))

    def reading_changed(self, reading: bool) -> None:  # noqa: FBT001 - the view's name for a state
        """The newest message came before the person's eyes, or is no longer there."""
        self._perform(self._room.reading_changed(reading=reading))

    def network_returned(self) -> None:
        """The browser is online again."""
        self._perform(self._room.network_returned())

    # Effects

    def _perform(self, effects: list[RoomEffect]) -> None:
        """Carry out effects in the order in which they were decided, also those that come up on the way."""
        self._effects.extend(effects)
        if self._performing:
            return
        self._performing = True
        try:
            while self._effects:
                self._carry_out(self._effects.popleft())
        finally:
            self._performing = False

    def _carry_out(self, effect: RoomEffect) -> None:  # noqa: C901, PLR0912 - a table of effects
        room, timers = self._room, self._timers
        match effect:
            case SendFrame(peer_id, frame):
                self._send_frame(peer_id, FRAMES.encode(frame))
            case OnPeerConnection(peer_id, operation):
                self._on_peer_connection(peer_id, operation)
            case OpenSocket():
                self._open_socket()
            case CloseSocket():
                self._close_socket()
            case SendText(text):
                if self._socket is not None:
                    self._socket.send(text)
            case Store(entry):
                # The page's memory is the store: what is in it is as safe as it will be.
                self._perform(room.stored(entry))
            case StartSessionTimer(timer, seconds):
                timers.start(timer, seconds, lambda: self._perform(room.session_timer_fired(timer)))
            case StopSessionTimer(timer):
                timers.stop(timer)
            case StartLinkTimer(peer_id, link_timer, seconds):
                key = (peer_id, link_timer)
                timers.start(key, seconds, lambda: self._perform(room.link_timer_fired(peer_id, link_timer)))
            case StopLinkTimer(peer_id, link_timer):
                timers.stop((peer_id, link_timer))
            case StartTypingTimer(peer_id, seconds):
                timers.start(("typing", peer_id), seconds, lambda: self._perform(room.typing_timer_fired(peer_id)))
            case FindPath(peer_id):
                if connection := self._connections.get(peer_id):
                    self._tasks.spawn(self._find_path(peer_id, connection))
            case LoginRefused():
                self._callbacks.login_refused()
            case Warn(sentence):
                self._callbacks.warn(sentence)
            case _:
                self._callbacks.show(effect)

    # The WebSocket

    def _open_socket(self) -> None:
        self._close_socket()
        room = self._room
        subprotocols = [SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + self._callbacks.token()]
        callbacks = SocketCallbacks(
            opened=lambda: self._perform(room.socket_opened()),
            received=lambda text: self._perform(room.text_received(text)),
            closed=lambda code: self._perform(room.socket_closed(code)),
        )
        self._socket = self._ports.sockets.open(SOCKET_PATH, subprotocols, callbacks)

    def _close_socket(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    # RTCPeerConnections

    def _on_peer_connection(self, peer_id: str, effect: PeerConnectionEffect) -> None:
        if isinstance(effect, CreatePeerConnection):
            self._create_connection(peer_id)
            return
        connection = self._connections.get(peer_id)
        if connection is None:
            return  # the browser refused to make one, which the room has heard
        match effect:
            case ClosePeerConnection():
                del self._connections[peer_id]
                connection.close()
            case CreateChannel():
                connection.create_channel(self._channel_callbacks(peer_id))
            case RestartIce():
                connection.peer_connection.restart_ice()
            case _:
                connection.enqueue(effect)

    def _create_connection(self, peer_id: str) -> None:
        room = self._room
        callbacks = PeerConnectionCallbacks(
            negotiation_needed=lambda: self._perform(room.negotiation_needed(peer_id)),
            candidate_gathered=lambda candidate: self._perform(room.candidate_gathered(peer_id, candidate)),
            signaling_state_changed=lambda state: self._perform(room.signaling_state_changed(peer_id, state)),
            connection_state_changed=lambda state: self._perform(room.connection_state_changed(peer_id, state)),
        )
        outcomes = Outcomes(
            local_description_set=lambda description: self._perform(room.local_description_set(peer_id, description)),
            remote_description_set=lambda: self._perform(room.remote_description_set(peer_id)),
            operation_failed=lambda operation, why: self._perform(room.operation_failed(peer_id, operation, why)),
        )
        try:
            peer_connection = self._ports.peer_connections.create(room.ice_servers, callbacks)
        except OperationFailed as error:
            self._perform(room.creation_failed(peer_id, error.reason))
            return
        self._connections[peer_id] = Connection(peer_connection, outcomes, self._tasks)

    def _channel_callbacks(self, peer_id: str) -> ChannelCallbacks:
        room = self._room
        return ChannelCallbacks(
            opened=lambda: self._perform(room.channel_opened(peer_id)),
            received=lambda text: self._perform(room.frame_received(peer_id, text)),
            closed=lambda: self._perform(room.channel_closed(peer_id)),
        )

    def _send_frame(self, peer_id: str, text: str) -> None:
        connection = self._connections.get(peer_id)
        if connection is not None and not connection.send(text):
            self._perform(self._room.channel_closed(peer_id))

    async def _find_path(self, peer_id: str, connection: Connection) -> None:
        path = await connection.peer_connection.selected_path()
        if self._connections.get(peer_id) is connection:
            self._perform(self._room.path_found(peer_id, relayed=path.relayed if path else None))
