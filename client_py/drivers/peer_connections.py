"""Carries out what the peers of a room want of their RTCPeerConnections and timers, and reports what comes of it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from functools import partial

from client_py.core.channels import CHANNELS, CHAT, ChannelSpec, Data
from client_py.core.frames import FRAMES, Frame
from client_py.core.peer.link_effects import (
    ClosePeerConnection,
    CountBytes,
    CreateChannels,
    CreatePeerConnection,
    RestartIce,
    StartTimer,
    StopTimer,
)
from client_py.core.peer.negotiation import Operation
from client_py.core.peer.peer_effects import ConnectionEffect, FindPath
from client_py.core.room import Room, RoomEffect
from client_py.drivers.peer_connection import Connection, Outcomes
from client_py.drivers.room_inputs import Hear
from client_py.drivers.tasks import Tasks
from client_py.drivers.timers import Timers
from client_py.ports.webrtc import (
    ChannelCallbacks,
    Configuration,
    DataChannel,
    OperationFailed,
    PeerConnectionCallbacks,
    PeerConnections,
)

PATH_TRIES = 5
PATH_PAUSE_SECONDS = 0.5

ConnectionOperation = ClosePeerConnection | CreateChannels | RestartIce | FindPath | CountBytes | Operation
"""What there has to be a connection for."""


class RoomPeerConnections:
    """One connection at a time to each peer, by peer id."""

    def __init__(
        self,
        peer_connections: PeerConnections,
        configuration: Callable[[], Configuration],
        hear: Hear,
        timers: Timers,
        tasks: Tasks,
        channels: Sequence[ChannelSpec] = CHANNELS,
    ) -> None:
        self._peer_connections = peer_connections
        self._configuration = configuration
        self._hear = hear
        self._timers = timers
        self._tasks = tasks
        self._channels = channels
        self._connections: dict[str, Connection] = {}

    def carry_out(self, peer_id: str, effect: ConnectionEffect) -> None:
        """Carry out an effect of one peer."""
        match effect:
            case StartTimer(timer, seconds):
                fired = partial(Room.link_timer_fired, peer_id=peer_id, timer=timer)
                self._timers.start((peer_id, timer), seconds, lambda: self._hear(fired))
            case StopTimer(timer):
                self._timers.stop((peer_id, timer))
            case CreatePeerConnection():
                self._create(peer_id)
            case _:
                # Where the browser refused to make one, the room has heard of it.
                if connection := self._connections.get(peer_id):
                    self._operate(peer_id, connection, effect)

    def configure(self) -> None:
        """Set the current configuration on every connection."""
        configuration = self._configuration()
        for connection in self._connections.values():
            try:
                connection.peer_connection.configure(configuration)
            except OperationFailed as error:
                reason = error.reason
                self._hear(partial(Room.configuration_refused, reason=reason))

    def send(self, peer_id: str, frame: Frame) -> None:
        """Send a frame over the `chat` channel to a peer."""
        connection = self._connections.get(peer_id)
        if connection is not None and not connection.send(FRAMES.encode(frame)):
            self._hear(lambda room: room.channel_closed(peer_id, CHAT))

    def channel(self, peer_id: str, spec: ChannelSpec) -> DataChannel | None:
        """Return a channel to a peer, whether it is open or not; None where there is no such one."""
        connection = self._connections.get(peer_id)
        return None if connection is None else connection.channel(spec)

    def _operate(self, peer_id: str, connection: Connection, effect: ConnectionOperation) -> None:
        match effect:
            case ClosePeerConnection():
                del self._connections[peer_id]
                connection.close()
            case CreateChannels():
                connection.create_channels(self._channels, partial(self._channel_callbacks, peer_id))
            case RestartIce():
                connection.peer_connection.restart_ice()
            case FindPath():
                # Once the browser has taken in all that the peer has said of it.
                connection.afterwards(partial(self._look_for_path, peer_id, PATH_TRIES))
            case CountBytes():
                self._tasks.spawn(self._count_received(peer_id, connection))
            case _:
                connection.enqueue(effect)

    def _create(self, peer_id: str) -> None:
        def hear(decide: Callable[..., list[RoomEffect]]) -> Callable[..., None]:
            return lambda *arguments: self._hear(lambda room: decide(room, peer_id, *arguments))

        callbacks = PeerConnectionCallbacks(
            negotiation_needed=hear(Room.negotiation_needed),
            candidate_gathered=hear(Room.candidate_gathered),
            signaling_state_changed=hear(Room.signaling_state_changed),
            connection_state_changed=hear(Room.connection_state_changed),
            candidate_failed=hear(Room.candidate_failed),
            channel_offered=hear(Room.channel_offered),
        )
        outcomes = Outcomes(
            local_description_set=hear(Room.local_description_set),
            remote_description_set=hear(Room.remote_description_set),
            operation_failed=hear(Room.operation_failed),
        )
        try:
            peer_connection = self._peer_connections.create(self._configuration(), callbacks)
        except OperationFailed as error:
            reason = error.reason
            self._hear(lambda room: room.creation_failed(peer_id, reason))
            return
        self._connections[peer_id] = Connection(peer_connection, outcomes, self._tasks)

    def _channel_callbacks(self, peer_id: str, spec: ChannelSpec) -> ChannelCallbacks:
        return ChannelCallbacks(
            opened=lambda: self._hear(lambda room: room.channel_opened(peer_id, spec)),
            received=lambda data: self._hear(
                partial(_receive, peer_id=peer_id, channel=spec, data=data, now=self._timers.now())
            ),
            overrun=lambda kind: self._hear(lambda room: room.frames_overrun(peer_id, spec, kind)),
            closed=lambda: self._hear(lambda room: room.channel_closed(peer_id, spec)),
        )

    def _look_for_path(self, peer_id: str, tries: int) -> None:
        if connection := self._connections.get(peer_id):
            self._tasks.spawn(self._find_path(peer_id, connection, tries))

    async def _find_path(self, peer_id: str, connection: Connection, tries: int) -> None:
        path = await connection.peer_connection.selected_path()
        if self._connections.get(peer_id) is not connection:
            return
        if path is None and tries > 1:
            # Its statistics may lag a little behind the channel, which is open already.
            again = partial(self._look_for_path, peer_id, tries - 1)
            self._timers.start(("path", peer_id), PATH_PAUSE_SECONDS, again)
            return
        relayed, allocated = (path.relayed, path.allocated) if path else (None, None)
        self._hear(lambda room: room.path_found(peer_id, relayed=relayed, allocated=allocated))

    async def _count_received(self, peer_id: str, connection: Connection) -> None:
        count = await connection.peer_connection.bytes_received()
        if self._connections.get(peer_id) is connection:
            self._hear(lambda room: room.bytes_counted(peer_id, count))


def _receive(room: Room, *, peer_id: str, channel: ChannelSpec, data: Data, now: float) -> list[RoomEffect]:
    """Decide what comes of a frame; one that fails costs its peer the channel, and the page nothing."""
    try:
        return room.frame_received(peer_id, channel, data, now)
    except Exception as error:  # noqa: BLE001 - the room says it, and every other peer is talked with as before
        return room.frame_failed(peer_id, "".join(traceback.format_exception(error)))
