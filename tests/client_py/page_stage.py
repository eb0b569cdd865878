"""The whole page under plain CPython: the application among fakes, with everything outside of it in a test's hands."""

from __future__ import annotations

import json
from dataclasses import replace

from client_py.application import Application
from client_py.core.conversation_list import ConversationRow, parse_rows
from client_py.drivers.account import LOGIN_KEY, LOGOUT_KEY
from client_py.drivers.attention import AttentionPorts
from client_py.drivers.conversation_list import CONVERSATIONS_KEY
from client_py.drivers.retention import StoragePorts
from client_py.drivers.room import Ending, RoomCallbacks, RoomDriver, RoomPorts
from client_py.drivers.signaling_connection import ServerPorts
from client_py.drivers.tasks import Tasks
from client_py.ports.server import Response
from client_py.ports.storage import StorageSpace
from protocol.codes import ErrorCode
from tests.client_py.ui.view_context import Calendar, World
from tests.fakes.document import FakeElement
from tests.fakes.ports import (
    FakeAppBadge,
    FakeClock,
    FakeDatabases,
    FakeDownloads,
    FakeHttp,
    FakeLocation,
    FakeLocks,
    FakeNotifications,
    FakePeerConnections,
    FakeRandom,
    FakeReachabilityProbe,
    FakeRelease,
    FakeSockets,
    FakeSound,
    FakeStore,
    settle,
)

NOW = 1_000_000.0
TOKEN = "jwt"

Call = tuple[str, ...]


class WatchedRoom(RoomDriver):
    """A room as it is, which notes what the application asks of it."""

    def __init__(self, name: str, username: str, ports: RoomPorts, callbacks: RoomCallbacks, tasks: Tasks) -> None:
        super().__init__(name, username, ports, callbacks, tasks)
        self.name = name
        self.username = username
        self.callbacks = callbacks
        self.calls: list[str] = []
        self.is_stopped = False
        self.after: Ending | None = None

    def start(self, *, after: Ending | None = None) -> None:
        """Note it."""
        self.calls.append("start")
        self.after = after
        super().start(after=after)

    def stop(self) -> None:
        """Note it."""
        self.calls.append("stop")
        self.is_stopped = True
        super().stop()

    def checked(self) -> None:
        """Note it."""
        self.calls.append("checked")
        super().checked()

    def login_renewed(self) -> None:
        """Note it."""
        self.calls.append("login_renewed")
        super().login_renewed()

    def token_changed(self) -> None:
        """Note it."""
        self.calls.append("token_changed")
        super().token_changed()

    def relay_only_requested(self) -> None:
        """Note it."""
        self.calls.append("relay_only_requested")
        super().relay_only_requested()

    def retention_requested(self) -> None:
        """Note it."""
        self.calls.append("retention_requested")
        super().retention_requested()


