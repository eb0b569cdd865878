"""Puts the application together: the only module that sees every layer."""

from __future__ import annotations

import js

from client_py.browser.clipboard import BrowserClipboard
from client_py.browser.clock import BrowserClock
from client_py.browser.date_formats import BrowserDateFormats
from client_py.browser.document import BrowserDocument
from client_py.browser.downloads import BrowserDownloads
from client_py.browser.http import BrowserHttp
from client_py.browser.indexed_db import BrowserDatabases
from client_py.browser.interop import Callbacks, log_failure
from client_py.browser.local_storage import BrowserStore
from client_py.browser.location import BrowserLocation
from client_py.browser.locks import BrowserLocks
from client_py.browser.peer_connection import BrowserPeerConnections
from client_py.browser.random import BrowserRandom
from client_py.browser.reachability_probe import BrowserReachabilityProbe
from client_py.browser.server_endpoint import Server
from client_py.browser.websocket import BrowserSockets
from client_py.core.navigation import LOBBY_PATH, Lobby, NoPlace, RoomPlace, path_of, place_of
from client_py.core.notices import Notice, StatusChanged
from client_py.core.recent_rooms import format_rooms, parse_rooms, with_room, without_room
from client_py.core.server.access_faults import AccessFault
from client_py.core.status_line import Situation, Status, StatusLine
from client_py.drivers.account import AccountDriver
from client_py.drivers.history_storage import StoragePorts
from client_py.drivers.relay_preference import RelayPreference
from client_py.drivers.room import RoomCallbacks, RoomDriver, RoomPorts
from client_py.drivers.signaling_connection import ServerPorts
from client_py.drivers.tasks import Tasks
from client_py.ui.page import Page
from client_py.ui.room.room_screen import RoomScreen
from client_py.ui.view_context import ViewContext
from client_py.words.phrases import Words
from protocol.http import HEALTH_PATH, KNOCK_SUBPROTOCOL, SOCKET_PATH

RECENT_ROOMS_KEY = "p2pchat.rooms"
"""Where the recent rooms stand in localStorage."""

BROKEN = StatusLine(Status.FAILED, Situation.BROKEN)


