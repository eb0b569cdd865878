"""A page of the simulated world: a real room, the driver that carries out its effects, and a person who writes."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from client_py.core.conversation import SendFrame, StartTypingTimer, Store, StoredIncoming, StoredOutgoing
from client_py.core.frames import FRAMES, Frame
from client_py.core.link import (
    ClosePeerConnection,
    CreateChannel,
    CreatePeerConnection,
    PeerConnectionEffect,
    RestartIce,
)
from client_py.core.models import Delivery, Direction, Message, Status
from client_py.core.negotiation import AddCandidate, SetLocalDescription, SetRemoteDescription
from client_py.core.notices import DeliveryChanged, MembersChanged, MessageAdded, StatusChanged
from client_py.core.room import FindPath, OnPeerConnection, Room, RoomEffect, StartLinkTimer, StopLinkTimer
from client_py.core.session import CloseSocket, OpenSocket, SendText, StartSessionTimer, StopSessionTimer
from client_py.ports import ChannelCallbacks, ChannelClosed, OperationFailed, PeerConnectionCallbacks, SocketCallbacks
from tests.fakes.agenda import Action, Agenda, Pipe
from tests.fakes.server import Line, Server
from tests.fakes.webrtc import Internet, PeerConnection

LONG = "long " * 8_000
"""Travels in parts."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a page stands on."""

    agenda: Agenda
    server: Server
    internet: Internet
    storing: float
    """Seconds that it takes at most until something is stored."""


@dataclass(slots=True)
class Written:
    """A message of a page's own, and what became of it."""

    accounts: tuple[str, ...]
    """Who was in the room when it was written, as far as its writer knew."""
    delivery: Delivery = Delivery.QUEUED


