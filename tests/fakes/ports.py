"""Fakes for the seams of `client_py.ports`: they record what they are asked for, and act when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from client_py.drivers.memory_database import MemoryDatabase
from client_py.ports.attention import SystemNotification
from client_py.ports.disposal import Dispose
from client_py.ports.server import OriginRefused, Response, SocketCallbacks, Unreachable
from client_py.ports.storage import Change, Key, StorageFailed, StorageFault
from client_py.ports.webrtc import (
    BinaryData,
    ChannelCallbacks,
    ChannelClosed,
    ChannelOptions,
    Configuration,
    OperationFailed,
    PeerConnectionCallbacks,
    SelectedPath,
)
from protocol.http import LOGOUT_PATH
from protocol.webrtc import Candidate, Description


class FakeClock:
    """A clock that stands still until the test moves it."""

    def __init__(self, now: float = 1_000_000.0) -> None:
        self._now = now
        self._timers: dict[object, tuple[float, Callable[[], None]]] = {}

    @property
    def running(self) -> list[float]:
        """Return the seconds that each running timer still has, the soonest first."""
        return sorted(due - self._now for due, _ in self._timers.values())

    def now(self) -> float:
        """Return the time that the test has set."""
        return self._now

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Dispose:
        """Start a timer."""
        key = object()
        self._timers[key] = (self._now + seconds, callback)
        return lambda: self._timers.pop(key, None) and None

    def sleep(self, seconds: float) -> None:
        """Let time go by of which no timer takes notice, as in a machine that sleeps."""
        self._now += seconds
        self._timers = {key: (due + seconds, callback) for key, (due, callback) in self._timers.items()}

    def advance(self, seconds: float) -> None:
        """Let time go by, and fire what comes due, in order."""
        end = self._now + seconds
        while due := sorted(
            (moment, index) for index, (moment, _) in enumerate(self._timers.values()) if moment <= end
        ):
            moment, index = due[0]
            key = list(self._timers)[index]
            _, callback = self._timers.pop(key)
            self._now = moment
            callback()
        self._now = end


class FakeRandom:
    """Chance without chance: the middle of every range, and tokens that count."""

    def __init__(self) -> None:
        self._count = 0

    def random(self) -> float:
        """Return the middle."""
        return 0.5

    def token(self) -> str:
        """Return the next token."""
        self._count += 1
        return f"token-{self._count:016}"


class FakeStore(dict[str, str]):
    """A store that is a dictionary."""

    def put(self, key: str, value: str) -> None:
        """Keep a string."""
        self[key] = value

    def remove(self, key: str) -> None:
        """Forget a key."""
        self.pop(key, None)


class FakeDatabase(MemoryDatabase):
    """A database whose writes wait for the test, or fail, when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.open_for_writing = asyncio.Event()
        self.open_for_writing.set()
        self.failing = self.unreadable = self.hanging = False
        self.written: list[Sequence[Change]] = []
        """What each transaction changed."""
        self.reads: list[tuple[Key, dict[str, Any]]] = []
        """The prefix and the limits of each reading."""
        self.handles = 0
        """How many hold it open."""

    async def write(self, changes: Sequence[Change]) -> Sequence[Key | None]:
        """Make all changes, or none."""
        await self.open_for_writing.wait()
        if self.failing:
            raise StorageFailed(StorageFault.FULL)
        self.written.append(changes)
        return await super().write(changes)

    async def read(self, prefix: Key, **limits: Any) -> Sequence[tuple[Key, str]]:
        """Return rows, or fail, or never come back."""
        if self.hanging:
            await asyncio.get_running_loop().create_future()
        if self.unreadable:
            raise StorageFailed(StorageFault.FAILED, "The disk does not answer.")
        self.reads.append((prefix, limits))
        return await super().read(prefix, **limits)

    def close(self) -> None:
        """Note that somebody let go of it."""
        self.handles -= 1