class App:
    """The page from its start on: who is signed in, where they are, and the room that they are in.

    It speaks the language of the catalog (gettext's MO format), or English.
    """

    def __init__(self, catalog: bytes | None = None) -> None:
        callbacks = Callbacks(self._failed)
        self._tasks = Tasks(self._failed)
        self._document = BrowserDocument(callbacks)
        root = self._document.root()
        # Of the server, bootstrap.js says so where it is not the page's own host.
        server = Server(HEALTH_PATH, SOCKET_PATH, KNOCK_SUBPROTOCOL, root.get("data-signaler") or "")
        suffix = f" {server.named_origin}" if server.named_origin else ""
        self._store = BrowserStore(suffix=suffix)
        self._location = BrowserLocation(callbacks, root.get("data-base") or "/")
        clock, random = BrowserClock(callbacks), BrowserRandom()
        context = ViewContext(
            self._document,
            self._location,
            clock,
            BrowserDateFormats(),
            BrowserClipboard(),
            random,
            log_failure,
            Words(catalog),
        )
        tab = BrowserStore("sessionStorage", suffix)
        databases = BrowserDatabases(callbacks, suffix=suffix)
        keeping = StoragePorts(databases, BrowserLocks(), self._store, tab, clock, random)
        http = BrowserHttp(server)
        reachability_probe = BrowserReachabilityProbe(server, callbacks)
        self._ports = RoomPorts(
            ServerPorts(reachability_probe, BrowserSockets(server, callbacks), http),
            BrowserPeerConnections(callbacks),
            keeping,
            BrowserDownloads(clock),
        )
        self._account = AccountDriver(http, self._store, tab, clock, self._tasks, self)
        self._page = Page(context, self)
        self._relay_preference = RelayPreference(
            http, self._store, self._token, self._tasks, self._page.show_relay_choice
        )
        self._room: RoomDriver | None = None
        self._left_room: RoomDriver | None = None
        """The last one; it may not have come to its end."""
        self._room_screen: RoomScreen | None = None

    def start(self) -> None:
        """Take over the page."""
        # They last as long as the page, so nobody disposes of them.
        self._location.on_change(self._go)
        for event in ("online", "networkchange", "pageshow", "visibilitychange"):
            self._document.on(event, lambda _event: self._check())
        # Other tabs write to localStorage too; a page that comes back from the history has heard nothing of it.
        for event in ("storage", "pageshow"):
            self._document.on(event, lambda _event: self._look_at_store())
        self._account.start()
        self._document.root().set("data-app", "ready")

    # What a person asks for (ui.actions.PageActions)

    def sign_in(self, username: str, password: str) -> None:
        """Sign in with an account that exists."""
        self._account.sign_in(username, password)

    def register(self, username: str, password: str) -> None:
        """Make a new account, and sign in with it."""
        self._account.register(username, password)

    def sign_out(self) -> None:
        """End the login on this browser."""
        self._account.sign_out()

    def open_room(self, room: str) -> None:
        """Go to a room."""
        self._location.push(path_of(room))
        self._go()

    def open_lobby(self) -> None:
        """Go back to the lobby; leaves the room."""
        self._location.push(LOBBY_PATH)
        self._go()

    def forget_room(self, room: str) -> None:
        """Take a room off the list of recent ones."""
        self._keep_rooms(without_room(self._recent_rooms(), room))

    def set_relay_only(self, only: bool) -> None:  # noqa: FBT001 - the view's name for a state
        """Connect through a relay only from now on, or also directly; in every room, and on this device."""
        self._relay_preference.wish(only=only)
        if self._room is not None:
            self._room.relay_only_requested()

    # What comes of signing in (drivers.account.AccountView)

    def show_signing_in(self) -> None:
        """Name and password are being checked."""
        self._page.show_signing_in()

    def show_access_fault(self, fault: AccessFault) -> None:
        """Signing in or registering failed."""
        self._page.show_access_fault(fault)

    def signed_in(self, username: str) -> None:  # noqa: ARG002 - the account knows it too
        """Go to where the address says, which is where the person was going."""
        self._go()

    def signed_out(self, fault: AccessFault | None, username: str) -> None:
        """Show the form; the address stays, so that signing in leads back."""
        self._leave_room()
        self._page.show_sign_in(fault, username)

    # Places

    def _go(self) -> None:
        """Show what the address stands for."""
        self._leave_room()
        login = self._account.login
        if login is None:
            self._page.show_sign_in()
            return
        match place_of(self._location.path):
            case Lobby():
                self._page.show_lobby(login.username, self._recent_rooms(), self._relay_preference.choice)
                self._relay_preference.look()
            case RoomPlace(room):
                self._enter_room(room, login.username)
            case NoPlace():
                self._page.show_room_fault()

    def _enter_room(self, room: str, username: str) -> None:
        self._keep_rooms(with_room(self._recent_rooms(), room))
        callbacks = RoomCallbacks(
            self._show, self._account.token_refused, _warn, self._token, lambda: self._relay_preference.only
        )
        self._room = RoomDriver(room, username, self._ports, callbacks, self._tasks)
        self._room_screen = self._page.show_room(room, username, self._room)
        self._room.start(after=self._left_room)

    def _leave_room(self) -> None:
        if self._room is not None:
            self._room.stop()
            self._left_room = self._room
        self._room = None
        self._room_screen = None

    def _show(self, notice: Notice) -> None:
        if self._room_screen is not None:
            self._room_screen.apply(notice)

    def _check(self) -> None:
        """Something has changed outside that may have cut connections."""
        if self._room is not None:
            self._room.checked()

    def _look_at_store(self) -> None:
        """Another tab may have written to localStorage: look at everything that we hold a copy of."""
        self._account.look()
        self._page.show_recent_rooms(self._recent_rooms())
        self._page.show_relay_choice(self._relay_preference.choice)
        if self._room is not None:
            self._room.retention_requested()
            self._room.relay_only_requested()

    def _token(self) -> str:
        return self._account.login.token if self._account.login else ""

    # Recent rooms

    def _recent_rooms(self) -> tuple[str, ...]:
        return parse_rooms(self._store.get(RECENT_ROOMS_KEY))

    def _keep_rooms(self, rooms: tuple[str, ...]) -> None:
        self._store.put(RECENT_ROOMS_KEY, format_rooms(rooms))

    # Failures that nobody foresaw

    def _failed(self, error: BaseException) -> None:
        self._show(StatusChanged(BROKEN))
        log_failure(error)


def _warn(sentence: str) -> None:
    js.console.warn(sentence)
