"""Shows the bar of a room: the way back, which room this is and who is in it, and what can be done with it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.navigation import path_of
from client_py.ui.room.invite import InviteButton
from client_py.ui.room.relay_switch import RelaySwitch
from client_py.ui.room.room_menu import RoomMenu
from client_py.ui.room.search import SearchButton
from client_py.ui.widgets.avatar import avatar_of
from client_py.ui.widgets.header_button import build_tool
from client_py.ui.widgets.popover import Popover
from client_py.words.relay import YOUR_CONNECTION
from client_py.words.room import ROOMS
from protocol.usernames import guest_name

if TYPE_CHECKING:
    from client_py.ports.page import Element
    from client_py.ui.actions import PageActions, RoomActions
    from client_py.ui.room.people import PeerList
    from client_py.ui.room.room_screen import Visit
    from client_py.ui.room.status_strip import StatusView
    from client_py.ui.view_context import ViewContext


class RoomHeader:
    """The bar, and the panels that its buttons open."""

    def __init__(
        self,
        context: ViewContext,
        visit: Visit,
        peers: PeerList,
        status: StatusView,
        actions: RoomActions,
        page_actions: PageActions,
    ) -> None:
        document, words, room = context.document, context.words, visit.room
        create = document.create
        self.peers = peers
        self.relay = RelaySwitch(document, words, page_actions)
        self.search = SearchButton(context, actions)
        self.menu = RoomMenu(context, room, actions, page_actions, is_guest=guest_name(visit.username) is not None)
        self.invite = invite = InviteButton(context, room, context.location.url_of(path_of(room)), page_actions)
        self._back = build_tool(document, "back", words.say(ROOMS), {"data-testid": "lobby"})
        opener = create("button", {"type": "button", "class": "cut", "data-testid": "connection", "title": room}, room)
        connection = Popover(
            document, words, "connection", YOUR_CONNECTION, opener, status.sentence, self.relay.element
        )
        self.element: Element = create(
            "header",
            {"class": "bar"},
            self._back,
            create(
                "div",
                {"class": "who"},
                avatar_of(document, room, "m"),
                create(
                    "div",
                    {"class": "who-words"},
                    create("h1", {}, opener),
                    create("div", {"class": "subtitle"}, status.dot, self.peers.element, status.way),
                ),
            ),
            connection.panel,
            status.aloud,
            self.search.element,
            invite.element,
            self.menu.element,
        )
        self._listeners = ExitStack()
        for part in (self.relay, self.search, self.menu, invite):
            self._listeners.callback(part.dispose)
        self._listeners.callback(self._back.on("click", lambda _event: page_actions.open_home()))

    def dispose(self) -> None:
        """Stop listening, in every part."""
        self._listeners.close()