@dataclass
class FakeLocation:
    """An address bar, with what lies before and after it in the history."""

    path: str = "/"
    fragment: str = ""
    back: list[str] = field(default_factory=list)
    forward: list[str] = field(default_factory=list)
    watchers: list[Callable[[], None]] = field(default_factory=list)
    reloads: int = 0

    def url_of(self, path: str) -> str:
        """Return a whole address."""
        return f"https://chat.example{path}"

    def push(self, path: str) -> None:
        """Go to a path, after which there is nothing to go forward to."""
        self.back.append(self.path)
        self.path, self.fragment = path, ""
        self.forward.clear()

    def replace(self, path: str) -> None:
        """Be elsewhere without a step of the history."""
        self.path = path
        self.fragment = ""

    def reload(self) -> None:
        """Note it."""
        self.reloads += 1

    def on_change(self, callback: Callable[[], None]) -> Dispose:
        """Note whom to tell."""
        self.watchers.append(callback)
        return lambda: self.watchers.remove(callback)

    def go_back(self) -> None:
        """Let a person go back."""
        self.forward.append(self.path)
        self._arrive(self.back.pop())

    def go_forward(self) -> None:
        """Let a person go forward."""
        self.back.append(self.path)
        self._arrive(self.forward.pop())

    def open_fragment(self, fragment: str) -> None:
        """Let a person open a link to where they are, but for what stands behind its `#`."""
        self.fragment = fragment
        for callback in tuple(self.watchers):
            callback()

    def _arrive(self, path: str) -> None:
        self.path = path
        for callback in tuple(self.watchers):
            callback()


@dataclass
class FakeDatabases:
    """One browser's storage, which outlives the pages that open it."""

    database: FakeDatabase = field(default_factory=FakeDatabase)
    refusing: bool = False
    refusal: StorageFailed = field(default_factory=lambda: StorageFailed(StorageFault.FORBIDDEN))
    take_away: Callable[[], None] = lambda: None
    """Takes it away from who opened it last."""

    async def open(self, closed: Callable[[], None]) -> FakeDatabase:
        """Open it, or refuse."""
        await asyncio.sleep(0)
        if self.refusing:
            raise self.refusal
        self.take_away = closed
        self.database.handles += 1
        return self.database


@dataclass
class FakeLocks:
    """The names that are held in one browser."""

    supported: bool = True
    refusing: bool = False
    held: set[str] = field(default_factory=set)

    async def claim(self, name: str, patience: float) -> Dispose | None:
        """Take a name that nobody holds; one that is held is not let go of meanwhile."""
        del patience
        await asyncio.sleep(0)
        if self.refusing:
            raise StorageFailed(StorageFault.NO_LOCKS)
        if name in self.held:
            return None
        self.held.add(name)
        return lambda: self.held.discard(name)


@dataclass
class FakeDownloads:
    """The files that were saved: name, media type and text."""

    saved: list[tuple[str, str, str]] = field(default_factory=list)

    def save(self, name: str, media_type: str, text: str) -> None:
        """Note a file."""
        self.saved.append((name, media_type, text))


@dataclass
class FakeNotifications:
    """Notes what is shown, as long as the person allows it."""

    permission: str = "granted"
    answer: str = "granted"
    """What the person says when the browser asks."""
    asked: int = 0
    shown: dict[str, SystemNotification] = field(default_factory=dict)
    """Those that are there, by tag."""
    alerts: list[SystemNotification] = field(default_factory=list)
    """All that showed up."""
    clicked: Callable[[str, str], None] = lambda _room, _message_id: None

    def ask(self, answered: Callable[[], None]) -> None:
        """Let the person answer."""
        self.asked += 1
        self.permission = self.answer
        answered()

    def show(self, notification: SystemNotification) -> None:
        """Show one."""
        assert self.permission == "granted"
        self.shown[notification.tag] = notification
        if notification.is_alert:
            self.alerts.append(notification)

    def close(self, tag: str) -> None:
        """Take one away."""
        self.shown.pop(tag, None)

    def on_click(self, callback: Callable[[str, str], None]) -> Dispose:
        """Be told of clicks."""
        self.clicked = callback
        return lambda: None


