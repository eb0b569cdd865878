"""A page of the simulated world: a real room, the driver that carries out its effects, and a person who writes."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from client_py.core.abilities import OURS, Abilities
from client_py.core.conversation import SendFrame, StartTypingTimer, Store
from client_py.core.frames import FRAMES, Features, Frame, ItemPart
from client_py.core.item_ids import without_author
from client_py.core.items import Item, Reaction, Text
from client_py.core.link import (
    ClosePeerConnection,
    CreateChannel,
    CreatePeerConnection,
    PeerConnectionEffect,
    RestartIce,
)
from client_py.core.models import Delivery, Status
from client_py.core.negotiation import AddCandidate, SetLocalDescription, SetRemoteDescription
from client_py.core.notices import DeliveryChanged, ItemAdded, MembersChanged, StatusChanged
from client_py.core.records import Entry
from client_py.core.room import (
    CountReceived,
    FindPath,
    OnPeerConnection,
    Room,
    RoomEffect,
    StartLinkTimer,
    StartRoomTimer,
    StopLinkTimer,
    StopRoomTimer,
    Visitor,
)
from client_py.core.rows import Place
from client_py.core.session import (
    CloseSocket,
    KeepResumeToken,
    Knock,
    OpenSocket,
    SendText,
    StartSessionTimer,
    StopSessionTimer,
)
from client_py.drivers.archive import Archive, kept
from client_py.drivers.memory_database import MemoryDatabase
from client_py.drivers.tasks import Tasks
from client_py.ports import ChannelCallbacks, ChannelClosed, OperationFailed, PeerConnectionCallbacks, SocketCallbacks
from tests.fakes.agenda import Action, Agenda, Pipe
from tests.fakes.server import Line, Server
from tests.fakes.webrtc import Internet, PeerConnection

LONG = "long " * 3_500
"""Travels in parts."""
INVARIANTS_CHECKED_EVERY = 7
"""Inputs; what is once broken seldom mends itself before the next look, and looking costs as much as all the rest."""
COUNTING = (0.0, 0.05)

Result = TypeVar("Result")
Decide = Callable[[], list[RoomEffect]]


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
    """A message of a person's own, and what became of it."""

    accounts: tuple[str, ...]
    """Who was in the room when it was written, as far as its writer knew."""
    says: str
    """Whose it is, and which (`said`)."""
    is_text: bool
    delivery: Delivery = Delivery.QUEUED


@dataclass(slots=True)
class Disk:
    """What a browser keeps when its pages end, under the name of one device."""

    device: str
    database: MemoryDatabase = field(default_factory=MemoryDatabase)
    resume_token: str | None = None
    held: set[str] = field(default_factory=set)
    """What the messages of others say that are safe here (`said`)."""
    ids_of_others: list[str] = field(default_factory=list)
    """The ids of those messages, as their authors made them."""
    written: dict[str, Written] = field(default_factory=dict)
    """Its person's messages by id, in the order in which they came to be safe here."""


