from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from client_py.core.channels import CHAT
from client_py.drivers.peer_connection import options_of
from client_py.ports.server import SocketCallbacks
from client_py.ports.storage import Append, Key, Put
from client_py.ports.webrtc import ChannelCallbacks, Configuration, PeerConnectionCallbacks
from protocol.http import SOCKET_PATH, TOKEN_SUBPROTOCOL_PREFIX
from tests.fakes.agenda import Agenda
from tests.fakes.browser import Browser, ViewContext
from tests.fakes.browser_ports import PageDatabase, PageLocks, PageSockets, ports_of
from tests.fakes.ports import FakeStore
from tests.fakes.profile import Profile
from tests.fakes.server import Server
from tests.fakes.webrtc import Internet

A_WHILE = 10.0
KEYS: tuple[Key, ...] = (("ann", "den", "mark", "1"), ("ann", "den", "message", 1, "1"))
CHANGES = (
    Put(KEYS[0], "row"),
    Append(("ann", "den", "message"), "1", "row", range(1, 9), index=("ann", "den", "position", "1")),
)


class Stage:
    """One profile, and as many pages as a test opens."""

    def __init__(self) -> None:
        self.agenda = Agenda(1)
        self.written: list[str] = []
        server, internet = Server(self.agenda, capacity=2), Internet(self.agenda)
        self.context = ViewContext(self.agenda, server, internet, storing=1.0, max_together=100)
        self.profile = Profile(self.agenda, 1.0, lambda _key, row: self.written.append(row))
        self.outcomes: list[Any] = []

    def open(self) -> Browser:
        """Open a page."""
        return Browser(self.context, self.profile, FakeStore(), "ann", "ann")

    def let(self, browser: Browser, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Let a page do something, and note what comes of it."""

        async def act() -> None:
            self.outcomes.append(await coroutine)

        tasks: list[asyncio.Task[None]] = []
        browser.loop.enter(lambda: tasks.append(asyncio.ensure_future(act())))


@pytest.fixture
def stage() -> Stage:
    """A profile without anything in it."""
    return Stage()


def write(stage: Stage, browser: Browser) -> None:
    """Write two rows in one transaction."""
    stage.let(browser, PageDatabase(browser).write(CHANGES))


def test_transaction_is_there_as_a_whole_once_it_is_complete(stage: Stage) -> None:
    """The page hears of it, and so does the one who watches over what is safe."""
    write(stage, stage.open())
    assert stage.profile.get(KEYS) == [None, None]
    stage.agenda.run(A_WHILE)
    assert stage.profile.get(KEYS) == ["row", "row"]
    assert (stage.outcomes, stage.written) == ([list(KEYS)], ["row"])


def test_transaction_that_a_crash_interrupts_leaves_nothing(stage: Stage) -> None:
    """Of all that was in it."""
    browser = stage.open()
    write(stage, browser)
    browser.crash()
    stage.agenda.run(A_WHILE)
    assert stage.profile.get(KEYS) == [None, None]
    assert not stage.written


def test_transaction_that_was_complete_outlives_a_crash(stage: Stage) -> None:
    """Also where the page slept, and never heard of it."""
    browser = stage.open()
    write(stage, browser)
    browser.loop.freeze()
    stage.agenda.run(A_WHILE)
    browser.crash()
    assert stage.profile.get(KEYS) == ["row", "row"]
    assert not stage.outcomes


def test_reading_comes_after_the_writing_before_it(stage: Stage) -> None:
    """Whichever page wrote."""
    write(stage, stage.open())
    reader = stage.open()
    stage.let(reader, PageDatabase(reader).read(KEYS[0][:2]))
    stage.agenda.run(A_WHILE)
    assert stage.outcomes[-1] == [(KEYS[0], "row"), (KEYS[1], "row"), (CHANGES[1].index, "1")]


def test_name_is_held_by_one_page_at_a_time(stage: Stage) -> None:
    """Another one gets it if the first lets go while it still has patience."""
    first, second, third = stage.open(), stage.open(), stage.open()
    stage.let(first, PageLocks(first).claim("name", 0.0))
    stage.agenda.run(A_WHILE)
    release = stage.outcomes.pop()
    stage.let(second, PageLocks(second).claim("name", 1.0))
    stage.agenda.run(A_WHILE)
    assert stage.outcomes.pop() is None
    stage.let(third, PageLocks(third).claim("name", 1.0))
    release()
    stage.agenda.run(A_WHILE)
    assert stage.outcomes.pop() is not None


@pytest.mark.parametrize(("end", "seconds"), [("crash", 0.0), ("close", 0.5)])
def test_page_that_ends_lets_go_of_its_names(stage: Stage, end: str, seconds: float) -> None:
    """At once when the browser is gone, and soon when it has closed the page."""
    first, second = stage.open(), stage.open()
    stage.let(first, PageLocks(first).claim("name", 0.0))
    stage.agenda.run(A_WHILE)
    getattr(first, end)()
    stage.agenda.run(seconds)
    stage.let(second, PageLocks(second).claim("name", 0.0))
    stage.agenda.run(A_WHILE)
    assert stage.outcomes.pop() is not None


def test_socket_that_was_closed_says_nothing_more(stage: Stage) -> None:
    """Nor what a sleeping page has missed before it closed it."""
    browser = stage.open()
    seen: list[str] = []
    callbacks = SocketCallbacks(lambda: seen.append("opened"), seen.append, lambda code: seen.append(str(code)))
    socket = PageSockets(browser).open(SOCKET_PATH, ["p2p-chat", TOKEN_SUBPROTOCOL_PREFIX + "ann"], callbacks)
    browser.loop.freeze()
    stage.agenda.run(A_WHILE)
    browser.loop._missed.insert(0, socket.close)  # type: ignore[union-attr]  # it is frozen
    browser.loop.thaw()
    assert not seen


def test_connection_that_was_closed_says_nothing_more(stage: Stage) -> None:
    """Neither itself nor its channel."""
    browser = stage.open()
    seen: list[str] = []

    def note(*_arguments: object) -> None:
        seen.append("heard")

    connection = ports_of(browser).peer_connections.create(
        Configuration((), relay_only=False), PeerConnectionCallbacks(note, note, note, note, note, note)
    )
    channel = connection.create_data_channel(options_of(CHAT), ChannelCallbacks(note, note, note, note))
    browser.loop.freeze()
    stage.agenda.run(A_WHILE)
    assert browser.loop._missed
    channel.close()
    connection.close()
    browser.loop.thaw()
    assert not seen
