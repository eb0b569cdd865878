"""Runs the room machine: carries out its effects on the ports, and reports to it what comes of them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from client_py.core.channels import CHANNELS, ChannelSpec, Data, features_of
from client_py.core.conversation.conversation import SendFrame, Store
from client_py.core.conversation.database_rows import Place
from client_py.core.conversation.features import OURS, Abilities
from client_py.core.conversation.history_export import ExportFormat, ExportWords
from client_py.core.conversation.history_records import Kept
from client_py.core.conversation.items import Body, Item
from client_py.core.conversation.notices import HistoryLoaded
from client_py.core.conversation.sharing import EVERYTHING, Sharing
from client_py.core.conversation.typing_indicator import StartTypingTimer
from client_py.core.notices import DraftLoaded, Notice, ReadingChanged, RetentionChanged
from client_py.core.retention import Retention
from client_py.core.room import (
    ConfigureConnections,
    FetchIceServers,
    ForPeer,
    HandOver,
    Room,
    RoomEffect,
    StartRoomTimer,
    StopRoomTimer,
    Visitor,
    Warn,
)
from client_py.core.server.session import (
    CloseSocket,
    KeepResumeToken,
    LoginRefused,
    OpenSocket,
    ProbeServer,
    SendText,
    StartSessionTimer,
    StopSessionTimer,
)
from client_py.drivers.draft_storage import DraftStorage
from client_py.drivers.history_requests import HistoryRequests
from client_py.drivers.history_storage import HistoryStorage
from client_py.drivers.peer_connections import RoomPeerConnections
from client_py.drivers.retention import RetentionDriver, StoragePorts
from client_py.drivers.room_inputs import Input
from client_py.drivers.server_clock import ServerClock
from client_py.drivers.signaling_connection import ServerPorts, SignalingConnection
from client_py.drivers.tasks import Tasks
from client_py.drivers.timers import Timers
from client_py.ports.page import Downloads
from client_py.ports.webrtc import Configuration, DataChannel, PeerConnections


@dataclass(frozen=True, slots=True)
class RoomPorts:
    """What a room stands on."""

    server: ServerPorts
    peer_connections: PeerConnections
    keeping: StoragePorts
    downloads: Downloads


def _let_go(_peer_id: str, _channel: ChannelSpec, data: Data) -> None:
    if not isinstance(data, str):
        data.release()


def _not_at_all() -> float:
    return 0.0


def _everything() -> Sharing:
    return EVERYTHING


@dataclass(frozen=True, slots=True)
class RoomCallbacks:
    """Who is told what a room does."""

    show: Callable[[Notice], None]
    login_refused: Callable[[str], None]
    """Is told which token the server does not take."""
    warn: Callable[[str], None]
    token: Callable[[], str]
    """Return the token that is valid now."""
    relay_only: Callable[[], bool]
    """Tells whether the person wants to connect through a relay only, as this device remembers it."""
    server_ahead: Callable[[], float] = _not_at_all
    """Returns by how many seconds the server's clock is ahead of ours, as far as is known."""
    hand_over: Callable[[str, ChannelSpec, Data], None] = _let_go
    """Takes what a peer has sent over a channel other than `chat`; binary data has to be released there."""
    formerly: str = ""
    """The name under which the person has been a guest in this room, if they have."""
    sharing: Callable[[], Sharing] = _everything
    """Returns what the person lets others know."""


@dataclass(frozen=True, slots=True)
class Repertoire:
    """What a page can do. Every page has all there is; tests have pages of before, and pages of after."""

    abilities: Abilities = OURS
    channels: Sequence[ChannelSpec] = CHANNELS


REPERTOIRE = Repertoire()


class Ending(Protocol):
    """A visit that was left, or what else has to be over before the next one begins."""

    async def closed(self) -> None:
        """Wait until it has nothing more to write."""
        ...


