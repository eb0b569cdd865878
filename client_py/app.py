"""Puts the application together: the only module that sees every layer."""

from __future__ import annotations

import js

from client_py.application import Application
from client_py.browser.app_badge import BrowserAppBadge
from client_py.browser.clipboard import BrowserClipboard
from client_py.browser.clock import BrowserClock
from client_py.browser.date_formats import BrowserDateFormats
from client_py.browser.document import BrowserDocument
from client_py.browser.downloads import BrowserDownloads
from client_py.browser.http import BrowserHttp
from client_py.browser.indexed_db_opening import BrowserDatabases
from client_py.browser.interop import Callbacks, log_failure
from client_py.browser.local_storage import BrowserStore
from client_py.browser.location import BrowserLocation
from client_py.browser.locks import BrowserLocks
from client_py.browser.notifications import BrowserNotifications
from client_py.browser.peer_connection import BrowserPeerConnections
from client_py.browser.random import BrowserRandom
from client_py.browser.reachability_probe import BrowserReachabilityProbe
from client_py.browser.release import BrowserRelease
from client_py.browser.server_endpoint import Server
from client_py.browser.sound import BrowserSound
from client_py.browser.storage_space import BrowserStorageSpace
from client_py.browser.websocket import BrowserSockets
from client_py.drivers.attention import AttentionPorts
from client_py.drivers.retention import StoragePorts
from client_py.drivers.room import RoomPorts
from client_py.drivers.signaling_connection import ServerPorts
from client_py.ui.view_context import ViewContext
from client_py.words.phrases import Words
from protocol.http import HEALTH_PATH, PROBE_SUBPROTOCOL, SOCKET_PATH


class App:
    """The application, on what the browser has.

    It speaks the language of the catalog (gettext's MO format), or English.
    """

    def __init__(self, catalog: bytes | None = None) -> None:
        callbacks = Callbacks(self._failed)
        document = BrowserDocument(callbacks)
        root = document.root()
        # Of the server, bootstrap.js says so where it is not the page's own host.
        base, named = root.get("data-base") or "/", root.get("data-signaler") or ""
        server = Server(HEALTH_PATH, SOCKET_PATH, PROBE_SUBPROTOCOL, base, named)
        suffix = server.storage_suffix
        clock, random = BrowserClock(callbacks), BrowserRandom()
        context = ViewContext(
            document,
            BrowserLocation(callbacks, base),
            clock,
            BrowserDateFormats(),
            BrowserClipboard(),
            random,
            log_failure,
            Words(catalog),
        )
        store, tab = BrowserStore(suffix=suffix), BrowserStore("sessionStorage", suffix)
        databases = BrowserDatabases(callbacks, suffix=suffix)
        ports = RoomPorts(
            ServerPorts(
                BrowserReachabilityProbe(server, callbacks), BrowserSockets(server, callbacks), BrowserHttp(server)
            ),
            BrowserPeerConnections(callbacks),
            StoragePorts(databases, BrowserLocks(), store, tab, clock, random, space=BrowserStorageSpace()),
            BrowserDownloads(clock),
        )
        attention = AttentionPorts(BrowserNotifications(callbacks), BrowserSound(), BrowserAppBadge())
        self._application = Application(context, ports, attention, BrowserRelease(base), _warn)

    def start(self) -> None:
        """Take over the page."""
        self._application.start()

    def _failed(self, error: BaseException) -> None:
        self._application.failed(error)


def _warn(sentence: str) -> None:
    js.console.warn(sentence)
