"""A page whose server, browser, clock and person do what a script says, as far as a driver would let them.

A line is a letter and what belongs to it: `<` the server says, `>` Ben says over the channel, `o` and `c1006` the
WebSocket opens and closes, `p0`, `p1` and `p2` what came of a probe, `t3` one of the timers that run fires, `y` and `x`
the browser has done or refuses what it was asked, `u` and `d` the channel to Ben opens and closes, `i200 {…}` the ICE
servers are answered, `s` what was to be stored is, `m` and `w` the person writes and types, `v1` reads, `k9` the page
is looked at after this many seconds, `r1` the relay is wished for, `q` frames overrun.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from client_py.core.channels import CHAT
from client_py.core.conversation.conversation import SendFrame, Store
from client_py.core.conversation.history_records import Entry, Kept
from client_py.core.conversation.typing_indicator import StartTypingTimer
from client_py.core.frames import FRAMES
from client_py.core.peer.ice_servers import FetchIceServers
from client_py.core.peer.link_effects import (
    ClosePeerConnection,
    CountBytes,
    CreateChannels,
    CreatePeerConnection,
    RestartIce,
    StartTimer,
    StopTimer,
)
from client_py.core.peer.negotiation import AddCandidate, Operation, SetLocalDescription, SetRemoteDescription
from client_py.core.peer.peer_effects import ConnectionEffect, FindPath
from client_py.core.room import Room, Visitor
from client_py.core.room_effects import ForPeer, RoomEffect, StartRoomTimer, StopRoomTimer
from client_py.core.server.session import (
    CloseSocket,
    OpenSocket,
    ProbeServer,
    SendText,
    StartSessionTimer,
    StopSessionTimer,
)
from protocol.requests import REQUESTS
from protocol.webrtc import Description
from tests.client_py.core.conversation.conversing import ADAS_DEVICE
from tests.client_py.core.visiting import BEN
from tests.fuzz.script import number

OURS = "v=0\r\na=ice-ufrag:ours\r\na=fingerprint:sha-256 AA:BB\r\na=setup:actpass\r\n"
MAX_TIMER_SECONDS = 2**31 / 1000
"""What a browser's timer takes (`setTimeout` has 31 bits of milliseconds)."""
MAX_EFFECTS = 5_000
"""Of one input: a window of messages is a thousand."""


@dataclass(frozen=True, slots=True)
class NegotiationNeeded:
    """The browser is about to say that only a new offer can agree on what was asked for."""


Pending = Operation | CountBytes | FindPath | NegotiationNeeded