@dataclass
class FakeSound:
    """Counts how often it was made."""

    played: int = 0

    def play(self) -> None:
        """Make it."""
        self.played += 1


@dataclass
class FakeAppBadge:
    """Notes the number."""

    count: int = 0

    def show(self, count: int) -> None:
        """Show a number."""
        self.count = count


@dataclass
class FakeRelease:
    """The page's host, which the test has serve another release."""

    current: str = "this"
    offered: str | None = "this"
    asked: int = 0

    async def newest(self) -> str | None:
        """Return what the host serves."""
        self.asked += 1
        await asyncio.sleep(0)
        return self.offered


@dataclass
class FakeReachabilityProbe:
    """Is answered when the test says so; what is called off is seen by its future."""

    asked: list[asyncio.Future[bool]] = field(default_factory=list)

    async def ask(self) -> bool:
        """Wait for the test."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.asked.append(answer)
        return await answer


@dataclass
class FakeHttp:
    """Answers requests with what the test has laid ready, in order; nothing laid ready means no network."""

    answers: list[Response | OriginRefused] = field(default_factory=list)
    requests: list[tuple[str, str, str | None]] = field(default_factory=list)
    standing: dict[str, Response] = field(default_factory=dict)
    """How each address answers, as often as it is asked, where the test cares for no order."""

    async def post(self, path: str, body: str, *, token: str | None = None, outlives_page: bool = False) -> Response:
        """Return the next answer."""
        assert outlives_page is (path == LOGOUT_PATH)
        self.requests.append((path, body, token))
        await asyncio.sleep(0)
        if path in self.standing:
            return self.standing[path]
        if not self.answers:
            raise Unreachable
        answer = self.answers.pop(0)
        if isinstance(answer, OriginRefused):
            raise answer
        return answer

    async def get(self, path: str, *, token: str) -> Response:
        """Return the next answer."""
        return await self.post(path, "", token=token)


@dataclass
class FakeSocket:
    """A WebSocket at whose other end the test sits."""

    path: str
    subprotocols: Sequence[str]
    callbacks: SocketCallbacks
    sent: list[str] = field(default_factory=list)
    closed: bool = False

    def send(self, text: str) -> None:
        """Note the text."""
        assert not self.closed
        self.sent.append(text)

    def close(self) -> None:
        """Close it."""
        self.closed = True


@dataclass
class FakeSockets:
    """Notes the sockets that were opened."""

    opened: list[FakeSocket] = field(default_factory=list)

    def open(self, path: str, subprotocols: Sequence[str], callbacks: SocketCallbacks) -> FakeSocket:
        """Open a fake."""
        self.opened.append(FakeSocket(path, subprotocols, callbacks))
        return self.opened[-1]


@dataclass
class FakeChannel:
    """A data channel at whose other end the test sits."""

    options: ChannelOptions
    callbacks: ChannelCallbacks
    sent: list[str] = field(default_factory=list)
    sent_binary: list[bytes] = field(default_factory=list)
    broken: bool = False
    closed: bool = False
    buffered_amount: int = 0
    """What was sent in binary, until the test lets it drain."""
    buffered_amount_low_threshold: int = 0
    waiting: list[Callable[[], None]] = field(default_factory=list)

    def send(self, text: str) -> None:
        """Note the frame, or refuse it."""
        if self.broken:
            raise ChannelClosed
        self.sent.append(text)

    @property
    def is_open(self) -> bool:
        """Whether the test lets it be used."""
        return not (self.broken or self.closed)

    def send_binary(self, data: BinaryData) -> None:
        """Note the bytes, or refuse them."""
        if not self.is_open:
            raise ChannelClosed
        self.sent_binary.append(data.to_bytes())
        self.buffered_amount += data.size

    def on_buffered_amount_low(self, callback: Callable[[], None]) -> Dispose:
        """Note who waits."""
        self.waiting.append(callback)
        return lambda: self.waiting.remove(callback)

    def drain(self, left: int = 0, *, silently: bool = False) -> None:
        """Let what is buffered be sent, but for `left` bytes; `silently` as where an event is lost."""
        self.buffered_amount = left
        if left <= self.buffered_amount_low_threshold and not silently:
            self.tell()

    def tell(self) -> None:
        """Tell those who wait."""
        for callback in list(self.waiting):
            callback()

    def close(self) -> None:
        """Close it."""
        self.closed = True
        self.tell()


@dataclass
class FakeBinaryData:
    """Binary data of a test's."""

    content: bytes
    releases: int = 0

    @property
    def size(self) -> int:
        """Return the length."""
        return len(self.content)

    def to_bytes(self) -> bytes:
        """Return the bytes."""
        assert not self.releases
        return self.content

    def release(self) -> None:
        """Note it."""
        self.releases += 1