class RoomDriver:
    """One visit to a room, from entering it to leaving it."""

    def __init__(
        self,
        name: str,
        username: str,
        ports: RoomPorts,
        callbacks: RoomCallbacks,
        tasks: Tasks,
        repertoire: Repertoire = REPERTOIRE,
    ) -> None:
        self._name = name
        self._username = username
        self._ports = ports
        self._callbacks = callbacks
        self._tasks = tasks
        self._clock = ports.keeping.clock
        self._random = ports.keeping.random
        self._timers = Timers(self._clock)
        self._server_clock = ServerClock(self._clock, callbacks.server_ahead)
        """By which credentials end, and which is right where ours is wrong."""
        self._server = SignalingConnection(ports.server, self._server_clock, callbacks.token, self._hear, tasks)
        self._links = RoomPeerConnections(
            ports.peer_connections, self._configuration, self._hear, self._timers, tasks, repertoire.channels
        )
        self._abilities = repertoire.abilities.with_features(features_of(repertoire.channels))
        self._effects: deque[RoomEffect] = deque()
        self._performing = False
        self._stopped = False
        self._retention = RetentionDriver(
            Place(username, name), ports.keeping, tasks, self._retention_changed, callbacks.formerly
        )
        self._drafts = DraftStorage(Place(username, name), ports.keeping.store, ports.keeping.tab, self._clock)
        self._history = HistoryRequests(name, self._storage, ports.downloads, self._show, callbacks.warn, tasks)
        self._opening: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self._machine: Room | None = None
        self._early: list[Input] = []
        """What came in before the room was there to hear it."""

    # What the person and the page do

    def start(self, *, after: Ending | None = None) -> None:
        """Enter the room, with what this browser has kept of it; `after` is the visit that this page has just left."""
        self._opening = self._tasks.spawn(self._open(after))

    def stop(self) -> None:
        """Leave the room, and leave nothing of it behind but what is kept."""
        self._stopped = True
        self._drafts.close()
        self._history.end_search()
        if self._machine is not None:
            self._perform(self._machine.stop())
        self._server.stop()
        self._timers.stop_all()
        self._closing = self._tasks.spawn(self._close())

    async def closed(self) -> None:
        """Wait until a visit that was left has nothing more to write, and its device is free."""
        if self._closing is not None:
            await asyncio.wait({self._closing})

    def send(self, text: str) -> None:
        """Write a message."""
        item_id, now = self._random.token(), self._clock.now()
        self._hear(lambda room: room.text_submitted(item_id, text, now))

    def say(self, body: Body) -> None:
        """Say something in another way than by a message."""
        item_id, now = self._random.token(), self._clock.now()
        self._hear(lambda room: room.submitted(item_id, body, now))

    def typed(self) -> None:
        """A key was pressed in the composer."""
        self._hear(lambda room: room.typed(self._clock.now()))

    def reading_changed(self, reading: bool) -> None:  # noqa: FBT001 - the view's name for a state
        """The newest message came before the person's eyes, or is no longer there."""
        self._hear(lambda room: room.reading_changed(reading=reading))
        self._show(ReadingChanged(reading))

    def draft_changed(self, text: str) -> None:
        """Another text stands in the composer."""
        self._drafts.changed(text)

    def keep_draft(self) -> None:
        """The page may be about to end: keep what stands in the composer."""
        self._drafts.write()

    def checked(self) -> None:
        """The network may be another, or the page is seen again, or no longer."""
        self.keep_draft()
        self._hear(lambda room: room.checked(self._server_clock.now()))

    def login_renewed(self) -> None:
        """The person has a login again that the server may take."""
        token = self._callbacks.token()
        self._hear(lambda room: [*room.token_changed(token), *room.login_renewed()])

    def token_changed(self) -> None:
        """The login has another token than before."""
        token = self._callbacks.token()
        self._hear(lambda room: room.token_changed(token))

    def relay_only_requested(self) -> None:
        """The wish to connect through a relay only may have been changed, here or in another tab."""
        self._hear(lambda room: room.relay_only_requested(only=self._callbacks.relay_only()))

    def sharing_changed(self) -> None:
        """The person lets others know more or less of them, here or in another tab."""
        self._hear(lambda room: room.sharing_changed(self._callbacks.sharing()))

    # What else is sent

    def channel(self, peer_id: str, spec: ChannelSpec) -> DataChannel | None:
        """Return a channel to a peer, if it is open and both sides have it."""
        if self._machine is None or not self._machine.may_send(peer_id, spec):
            return None
        return self._links.channel(peer_id, spec)

    # What the person asks of the history

    def load_earlier(self, oldest: str) -> None:
        """Show messages from before the one with this id."""
        self._tasks.spawn(self._history.load_earlier(oldest))

    def load_later(self, newest: str) -> None:
        """Show the messages after the one with this id."""
        self._tasks.spawn(self._history.load_later(newest))

    def load_newest(self) -> None:
        """Show the end of the conversation."""
        self._tasks.spawn(self._history.load_newest())

    def search(self, query: str) -> None:
        """Look for messages."""
        self._history.search(query)

    def end_search(self) -> None:
        """Look for nothing any more."""
        self._history.end_search()

    def export(self, form: ExportFormat, words: ExportWords) -> None:
        """Save the whole history as a file."""
        self._tasks.spawn(self._history.export(form, words))

    async def history(self) -> list[Item]:
        """Return all that was said, the oldest first; StorageFailed where it cannot be read."""
        return await (await self._storage()).everything()

    def clear_history(self) -> None:
        """Forget what was said, but for what has yet to be delivered."""
        self._tasks.spawn(self._history.clear())

    def set_keeping(self, kept: bool) -> None:  # noqa: FBT001 - the view's name for a state
        """Keep what is said in this browser, or nothing."""
        self._tasks.spawn(self._set_keeping(kept=kept))

    def retention_requested(self) -> None:
        """The wish to keep messages may have been changed in another tab."""
        self._tasks.spawn(self._look_at_wish())

    async def _open(self, after: Ending | None) -> None:
        if after is not None:
            # It still is the device that this visit wants to be, and keeps what it has yet to send. No limit: what it
            # waits for is the database, and this visit would wait for that too.
            await after.closed()
        snapshot = await self._retention.open()
        self._retention.storage.stored = self._stored
        visitor = Visitor(
            self._username,
            self._retention.storage.device,
            snapshot,
            relay_only=self._callbacks.relay_only(),
            abilities=self._abilities,
            formerly=self._callbacks.formerly,
            sharing=self._callbacks.sharing(),
        )
        room = self._machine = Room(
            self._name, visitor, supported=self._ports.peer_connections.supported, random=self._random.random
        )
        if not self._stopped:
            self._show(HistoryLoaded(snapshot.items, snapshot.has_earlier))
            if draft := self._drafts.read():
                self._show(DraftLoaded(draft))
            self._perform(room.start())
        # Also where the room was left meanwhile: what was written is kept, and sent at the next visit.
        for decide in self._early:
            self._perform(decide(room))
        self._early.clear()

    async def _close(self) -> None:
        if self._opening is not None:
            await asyncio.wait({self._opening})
        await self._retention.close()

    async def _storage(self) -> HistoryStorage:
        """Return the history as soon as it is open."""
        if self._opening is not None:
            await asyncio.wait({self._opening})
        return self._retention.storage

    async def _set_keeping(self, *, kept: bool) -> None:
        await self._storage()
        await self._retention.set_keeping(kept=kept)

    async def _look_at_wish(self) -> None:
        await self._storage()
        await self._retention.look_at_wish()

    def check_invariants(self) -> None:
        """Assert what always holds between two inputs; for tests."""
        assert not self._effects  # noqa: S101
        if self._machine is not None:
            self._machine.check_invariants()

    # Inputs and effects

    def _show(self, notice: Notice) -> None:
        if not self._stopped:  # or it would be shown in the room that the page is in by then
            self._callbacks.show(notice)

    @property
    def _room(self) -> Room:
        assert self._machine is not None  # noqa: S101 - only what its effects made calls back
        return self._machine

    def _configuration(self) -> Configuration:
        return Configuration(self._room.ice_servers, self._room.relay_only)

    def _retention_changed(self, keeping: Retention) -> None:
        self._drafts.retention_changed(keeping)
        self._show(RetentionChanged(keeping))

    def _hear(self, decide: Input) -> None:
        """Give the room an input, as soon as it is there."""
        if self._machine is None:
            self._early.append(decide)
        else:
            self._perform(decide(self._machine))

    def _stored(self, together: Sequence[Kept]) -> None:
        if not self._stopped:
            self._perform(self._room.stored(together))

    def _perform(self, effects: list[RoomEffect]) -> None:
        """Carry out effects in the order in which they were decided, also those that come up on the way."""
        self._effects.extend(effects)
        self._effects.extend(self._room.news())
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
                self._links.send(peer_id, frame)
            case ForPeer(peer_id, of_peer):
                self._links.carry_out(peer_id, of_peer)
            case HandOver(peer_id, channel, data):
                self._callbacks.hand_over(peer_id, channel, data)
            case ConfigureConnections():
                self._links.configure()
            case OpenSocket() | ProbeServer() | CloseSocket() | SendText() | FetchIceServers():
                self._server.carry_out(effect)
            case Store(entry):
                self._retention.storage.store(entry)
            case KeepResumeToken(token):
                self._retention.storage.keep_resume_token(token)
            case StartRoomTimer(room_timer, seconds):
                timers.start(
                    room_timer, seconds, lambda: self._perform(room.timer_fired(room_timer, self._server_clock.now()))
                )
            case StopRoomTimer(room_timer):
                timers.stop(room_timer)
            case StartSessionTimer(timer, seconds):
                timers.start(timer, seconds, lambda: self._perform(room.session_timer_fired(timer)))
            case StopSessionTimer(timer):
                timers.stop(timer)
            case StartTypingTimer(peer_id, seconds):
                timers.start(("typing", peer_id), seconds, lambda: self._perform(room.typing_timer_fired(peer_id)))
            case LoginRefused():
                self._callbacks.login_refused(self._server.presented_token)
            case Warn(sentence):
                self._callbacks.warn(sentence)
            case _ if isinstance(effect, Notice):
                self._show(effect)
            case _:
                assert_never(effect)