class Stage:
    """One tab of a browser, at an address; the test is everything outside of it."""

    def __init__(
        self,
        path: str = "/",
        *,
        person: str | None = "alice",
        locks: FakeLocks | None = None,
        space: StorageSpace | None = None,
    ) -> None:
        self.locks = locks or FakeLocks()
        self.location, self.clock, self.http = FakeLocation(path), FakeClock(NOW), FakeHttp()
        self.store, self.tab, self.databases = FakeStore(), FakeStore(), FakeDatabases()
        self.sockets, self.downloads = FakeSockets(), FakeDownloads()
        self.warnings: list[str] = []
        self.rooms: list[WatchedRoom] = []
        """All that were entered, in their order."""
        self.world = World()
        self.document = self.world.document
        self.failures = self.world.reported
        if person is not None:
            self.log_in(person)
            self.http.answers = [login_answer(TOKEN, person)]
        random = FakeRandom()
        ports = RoomPorts(
            ServerPorts(FakeReachabilityProbe(), self.sockets, self.http),
            FakePeerConnections(),
            StoragePorts(self.databases, self.locks, self.store, self.tab, self.clock, random, space=space),
            self.downloads,
        )
        context = replace(
            self.world.context, location=self.location, clock=self.clock, random=random, formats=Calendar(self.clock)
        )
        self.release = FakeRelease()
        self.notifications, self.sound, self.badge = FakeNotifications("default"), FakeSound(), FakeAppBadge()
        attention = AttentionPorts(self.notifications, self.sound, self.badge)
        self.application = Application(context, ports, attention, self.release, self.warnings.append, self._make_room)

    async def start(self) -> Stage:
        """Let the page take over, and wait for where that leads."""
        self.application.start()
        await settle()
        return self

    def _make_room(
        self, name: str, username: str, ports: RoomPorts, callbacks: RoomCallbacks, tasks: Tasks
    ) -> RoomDriver:
        self.rooms.append(WatchedRoom(name, username, ports, callbacks, tasks))
        return self.rooms[-1]

    # What another tab does

    def log_in(self, username: str, token: str = TOKEN, lifetime: float = 3_600) -> None:
        """Keep a login in the browser."""
        login = {"token": token, "username": username, "expires_at": NOW + lifetime}
        self.store[LOGIN_KEY] = json.dumps({**login, "logout": self.store.get(LOGOUT_KEY) or ""})

    def log_out(self) -> None:
        """End the login in the browser."""
        self.store[LOGOUT_KEY] = str(NOW)
        self.store.remove(LOGIN_KEY)

    # What is seen

    @property
    def screen(self) -> str:
        """Name the screen on the page."""
        [stage] = [child for child in self.document.by_id("stage").children if isinstance(child, FakeElement)]
        if stage.every(data_testid="username"):
            return "form"
        [place] = stage.every(class_="place") or [stage]
        handles = {"room-name": "start", "composer": "room"}
        found = [name for handle, name in handles.items() if place.every(data_testid=handle)]
        return found[0] if found else place.one(tag="h1").text

    @property
    def status(self) -> str | None:
        """Return the state of the connection that is shown."""
        return self.document.by_test_id("status").get("data-state")

    @property
    def conversations(self) -> list[str | None]:
        """Name the rooms of the list, in its order."""
        return [row.get("data-room") for row in self.document.html.every(data_testid="conversation")]

    def conversation(self, room: str) -> FakeElement:
        """Return a row of the list."""
        return next(row for row in self.document.html.every(data_testid="conversation") if row.get("data-room") == room)

    def conversations_kept(self, username: str = "alice") -> dict[str, ConversationRow]:
        """Return the list as the browser keeps it, by room."""
        return parse_rows(self.store.get(CONVERSATIONS_KEY + username))

    @property
    def open_rooms(self) -> list[str]:
        """Name the rooms that are open."""
        return [room.name for room in self.rooms if not room.is_stopped]

    @property
    def is_relay_only(self) -> bool:
        """Whether the switch for it is on."""
        return self.document.by_test_id("relay-only").get("aria-checked") == "true"

    @property
    def is_asking_for_password(self) -> bool:
        """Whether the room asks for it."""
        return not self.document.by_test_id("password-prompt").hidden

    @property
    def days(self) -> list[str]:
        """Return what the transcript calls the days."""
        return [line.text for line in self.document.by_test_id("transcript").every(class_="day")]

    def click(self, test_id: str) -> None:
        """Let a person click."""
        self.document.by_test_id(test_id).fire("click")

    def calls(self) -> list[Call]:
        """Return what each room was asked for so far, and forget it."""
        calls = [(room.name, *room.calls) for room in self.rooms if room.calls]
        for room in self.rooms:
            room.calls.clear()
        return calls


def login_answer(token: str, username: str = "alice", **more: object) -> Response:
    """Return what the server says to a login that it takes."""
    return Response(200, json.dumps({"token": token, "username": username, "expires_at": NOW + 7_200, **more}))


def refusal() -> Response:
    """Return what the server says to a password or a token that it does not take."""
    return Response(401, json.dumps({"error": {"code": ErrorCode.INVALID_CREDENTIALS}}))


async def stage_at(path: str, *, person: str | None = "alice") -> Stage:
    """Open the page at an address."""
    return await Stage(path, person=person).start()
