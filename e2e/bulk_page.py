"""What `test_channels.py` finds in a `PythonPage`: a room without a view, with a second channel that carries bytes."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from typing import Any

import js
from pyodide.ffi import to_js

from client_py.browser.clock import BrowserClock
from client_py.browser.downloads import BrowserDownloads
from client_py.browser.http import BrowserHttp
from client_py.browser.indexed_db_opening import BrowserDatabases
from client_py.browser.interop import Callbacks
from client_py.browser.local_storage import BrowserStore
from client_py.browser.locks import BrowserLocks
from client_py.browser.peer_connection import BrowserBinaryData, BrowserPeerConnections
from client_py.browser.random import BrowserRandom
from client_py.browser.reachability_probe import BrowserReachabilityProbe
from client_py.browser.server_endpoint import Server
from client_py.browser.websocket import BrowserSockets
from client_py.core.channels import BINARY_BUDGETS, CHANNELS, ChannelKind, ChannelSpec, Data
from client_py.core.conversation.delivery import Direction
from client_py.core.conversation.items import Text
from client_py.core.conversation.notices import ItemAdded
from client_py.core.notices import MembersChanged, Notice
from client_py.drivers.binary_sender import BinarySender
from client_py.drivers.retention import StoragePorts
from client_py.drivers.room import Repertoire, RoomCallbacks, RoomDriver, RoomPorts
from client_py.drivers.signaling_connection import ServerPorts
from client_py.drivers.tasks import Tasks
from protocol.http import HEALTH_PATH, PROBE_SUBPROTOCOL, SOCKET_PATH

BULK = ChannelSpec("bulk", 1, ChannelKind.BINARY, BINARY_BUDGETS, feature="bulk")
CHUNK_BYTES = 16_384
ACKNOWLEDGED_EVERY_BYTES = 262_144
MEASURED_EVERY_BYTES = 25 * 1_048_576


WINDOW: Any = js
"""With what the test has put there."""


def precise_now() -> float:
    """Return the time, in milliseconds since the epoch and parts of them."""
    return float(WINDOW.performance.timeOrigin + WINDOW.performance.now())


class Visit:
    """One person in a room, from entering it to leaving it; `has_bulk` is not so of a page of a release before."""

    def __init__(self, room: str, username: str, token: str, *, has_bulk: bool = True) -> None:
        self.failures: list[str] = []
        self.warnings: list[str] = []
        self.delays: list[float] = []
        """Of the messages of the other side in seconds, in the order in which they came."""
        self.texts: list[str] = []
        self.received = 0
        self.most_buffered = 0
        self.measured: list[tuple[int, int]] = []
        """The WebAssembly heap in bytes, and the objects that Python's garbage collector knows."""
        self.seconds: float | None = None
        """How long the transfer took, once it is over."""
        self._peer_id: str | None = None
        self._sender: BinarySender | None = None
        self._expected = 0
        self._is_over = asyncio.Event()
        callbacks = Callbacks(self._failed)
        self._clock = BrowserClock(callbacks)
        self._tasks = Tasks(self._failed)
        server = Server(HEALTH_PATH, SOCKET_PATH, PROBE_SUBPROTOCOL)
        random = BrowserRandom()
        store, tab = BrowserStore(), BrowserStore("sessionStorage")
        ports = RoomPorts(
            ServerPorts(
                BrowserReachabilityProbe(server, callbacks), BrowserSockets(server, callbacks), BrowserHttp(server)
            ),
            BrowserPeerConnections(callbacks),
            StoragePorts(BrowserDatabases(callbacks), BrowserLocks(), store, tab, self._clock, random),
            BrowserDownloads(self._clock),
        )
        told = RoomCallbacks(
            self._show, lambda _token: None, self.warnings.append, lambda: token, lambda: False, hand_over=self._take
        )
        channels = (*CHANNELS, BULK) if has_bulk else CHANNELS
        self.driver = RoomDriver(room, username, ports, told, self._tasks, Repertoire(channels=channels))
        self.driver.start()

    @property
    def may_send(self) -> bool:
        """Whether the other side has the second channel as well, and it is open."""
        return self._peer_id is not None and self.driver.channel(self._peer_id, BULK) is not None

    def say(self) -> None:
        """Write a message that tells when it was written."""
        self.driver.send(str(precise_now()))

    def transfer(self, size: int) -> None:
        """Send `size` bytes, which JavaScript makes and the other side's checks."""
        self._tasks.spawn(self._transfer(size))

    def measure(self) -> None:
        """Note how much memory Python has."""
        gc.collect()
        heap = len(WINDOW.python._module.HEAP8)  # noqa: SLF001 - nobody else tells
        self.measured.append((heap, len(gc.get_objects())))

    def report(self) -> dict[str, object]:
        """Tell what has come of it so far."""
        names = ("failures", "warnings", "delays", "texts", "received", "most_buffered", "measured", "seconds")
        return {name: getattr(self, name) for name in names}

    async def _transfer(self, size: int) -> None:
        channel = self.driver.channel(self._peer_id or "", BULK)
        assert channel is not None
        self._sender = BinarySender(channel, self._clock)

        async def chunks() -> AsyncIterator[BrowserBinaryData]:
            for number in range(size // CHUNK_BYTES):
                self.most_buffered = max(self.most_buffered, channel.buffered_amount)
                if number * CHUNK_BYTES % MEASURED_EVERY_BYTES == 0:
                    self.measure()
                yield BrowserBinaryData(WINDOW.makeChunk(number, CHUNK_BYTES))

        begun, self._expected = self._clock.now(), size
        await self._sender.send(chunks())
        await self._is_over.wait()
        self.seconds = self._clock.now() - begun
        self.measure()

    def _take(self, peer_id: str, channel: ChannelSpec, data: Data) -> None:
        assert channel is BULK
        assert isinstance(data, BrowserBinaryData)
        if self._sender is not None:  # what comes back are acknowledgements, which Python reads
            total = int.from_bytes(data.to_bytes())
            self._sender.acknowledged(total)
            if total == self._expected:
                self._is_over.set()
            data.release()
            return
        if self.received % MEASURED_EVERY_BYTES == 0:
            self.measure()
        self.received += data.size
        WINDOW.checkChunk(data.buffer)
        data.release()
        back = self.driver.channel(peer_id, BULK)
        if back is not None and self.received % ACKNOWLEDGED_EVERY_BYTES == 0:
            answer = BrowserBinaryData(to_js(self.received.to_bytes(8)).buffer)
            back.send_binary(answer)
            answer.release()

    def _show(self, notice: Notice) -> None:
        match notice:
            case MembersChanged(members):
                self._peer_id = members[0].peer_id if members else None
            case ItemAdded(item) if item.direction is Direction.INCOMING and isinstance(item.body, Text):
                self.texts.append(item.body.text)
                self.delays.append((precise_now() - float(item.body.text)) / 1000)
            case _:
                pass

    def _failed(self, error: BaseException) -> None:
        self.failures.append(repr(error))
