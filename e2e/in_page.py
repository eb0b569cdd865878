"""What the functions of tests find in a `PythonPage`, in which this file is run."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

import js
from pyodide.ffi import to_js

from client_py.browser.app_badge import BrowserAppBadge
from client_py.browser.clock import BrowserClock
from client_py.browser.date_formats import BrowserDateFormats
from client_py.browser.document import BrowserDocument
from client_py.browser.http import retry_after_of
from client_py.browser.indexed_db import BrowserDatabase
from client_py.browser.indexed_db_opening import STEPS, BrowserDatabases, Step
from client_py.browser.interop import Callbacks
from client_py.browser.local_storage import BrowserStore
from client_py.browser.locks import BrowserLocks
from client_py.browser.peer_connection import (
    RELAY_ADDRESS,
    BrowserBinaryData,
    BrowserPeerConnection,
    BrowserPeerConnections,
)
from client_py.browser.reachability_probe import BrowserReachabilityProbe, ask_by_socket
from client_py.browser.release import BrowserRelease
from client_py.browser.server_endpoint import Server, ask_by_request
from client_py.browser.sound import BrowserSound
from client_py.core.channels import BINARY_BUDGETS, CHAT, ChannelKind, ChannelSpec
from client_py.drivers.memory_database import MemoryDatabase
from client_py.drivers.peer_connection import options_of
from client_py.ports.disposal import Dispose
from client_py.ports.page import Listener
from client_py.ports.storage import Append, Change, Database, Key, Put, Remove, RemoveAll, StorageFailed, StorageFault
from client_py.ports.webrtc import (
    ChannelCallbacks,
    ChannelOptions,
    Configuration,
    DataChannel,
    OperationFailed,
    PeerConnectionCallbacks,
)
from protocol.http import HEALTH_PATH, PROBE_SUBPROTOCOL, SOCKET_PATH
from protocol.webrtc import Candidate, IceServer

__all__ = [
    "RELAY_ADDRESS",
    "STEPS",
    "Append",
    "BrowserAppBadge",
    "BrowserBinaryData",
    "BrowserClock",
    "BrowserDateFormats",
    "BrowserDocument",
    "BrowserLocks",
    "BrowserPeerConnection",
    "BrowserPeerConnections",
    "BrowserReachabilityProbe",
    "BrowserRelease",
    "BrowserSound",
    "BrowserStore",
    "Change",
    "ChannelCallbacks",
    "ChannelOptions",
    "Configuration",
    "Database",
    "Dispose",
    "IceServer",
    "Key",
    "Listener",
    "MemoryDatabase",
    "OperationFailed",
    "PeerConnectionCallbacks",
    "Put",
    "Remove",
    "RemoveAll",
    "Sequence",
    "StorageFault",
    "ask_by_request",
    "ask_by_socket",
    "asyncio",
    "js",
    "random",
    "retry_after_of",
]

CALLBACKS = Callbacks()
SERVER = Server(HEALTH_PATH, SOCKET_PATH, PROBE_SUBPROTOCOL)
BINARY = options_of(ChannelSpec("bulk", 1, ChannelKind.BINARY, BINARY_BUDGETS))
NO_KEY: Key = (None,)  # type: ignore[assignment] # which is what IndexedDB says too

opened: list[BrowserDatabase] = []
"""The databases of this test that a later function of it uses."""
closings: list[str] = []
"""What was told by `closed`."""
held: list[Dispose] = []
"""The locks of this test that a later function of it lets go of."""


def forget() -> None:
    """Begin a test."""
    for kept in (opened, closings, held):
        kept.clear()


async def open_database(
    steps: Sequence[Step] = STEPS, patience: float = 5.0, failed: Callable[[BaseException], None] | None = None
) -> BrowserDatabase:
    """Open the database as the application does."""
    callbacks = Callbacks(failed) if failed else CALLBACKS
    return await BrowserDatabases(callbacks, steps, patience).open(lambda: closings.append("closed"))


async def failure_of(operation: Awaitable[object]) -> StorageFailed | None:
    """Return the error with which something fails."""
    try:
        await operation
    except StorageFailed as failed:
        return failed
    return None


async def fault_of(operation: Awaitable[object]) -> StorageFault | None:
    """Return why something fails."""
    failure = await failure_of(operation)
    return failure.fault if failure else None


def add_store(name: str) -> Step:
    """Return a step to a version that this application has not come to yet."""

    def step(database: js.IDBDatabase, _transaction: js.IDBTransaction) -> None:
        database.createObjectStore(name)

    return step


def binary(content: bytes) -> BrowserBinaryData:
    """Make binary data as it is sent."""
    return BrowserBinaryData(to_js(content).buffer)


def take(data: object) -> bytes:
    """Return the bytes of binary data that was received, and let go of it."""
    assert isinstance(data, BrowserBinaryData)
    content = data.to_bytes()
    data.release()
    return content


async def connect(
    hearing: ChannelCallbacks | None = None,
    options: ChannelOptions = options_of(CHAT),  # noqa: B008 - it is frozen
    offered: Callable[[], None] = lambda: None,
) -> tuple[BrowserPeerConnection, BrowserPeerConnection, DataChannel]:
    """Connect two RTCPeerConnections of this page; gives them, and the channel of the first, which the second hears."""
    ends: list[BrowserPeerConnection] = []
    passing: list[asyncio.Task[None]] = []
    opening = asyncio.Event()

    def create(other: int) -> BrowserPeerConnection:
        def pass_on(candidate: Candidate) -> None:
            passing.append(asyncio.ensure_future(ends[other].add_ice_candidate(candidate)))

        callbacks = PeerConnectionCallbacks(
            negotiation_needed=lambda: None,
            candidate_gathered=pass_on,
            signaling_state_changed=lambda _state: None,
            connection_state_changed=lambda _state: None,
            candidate_failed=lambda _url, _code, _text: None,
            channel_offered=offered,
        )
        return BrowserPeerConnections(CALLBACKS).create(Configuration((), relay_only=False), callbacks)

    ends.extend((create(1), create(0)))
    first, second = ends
    callbacks = ChannelCallbacks(opening.set, lambda _data: None, lambda _kind: None, lambda: None)
    channel = first.create_data_channel(options, callbacks)
    second.create_data_channel(options, hearing or callbacks)
    await second.set_remote_description(await first.set_local_description())
    await first.set_remote_description(await second.set_local_description())
    await opening.wait()
    return first, second, channel