class Page:
    """One page, from its opening on."""

    def __init__(
        self,
        place: str,
        account: str,
        disk: Disk,
        surroundings: Surroundings,
        numbers: itertools.count[int],
        abilities: Abilities = OURS,
    ) -> None:
        self.abilities = abilities
        """What its release can do."""
        self.place = place
        """Where it stands in the network; its messages say it too."""
        self.account = account
        self.disk = disk
        self.status = Status.CONNECTING
        self.received: dict[str, list[int]] = {}
        """The numbers of the messages that came in, by the place that wrote them, as they are shown."""
        self.reactions: set[str] = set()
        """What else came in while it was open (`said`)."""
        self._agenda, self._server, self._internet = surroundings.agenda, surroundings.server, surroundings.internet
        self._members: tuple[str, ...] = ()
        self._numbers = numbers
        self._addressees: dict[str, tuple[str, ...]] = {}
        """By message: who was in the room when it was written, as far as this page knew."""
        self._line: Line | None = None
        self._end_knock: Action = _nothing
        self._silent_until = 0.0
        self._to_store: deque[Entry] = deque()
        self._storing = Pipe(self._agenda, 0.0, surroundings.storing)
        self._timers: dict[object, Action] = {}
        self._connections: dict[str, PeerConnection] = {}
        self._effects: deque[RoomEffect] = deque()
        self._performing = False
        self._heard = 0
        self._ended = False
        self._asleep: list[tuple[Decide, Callable[[], bool]]] | None = None
        """What happens while it sleeps, to be heard when it wakes."""
        clock = _AgendaClock(self._agenda)
        self._archive = Archive(Place(account, "den"), disk.device, disk.database, clock, Tasks(_fail), _fail)
        snapshot = at_once(self._archive.load(disk.resume_token))
        for item in snapshot.items:
            self._add(item)
        for item in snapshot.pending:
            # Also those that are no messages of the transcript.
            self.disk.written[item.id].delivery = item.delivery or Delivery.QUEUED
        visitor = Visitor(account, disk.device, snapshot, abilities=abilities)
        self._room = Room("den", visitor, supported=True, random=self._agenda.random.random)

    @property
    def is_asleep(self) -> bool:
        """Whether it is frozen, and shows what it knew before."""
        return self._asleep is not None

    @property
    def has_open_channel(self) -> bool:
        """Whether there is a channel to anyone."""
        channels = [connection.channel for connection in self._connections.values()]
        return any(channel is not None and channel.ready_state == "open" for channel in channels)

    # What a person does, and what befalls them

    def enter(self) -> None:
        """Open the page."""
        self._hear(self._room.start)

    def write(self, *, long: bool = False, copied_id: str = "") -> None:
        """Send a message that says whose it is, and which; perhaps under the id of somebody else's."""
        if self._asleep is not None:
            return
        own_id, number = self._next_id()
        item_id, text = copied_id or own_id, f"{self.place} {number} {LONG if long else ''}"
        self._addressees[item_id] = self._members
        self._hear(lambda: self._room.typed(self._agenda.now))
        self._hear(lambda: self._room.text_submitted(item_id, text, self._agenda.now))

    def react(self) -> None:
        """Say something that is no message, with its own id in it."""
        if self._asleep is not None or "reaction" not in self.abilities.features:
            return
        item_id, _ = self._next_id()
        self._addressees[item_id] = self._members
        body = Reaction(self.place, item_id, "👍")
        self._hear(lambda: self._room.submitted(item_id, body, self._agenda.now))

    def _next_id(self) -> tuple[str, int]:
        number = next(self._numbers)
        return f"{self.place:0>8}-{number:08}", number

    def read(self, *, reading: bool) -> None:
        """Look at the page, or away from it."""
        self._hear(lambda: self._room.reading_changed(reading=reading))

    def lose_server(self) -> None:
        """Lose the connection to the server, without knowing it yet."""
        if self._line is not None:
            self._line.cut()

    def be_silenced(self, seconds: float) -> None:
        """Have a line to the server for some time that brings nothing, not even a refusal."""
        self.lose_server()
        self._silent_until = max(self._silent_until, self._agenda.now + seconds)

    def check(self) -> None:
        """Hear from the browser that the network is another, or that the page is seen again."""
        self._hear(lambda: self._room.checked(self._agenda.now))

    def sleep(self, seconds: float) -> None:
        """Be frozen for some time, with the machine or by the browser; what happens meanwhile is heard afterwards."""
        if self._asleep is None:
            self._asleep = []
            self.lose_server()
            self._agenda.after(seconds, self.wake)

    def close(self) -> None:
        """Leave the room, and close the page."""
        self.wake()
        self._hear(self._room.stop)
        self._end()

    def crash(self) -> None:
        """End without a word to anyone."""
        self.lose_server()
        for connection in self._connections.values():
            connection.vanish()
        self._end()

    def wake(self) -> None:
        """Wake up, and hear what was missed."""
        if self._asleep is not None:
            missed, self._asleep = self._asleep, None
            for decide, is_of_use in missed:
                self._hear(decide, is_of_use)
            self.check()

    def _end(self) -> None:
        self._ended = True
        self._storing.is_cut = True
        self._end_knock()
        for key in list(self._timers):
            self._stop_timer(key)

    # Effects

    def _hear(self, decide: Decide, is_of_use: Callable[[], bool] = lambda: True) -> None:
        """Give the room an input, when the page is awake; carry out what comes of it, and of that, in order."""
        if self._asleep is not None and not self._ended:
            self._asleep.append((decide, is_of_use))
            return
        if self._ended or not is_of_use():
            return
        self._effects.extend(decide())
        self._effects.extend(self._room.news())
        if self._performing:
            return
        self._performing = True
        while self._effects:
            self._carry_out(self._effects.popleft())
        self._performing = False
        self._heard += 1
        if self._heard % INVARIANTS_CHECKED_EVERY == 0:
            self._room.check_invariants()

    def _carry_out(self, effect: RoomEffect) -> None:  # noqa: C901, PLR0912 - a table of effects
        room = self._room
        match effect:
            case SendFrame(peer_id, frame):
                self._send_frame(peer_id, frame)
            case OnPeerConnection(peer_id, operation):
                self._on_peer_connection(peer_id, operation)
            case OpenSocket():
                self._open_line()
            case Knock():
                self._end_knock()
                self._end_knock = _nothing if self._is_silenced else self._server.knock(self._knocked)
            case CloseSocket():
                self._close_line()
            case SendText(text):
                if self._line is not None:
                    self._line.send(text)
            case KeepResumeToken(token):
                self._storing.carry(partial(setattr, self.disk, "resume_token", token))
            case Store(entry):
                self._to_store.append(entry)
                self._storing.carry(self._store_some)
            case StartSessionTimer(timer, seconds):
                self._start_timer(timer, seconds, partial(room.session_timer_fired, timer))
            case StopSessionTimer(timer) | StopRoomTimer(timer):
                self._stop_timer(timer)
            case StartRoomTimer(room_timer, seconds):
                self._start_timer(room_timer, seconds, lambda: room.timer_fired(room_timer, self._agenda.now))
            case StartLinkTimer(peer_id, link_timer, seconds):
                self._start_timer((peer_id, link_timer), seconds, partial(room.link_timer_fired, peer_id, link_timer))
            case StopLinkTimer(peer_id, link_timer):
                self._stop_timer((peer_id, link_timer))
            case StartTypingTimer(peer_id, seconds):
                self._start_timer(("typing", peer_id), seconds, partial(room.typing_timer_fired, peer_id))
            case FindPath(peer_id):
                self._hear(partial(room.path_found, peer_id, relayed=False, allocated=False))
            case CountReceived(peer_id):
                self._count_received(peer_id)
            case StatusChanged(line):
                self.status = line.status
            case MembersChanged(members):
                self._members = tuple(member.username for member in members)
            case ItemAdded(item):
                self._add(item)
            case DeliveryChanged(item_id, delivery):
                self.disk.written[item_id].delivery = delivery
            case _:
                pass  # unread, typing and warnings promise nothing

    def _start_timer(self, key: object, seconds: float, decide: Decide) -> None:
        self._stop_timer(key)
        call_off = self._timers[key] = self._agenda.after(
            seconds, lambda: self._hear(decide, lambda: self._timers.get(key) is call_off)
        )

    def _stop_timer(self, key: object) -> None:
        if (call_off := self._timers.pop(key, None)) is not None:
            call_off()

    # The transcript

    def _store_some(self) -> None:
        """Write the first entry, or some more with it in one transaction, unless one before it has done so."""
        if not self._to_store:
            return
        some = [self._to_store.popleft() for _ in range(self._agenda.random.randint(1, len(self._to_store)))]
        together = kept(some, at_once(self.disk.database.write(self._archive._changes(some))))
        for stored in together:
            if stored.entry.item is not None and stored.new:
                self._note_kept(stored.entry.item)
        self._hear(partial(self._room.stored, together))

    def _note_kept(self, item: Item) -> None:
        if item.is_written_here:
            is_text = isinstance(item.body, Text)
            self.disk.written[item.id] = Written(self._addressees[item.id], said(item), is_text=is_text)
        else:
            self.disk.held.add(said(item))
            self.disk.ids_of_others.append(without_author(item.id))

    def _add(self, item: Item) -> None:
        assert item.is_readable
        if item.is_written_here:
            self.disk.written[item.id].delivery = item.delivery or Delivery.QUEUED
        elif isinstance(item.body, Text):
            name, number = said(item).split(" ")
            self.received.setdefault(name, []).append(int(number))
        else:
            assert said(item) not in self.reactions, f"{said(item)} is there already"
            self.reactions.add(said(item))

    # The server

    def _open_line(self) -> None:
        self._close_line()
        room = self._room

        def is_open() -> bool:
            return self._line is line

        def closed(code: int) -> None:
            self._hear(partial(room.socket_closed, code), is_open)

        callbacks = SocketCallbacks(
            opened=lambda: self._hear(room.socket_opened, is_open),
            received=lambda text: self._hear(lambda: room.text_received(text, self._agenda.now), is_open),
            closed=closed,
        )
        line = self._line = self._server.open(self.account, callbacks)
        if self._is_silenced:
            line.swallow()

    @property
    def _is_silenced(self) -> bool:
        return self._agenda.now < self._silent_until

    def _knocked(self, answered: bool) -> None:  # noqa: FBT001 - what the server tells
        self._end_knock = _nothing
        self._hear(partial(self._room.knock_ended, answered=answered))

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
        room, is_open = self._room, self._is_in_use(peer_id, connection)

        def failed(reason: str) -> None:
            assert isinstance(effect, SetLocalDescription | SetRemoteDescription | AddCandidate)
            self._hear(partial(room.operation_failed, peer_id, effect, reason), is_open)

        match effect:
            case ClosePeerConnection():
                del self._connections[peer_id]
                connection.close()
            case CreateChannel():
                connection.create_channel(self._channel_callbacks(peer_id, is_open))
            case RestartIce():
                connection.restart_ice()
            case SetLocalDescription():
                connection.set_local_description(
                    lambda description: self._hear(partial(room.local_description_set, peer_id, description), is_open),
                    failed,
                )
            case SetRemoteDescription(description):
                connection.set_remote_description(
                    description, lambda: self._hear(partial(room.remote_description_set, peer_id), is_open), failed
                )
            case AddCandidate(candidate):
                connection.add_ice_candidate(candidate, failed)

    def _create_connection(self, peer_id: str) -> None:
        assert peer_id not in self._connections
        room = self._room

        def is_open() -> bool:
            return self._connections.get(peer_id) is connection

        def hear(decide: Callable[..., list[RoomEffect]]) -> Callable[..., None]:
            return lambda *arguments: self._hear(partial(decide, peer_id, *arguments), is_open)

        callbacks = PeerConnectionCallbacks(
            negotiation_needed=hear(room.negotiation_needed),
            candidate_gathered=hear(room.candidate_gathered),
            signaling_state_changed=hear(room.signaling_state_changed),
            connection_state_changed=hear(room.connection_state_changed),
            candidate_failed=hear(room.candidate_failed),
            channel_offered=hear(room.channel_offered),
        )
        try:
            connection = self._connections[peer_id] = self._internet.create(self.place, callbacks)
        except OperationFailed as error:
            self._hear(partial(room.creation_failed, peer_id, error.reason))

    def _is_in_use(self, peer_id: str, connection: PeerConnection) -> Callable[[], bool]:
        return lambda: self._connections.get(peer_id) is connection

    def _channel_callbacks(self, peer_id: str, is_open: Callable[[], bool]) -> ChannelCallbacks:
        room = self._room
        return ChannelCallbacks(
            opened=lambda: self._hear(partial(room.channel_opened, peer_id), is_open),
            received=lambda text: self._hear(partial(self._frame_received, peer_id, text), is_open),
            overrun=lambda kind: self._hear(partial(room.frames_overrun, peer_id, kind), is_open),
            closed=lambda: self._hear(partial(room.channel_closed, peer_id), is_open),
        )

    def _frame_received(self, peer_id: str, text: str) -> list[RoomEffect]:
        frame = FRAMES.decode(text)
        if isinstance(frame, ItemPart):
            known = {"text", *self.abilities.features}  # a kind needs the feature of its own name
            assert frame.kind in known, f"{self.place} cannot take {frame.kind}"
        assert self.abilities.has_items or not isinstance(frame, ItemPart | Features), f"{self.place} is too old"
        return self._room.frame_received(peer_id, text)

    def _count_received(self, peer_id: str) -> None:
        connection = self._connections.get(peer_id)
        if connection is not None:
            is_open = self._is_in_use(peer_id, connection)
            count = connection.bytes_received
            self._agenda.within(
                *COUNTING, lambda: self._hear(partial(self._room.bytes_counted, peer_id, count), is_open)
            )

    def _send_frame(self, peer_id: str, frame: Frame) -> None:
        connection = self._connections.get(peer_id)
        if connection is None or connection.channel is None:
            return
        with suppress(ChannelClosed):  # the room hears of it in a moment
            connection.channel.send(FRAMES.encode(frame))


@dataclass(frozen=True, slots=True)
class _AgendaClock:
    agenda: Agenda

    def now(self) -> float:
        """Give the time of the world."""
        return self.agenda.now

    def call_later(self, seconds: float, callback: Action) -> Action:
        """Call back later."""
        return self.agenda.after(seconds, callback)


def said(item: Item) -> str:
    """Return whose an item is, and which, by what it says: its id may be a lie."""
    if isinstance(item.body, Reaction):
        return f"{item.body.author} {int(item.body.target[-8:])}"
    name, number, _ = item.text.split(" ", 2)
    return f"{name} {number}"


def at_once(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run what awaits nothing that takes time."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    raise AssertionError("it waits for something")


def _nothing() -> None:
    pass


def _fail(reason: object) -> None:
    raise AssertionError(reason)