@dataclass
class FakePeerConnection:
    """A peer connection that does what it is told, and fails where the test says so."""

    configuration: Configuration
    callbacks: PeerConnectionCallbacks
    done: list[object] = field(default_factory=list)
    channels: list[FakeChannel] = field(default_factory=list)
    failing: bool = False
    path: SelectedPath | None = None
    looked_after: list[list[object]] = field(default_factory=list)
    """What was done each time that the path was asked for."""
    received: int | None = 0
    closed: bool = False
    refusing_configurations: bool = False

    async def set_local_description(self) -> Description:
        """Make an offer."""
        await self._work("set_local_description")
        return Description("offer", "a=ice-ufrag:mine\r\na=fingerprint:sha-256 AA")

    async def set_remote_description(self, description: Description) -> None:
        """Apply a description."""
        await self._work(description)

    async def add_ice_candidate(self, candidate: Candidate) -> None:
        """Apply a candidate."""
        await self._work(candidate)

    def restart_ice(self) -> None:
        """Note it."""
        self.done.append("restart_ice")

    def configure(self, configuration: Configuration) -> None:
        """Note the configuration, or refuse it."""
        if self.refusing_configurations:
            raise OperationFailed("bad configuration")
        self.configuration = configuration
        self.done.append("configure")

    def create_data_channel(self, options: ChannelOptions, callbacks: ChannelCallbacks) -> FakeChannel:
        """Create a fake channel."""
        self.channels.append(FakeChannel(options, callbacks))
        return self.channels[-1]

    async def selected_path(self) -> SelectedPath | None:
        """Return the path that the test has set."""
        self.looked_after.append(list(self.done))
        await asyncio.sleep(0)
        return self.path

    async def bytes_received(self) -> int | None:
        """Return the count that the test has set."""
        await asyncio.sleep(0)
        return self.received

    def close(self) -> None:
        """Close it."""
        self.closed = True

    async def _work(self, what: object) -> None:
        await asyncio.sleep(0)
        if self.failing:
            raise OperationFailed("no")
        self.done.append(what)


@dataclass
class FakePeerConnections:
    """Notes the peer connections that were made."""

    supported: bool = True
    refusing: bool = False
    created: list[FakePeerConnection] = field(default_factory=list)

    def create(self, configuration: Configuration, callbacks: PeerConnectionCallbacks) -> FakePeerConnection:
        """Create a fake, or refuse."""
        if self.refusing:
            raise OperationFailed("bad configuration")
        self.created.append(FakePeerConnection(configuration, callbacks))
        return self.created[-1]


async def settle() -> None:
    """Let the tasks run until they all wait for something outside."""
    # The fakes answer after one turn of the loop; a chain of a few of them is done after a few turns.
    for _ in range(60):
        await asyncio.sleep(0)
