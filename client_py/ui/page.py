"""Shows one screen at a time on the stage of index.html, and ends the one that it takes away."""

from __future__ import annotations

from collections import defaultdict
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

from client_py.ui.lobby import LobbyScreen
from client_py.ui.not_found import NotFoundScreen
from client_py.ui.room.composer import Draft
from client_py.ui.room.page_title import title_of
from client_py.ui.room.room_screen import RoomScreen, Visit
from client_py.ui.sign_in import SignInScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from client_py.core.navigation import NoPlace, NoRoom
    from client_py.core.peer.ice_servers import RelayChoice
    from client_py.core.server.access_faults import AccessFault
    from client_py.ports.page import DomEvent, Element
    from client_py.ui.actions import PageActions, RoomActions
    from client_py.ui.view_context import ViewContext


class Screen(Protocol):
    """What fills the stage."""

    @property
    def element(self) -> Element:
        """The one element that holds the whole screen."""
        ...

    @property
    def room(self) -> str:
        """The room that the title names, or nothing."""
        ...

    def begin(self) -> None:
        """Do what needs to stand on the page: take the keyboard, scroll."""
        ...

    def dispose(self) -> None:
        """Stop listening; the screen is not shown again."""
        ...


class Page:
    """Owns the screens; the form of index.html is its first one, and is never built again."""

    def __init__(self, context: ViewContext, actions: PageActions) -> None:
        self._context = context
        self._actions = actions
        self._document = context.document
        self._root = self._document.root()
        self._stage = self._document.by_id("stage")
        self._sign_in = SignInScreen(self._document, context.words, actions)
        self._screen: Screen = self._sign_in
        # The full ring around the composer is for those who move by Tab.
        self._listeners = ExitStack()
        self._listeners.callback(self._document.on("keydown", self._key_pressed))
        self._listeners.callback(self._document.on("pointerdown", lambda _event: self._root.set("data-keyboard", None)))
        self._drafts: dict[tuple[str, str], Draft] = defaultdict(Draft)
        """What stands in each composer, by username and room, so that leaving a room loses nothing."""

    def show_sign_in(self, fault: AccessFault | None = None, username: str = "") -> None:
        """Show the form, with why it is there and a name to begin with, where there are any."""
        self._sign_in.open(fault, username)
        self._put(self._sign_in)

    def show_signing_in(self) -> None:
        """Show that name and password are being checked."""
        self._sign_in.show_checking()
        self._put(self._sign_in)

    def show_access_fault(self, fault: AccessFault) -> None:
        """Show the form again, with the reason why signing in or registering failed."""
        self._put(self._sign_in)
        self._sign_in.show_fault(fault)

    def show_lobby(self, username: str, recent_rooms: Sequence[str], choice: RelayChoice) -> None:
        """Show where a room is chosen."""
        self._put(LobbyScreen(self._context, self._actions, username, recent_rooms))
        self.show_relay_choice(choice)

    def show_relay_choice(self, choice: RelayChoice) -> None:
        """Show in the lobby whether the person connects through a relay only; a room hears of it by a notice."""
        if isinstance(self._screen, LobbyScreen):
            self._screen.show_relay_choice(choice)

    def show_recent_rooms(self, rooms: Sequence[str]) -> None:
        """Show in the lobby which rooms were visited before; another tab may have visited one."""
        if isinstance(self._screen, LobbyScreen):
            self._screen.show_recent_rooms(rooms)

    def show_room(self, room: str, username: str, actions: RoomActions) -> RoomScreen:
        """Show a room, and give the screen that its notices go to."""
        visit = Visit(room, username, self._drafts[username, room])
        screen = RoomScreen(self._context, visit, actions, self._actions)
        self._put(screen)
        return screen

    def show_not_found(self, place: NoRoom | NoPlace) -> None:
        """Show that there is nothing at the address, and why where that can be told."""
        self._put(NotFoundScreen(self._context.document, self._context.words, self._actions, place))

    def dispose(self) -> None:
        """End every screen."""
        self._put(self._sign_in)
        self._sign_in.dispose()
        self._listeners.close()

    def _key_pressed(self, event: DomEvent) -> None:
        if event.key == "Tab":
            self._root.set("data-keyboard", "")

    def _put(self, screen: Screen) -> None:
        """Let a screen follow the one on the stage."""
        # What index.html shows to someone who is signed in lasts until the first screen of Python's.
        starting = self._root.get("data-signed-in") is not None
        self._root.set("data-signed-in", None)
        if screen is self._screen:
            if starting:
                screen.begin()
            return
        self._leave_screen()
        self._document.title = title_of(screen.room)
        self._stage.replace_children(screen.element)
        self._screen = screen
        screen.begin()

    def _leave_screen(self) -> None:
        if self._screen is self._sign_in:
            self._sign_in.forget_password()
        else:
            self._screen.dispose()