class Page:
    """One visit to a room."""

    def __init__(self) -> None:
        self.room = Room("den", Visitor("ada", ADAS_DEVICE), supported=True, random=lambda: 0.5)
        self.now = 1_000.0
        self.sent: list[str] = []
        self._timers: dict[object, Callable[[], list[RoomEffect]]] = {}
        self._operations: deque[tuple[str, Pending]] = deque()
        self._connections: set[str] = set()
        self._created: set[str] = set()
        """Where channels were made, which open by themselves."""
        self.channels: set[str] = set()
        self._signaling_state: dict[str, str] = {}
        self._to_store: list[Kept] = []
        self._item_ids: set[str] = set()
        self._has_socket = self.is_socket_open = self._is_probing = self._is_fetching = False
        self._written = 0
        self.do(self.room.start())

    def play(self, line: str) -> None:
        """Have one thing happen, if it can happen now."""
        what, rest = line[:1], line[1:]
        inputs: dict[str, Callable[[str], list[RoomEffect]]] = {
            "<": self._server_says,
            ">": self._ben_says,
            "o": self._socket_opens,
            "c": self._socket_closes,
            "p": self._probe_ends,
            "t": self._timer_fires,
            "y": lambda _: self._operation_ends(done=True),
            "x": lambda _: self._operation_ends(done=False),
            "u": self._channel_opens,
            "d": self._channel_closes,
            "i": self._ice_servers_answered,
            "s": self._stored,
            "m": self._person_writes,
            "w": lambda _: self.room.typed(self.now),
            "v": lambda text: self.room.reading_changed(reading=text == "1"),
            "k": self._checked,
            "r": lambda text: self.room.relay_only_requested(only=text == "1"),
            "q": self._frames_overrun,
        }
        if what in inputs:
            self.do(inputs[what](rest))

    def do(self, effects: list[RoomEffect]) -> None:
        """Carry out what was decided, and look whether all is well."""
        self.room.check_invariants()
        effects = [*effects, *self.room.news()]
        assert len(effects) < MAX_EFFECTS
        for effect in effects:
            self._carry_out(effect)

    # Inputs

    def _server_says(self, text: str) -> list[RoomEffect]:
        return self.room.text_received(text, self.now) if self.is_socket_open else []

    def _ben_says(self, text: str) -> list[RoomEffect]:
        return self.room.frame_received(BEN, CHAT, text, self.now) if BEN in self.channels else []

    def _frames_overrun(self, kind: str) -> list[RoomEffect]:
        if BEN not in self.channels:
            return []
        self.channels.discard(BEN)
        return self.room.frames_overrun(BEN, CHAT, kind)

    def _socket_opens(self, _: str) -> list[RoomEffect]:
        if not self._has_socket or self.is_socket_open:
            return []
        self.is_socket_open = True
        return self.room.socket_opened()

    def _socket_closes(self, text: str) -> list[RoomEffect]:
        if not self._has_socket:
            return []
        self._has_socket = self.is_socket_open = False
        return self.room.socket_closed(number(text, 4999))

    def _probe_ends(self, text: str) -> list[RoomEffect]:
        if not self._is_probing:
            return []
        self._is_probing = False
        return (
            self.room.origin_refused("https://a.example")
            if text == "2"
            else self.room.probe_ended(answered=text == "1")
        )

    def _timer_fires(self, text: str) -> list[RoomEffect]:
        if not self._timers:
            return []
        key = list(self._timers)[number(text, len(self._timers) - 1)]
        self.now += 1
        return self._timers.pop(key)()

    def _operation_ends(self, *, done: bool) -> list[RoomEffect]:
        if not self._operations:
            return []
        peer_id, operation = self._operations.popleft()
        match operation:
            case CountBytes():
                return self.room.bytes_counted(peer_id, len(self.sent) if done else None)
            case FindPath():
                return self.room.path_found(peer_id, relayed=done, allocated=None)
            case NegotiationNeeded():
                return self.room.negotiation_needed(peer_id)
            case _ if not done:
                return self.room.operation_failed(peer_id, operation, "no")
            case SetLocalDescription():
                return self._described(peer_id)
            case SetRemoteDescription(description):
                state = "have-remote-offer" if description.type == "offer" else "stable"
                self._signaling_state[peer_id] = state
                self.do(self.room.signaling_state_changed(peer_id, state))
                return self.room.remote_description_set(peer_id)
            case AddCandidate():
                return []

    def _described(self, peer_id: str) -> list[RoomEffect]:
        answers = self._signaling_state.get(peer_id) == "have-remote-offer"
        state = self._signaling_state[peer_id] = "stable" if answers else "have-local-offer"
        self.do(self.room.signaling_state_changed(peer_id, state))
        return self.room.local_description_set(peer_id, Description("answer" if answers else "offer", OURS))

    def _channel_opens(self, _: str) -> list[RoomEffect]:
        if BEN not in self._created or BEN in self.channels:
            return []
        self.channels.add(BEN)
        return self.room.channel_opened(BEN, CHAT)

    def _channel_closes(self, _: str) -> list[RoomEffect]:
        if BEN not in self.channels:
            return []
        self.channels.discard(BEN)
        return self.room.channel_closed(BEN, CHAT)

    def _ice_servers_answered(self, text: str) -> list[RoomEffect]:
        if not self._is_fetching:
            return []
        self._is_fetching = False
        return self.room.ice_servers_answered(number(text, 999), text[4:], None, self.now)

    def _stored(self, _: str) -> list[RoomEffect]:
        kept, self._to_store = self._to_store, []
        return self.room.stored(kept) if kept else []

    def _person_writes(self, text: str) -> list[RoomEffect]:
        self._written += 1
        return self.room.text_submitted(f"ours-{self._written:016}", text, self.now)

    def _checked(self, text: str) -> list[RoomEffect]:
        self.now += number(text, 100_000)
        return self.room.checked(self.now)

    # Effects

    def _kept(self, entry: Entry) -> Kept:
        """Return an entry as the database has it, which decides by the id what is new."""
        if entry.item is None:
            return Kept(entry, new=False)
        is_new = entry.item.id not in self._item_ids
        self._item_ids.add(entry.item.id)
        return Kept(entry, new=is_new)

    def _carry_out(self, effect: RoomEffect) -> None:  # noqa: C901, PLR0912 - a table of effects
        match effect:
            case OpenSocket():
                self._has_socket, self.is_socket_open = True, False
            case CloseSocket():
                self._has_socket = self.is_socket_open = False
            case ProbeServer():
                self._is_probing = True
            case SendText(text):
                REQUESTS.decode(text)
                self.sent.append(text)
            case SendFrame(peer_id, frame):
                assert peer_id in self._connections
                self.sent.append(FRAMES.encode(frame))
            case FetchIceServers():
                self._is_fetching = True
            case Store(entry):
                self._to_store.append(self._kept(entry))
            case StartRoomTimer(timer, seconds):
                self._start(timer, seconds, lambda: self.room.timer_fired(timer, self.now))
            case StartSessionTimer(session_timer, seconds):
                self._start(session_timer, seconds, lambda: self.room.session_timer_fired(session_timer))
            case StartTypingTimer(peer_id, seconds):
                self._start(("typing", peer_id), seconds, lambda: self.room.typing_timer_fired(peer_id))
            case StopRoomTimer(timer):
                self._timers.pop(timer, None)
            case StopSessionTimer(session_timer):
                self._timers.pop(session_timer, None)
            case ForPeer(peer_id, of_peer):
                self._carry_out_for(peer_id, of_peer)
            case _:
                repr(effect)  # which shows it to developers, and has to work

    def _carry_out_for(self, peer_id: str, effect: ConnectionEffect) -> None:
        match effect:
            case CreatePeerConnection():
                assert peer_id not in self._connections
                self._connections.add(peer_id)
                self._signaling_state[peer_id] = "stable"
            case ClosePeerConnection():
                self._connections.discard(peer_id)
                self.channels.discard(peer_id)
                self._created.discard(peer_id)
                self._operations = deque(each for each in self._operations if each[0] != peer_id)
            case StartTimer(timer, seconds):
                self._start((peer_id, timer), seconds, lambda: self.room.link_timer_fired(peer_id, timer))
            case StopTimer(timer):
                self._timers.pop((peer_id, timer), None)
            case CountBytes() | FindPath() | SetLocalDescription() | SetRemoteDescription() | AddCandidate():
                self._operations.append((peer_id, effect))
            case CreateChannels() | RestartIce():
                self._created.add(peer_id)
                self._operations.append((peer_id, NegotiationNeeded()))

    def _start(self, key: object, seconds: float, fire: Callable[[], list[RoomEffect]]) -> None:
        assert 0 <= seconds <= MAX_TIMER_SECONDS, (key, seconds)
        self._timers.pop(key, None)
        self._timers[key] = fire