class Page:
    """One page, from its opening on."""

    def __init__(self, name: str, account: str, surroundings: Surroundings) -> None:
        self.name = name
        self.account = account
        self.place = name.partition("-")[0]
        """Where it stands in the network: a page that is reloaded has another name in the same place."""
        self.status = Status.CONNECTING
        self.written: dict[str, Written] = {}
        self.received: dict[str, list[int]] = {}
        """The numbers of the messages that came in, by the page that wrote them, as they are shown."""
        self.stored: set[str] = set()
        """The ids of the messages that came in and are safe."""
        self._agenda, self._server, self._internet = surroundings.agenda, surroundings.server, surroundings.internet
        self._members: tuple[str, ...] = ()
        self._numbers = itertools.count()
        self._line: Line | None = None
        self._storing = Pipe(self._agenda, 0.0, surroundings.storing)
        self._timers: dict[object, Action] = {}
        self._connections: dict[str, PeerConnection] = {}
        self._effects: deque[RoomEffect] = deque()
        self._performing = False
        self._ended = False
        self._room = Room(
            "den", account, device=f"device-of-{name:0>12}", supported=True, random=self._agenda.random.random
        )

    @property
    def has_open_channel(self) -> bool:
        """Whether there is a channel to anyone."""
        channels = [connection.channel for connection in self._connections.values()]
        return any(channel is not None and channel.ready_state == "open" for channel in channels)

    # What a person does, and what befalls them

    def enter(self) -> None:
        """Open the page."""
        self._perform(self._room.start())

    def write(self, *, long: bool = False) -> None:
        """Send a message that says whose it is, and which."""
        number = next(self._numbers)
        text = f"{self.name} {number} {LONG if long else ''}"
        self._perform(self._room.typed(self._agenda.now))
        self._perform(self._room.message_submitted(f"{self.name:0>8}-{number:08}", text, self._agenda.now))

    def read(self, *, reading: bool) -> None:
        """Look at the page, or away from it."""
        self._perform(self._room.reading_changed(reading=reading))

    def lose_server(self) -> None:
        """Lose the connection to the server, without knowing it yet."""
        if self._line is not None:
            self._line.cut()

    def find_network(self) -> None:
        """Hear from the browser that it is online."""
        self._perform(self._room.network_returned())

    def close(self) -> None:
        """Leave the room, and close the page."""
        self._perform(self._room.stop())
        self._end()

    def crash(self) -> None:
        """End without a word to anyone."""
        self.lose_server()
        for connection in self._connections.values():
            connection.vanish()
        self._end()

    def _end(self) -> None:
        self._ended = True
        self._storing.is_cut = True
        for key in list(self._timers):
            self._stop_timer(key)

    # Effects

    def _perform(self, effects: list[RoomEffect]) -> None:
        """Carry out effects in the order in which they were decided, also those that come up on the way."""
        if self._ended:
            return
        self._room.check_invariants()
        self._effects.extend(effects)
        if self._performing:
            return
        self._performing = True
        while self._effects:
            self._carry_out(self._effects.popleft())
        self._performing = False

    def _carry_out(self, effect: RoomEffect) -> None:  # noqa: C901, PLR0912 - a table of effects
        room = self._room
        match effect:
            case SendFrame(peer_id, frame):
                self._send_frame(peer_id, frame)
            case OnPeerConnection(peer_id, operation):
                self._on_peer_connection(peer_id, operation)
            case OpenSocket():
                self._open_line()
            case CloseSocket():
                self._close_line()
            case SendText(text):
                if self._line is not None:
                    self._line.send(text)
            case Store(entry):
                self._storing.carry(partial(self._store, entry))
            case StartSessionTimer(timer, seconds):
                self._start_timer(timer, seconds, partial(room.session_timer_fired, timer))
            case StopSessionTimer(timer):
                self._stop_timer(timer)
            case StartLinkTimer(peer_id, link_timer, seconds):
                self._start_timer((peer_id, link_timer), seconds, partial(room.link_timer_fired, peer_id, link_timer))
            case StopLinkTimer(peer_id, link_timer):
                self._stop_timer((peer_id, link_timer))
            case StartTypingTimer(peer_id, seconds):
                self._start_timer(("typing", peer_id), seconds, partial(room.typing_timer_fired, peer_id))
            case FindPath(peer_id):
                self._perform(room.path_found(peer_id, relayed=False))
            case StatusChanged(line):
                self.status = line.status
            case MembersChanged(members):
                self._members = tuple(member.username for member in members)
            case MessageAdded(message):
                self._add(message)
            case DeliveryChanged(message_id, delivery):
                self.written[message_id].delivery = delivery
            case _:
                pass  # unread, typing and warnings promise nothing

    def _start_timer(self, key: object, seconds: float, decide: Callable[[], list[RoomEffect]]) -> None:
        self._stop_timer(key)
        self._timers[key] = self._agenda.after(seconds, lambda: self._perform(decide()))

    def _stop_timer(self, key: object) -> None:
        if (call_off := self._timers.pop(key, None)) is not None:
            call_off()

    # The transcript

    def _store(self, entry: StoredIncoming | StoredOutgoing) -> None:
        if isinstance(entry, StoredIncoming) and entry.message is not None:
            self.stored.add(entry.message.id)
        self._perform(self._room.stored(entry))

    def _add(self, message: Message) -> None:
        if message.direction is Direction.OUTGOING:
            self.written[message.id] = Written(self._members)
            return
        name, number, _ = message.text.split(" ", 2)
        self.received.setdefault(name, []).append(int(number))

    # The server

    def _open_line(self) -> None:
        self._close_line()
        room = self._room
        callbacks = SocketCallbacks(
            opened=lambda: self._perform(room.socket_opened()),
            received=lambda text: self._perform(room.text_received(text)),
            closed=lambda code: self._perform(room.socket_closed(code)),
        )
        self._line = self._server.open(self.account, callbacks)

    def _close_line(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    # The connections

    def _on_peer_connection(self, peer_id: str, effect: PeerConnectionEffect) -> None:
        if isinstance(effect, CreatePeerConnection):
            self._create_connection(peer_id)
            return
        connection = self._connections.get(peer_id)
        if connection is None:
            return  # it could not be made, which the room has heard
        room = self._room

        def failed(reason: str) -> None:
            assert isinstance(effect, SetLocalDescription | SetRemoteDescription | AddCandidate)
            self._perform(room.operation_failed(peer_id, effect, reason))

        match effect:
            case ClosePeerConnection():
                del self._connections[peer_id]
                connection.close()
            case CreateChannel():
                connection.create_channel(self._channel_callbacks(peer_id))
            case RestartIce():
                connection.restart_ice()
            case SetLocalDescription():
                connection.set_local_description(
                    lambda description: self._perform(room.local_description_set(peer_id, description)), failed
                )
            case SetRemoteDescription(description):
                connection.set_remote_description(
                    description, lambda: self._perform(room.remote_description_set(peer_id)), failed
                )
            case AddCandidate(candidate):
                connection.add_ice_candidate(candidate, failed)

    def _create_connection(self, peer_id: str) -> None:
        room = self._room
        callbacks = PeerConnectionCallbacks(
            negotiation_needed=lambda: self._perform(room.negotiation_needed(peer_id)),
            candidate_gathered=lambda candidate: self._perform(room.candidate_gathered(peer_id, candidate)),
            signaling_state_changed=lambda state: self._perform(room.signaling_state_changed(peer_id, state)),
            connection_state_changed=lambda state: self._perform(room.connection_state_changed(peer_id, state)),
        )
        assert peer_id not in self._connections
        try:
            self._connections[peer_id] = self._internet.create(self.place, callbacks)
        except OperationFailed as error:
            self._perform(room.creation_failed(peer_id, error.reason))

    def _channel_callbacks(self, peer_id: str) -> ChannelCallbacks:
        room = self._room
        return ChannelCallbacks(
            opened=lambda: self._perform(room.channel_opened(peer_id)),
            received=lambda text: self._perform(room.frame_received(peer_id, text)),
            closed=lambda: self._perform(room.channel_closed(peer_id)),
        )

    def _send_frame(self, peer_id: str, frame: Frame) -> None:
        connection = self._connections.get(peer_id)
        if connection is None or connection.channel is None:
            return
        with suppress(ChannelClosed):  # the room hears of it in a moment
            connection.channel.send(FRAMES.encode(frame))
