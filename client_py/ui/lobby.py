"""Shows where a room is chosen: by its name, by a name made up, or from those visited before."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.navigation import LOBBY_PATH, Elsewhere, RoomPlace, place_meant
from client_py.ui.account_menu import AccountMenu
from client_py.ui.recent_rooms import RecentRooms
from client_py.ui.room.relay_switch import RelaySwitch
from client_py.ui.room_name_generator import make_up_room_name
from client_py.words.lobby import (
    ANYONE_CAN_JOIN,
    HELLO,
    JOIN,
    MAKE_UP,
    NAME_OF_ROOM,
    OTHER_SERVER,
    ROOM_NAME_RULE,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from client_py.core.peer.ice_servers import RelayChoice
    from client_py.ports.page import DomEvent, Element
    from client_py.ui.actions import PageActions
    from client_py.ui.view_context import ViewContext


class LobbyScreen:
    """Where someone who is signed in goes to a room from."""

    room = ""

    def __init__(self, context: ViewContext, actions: PageActions, username: str, recent_rooms: Sequence[str]) -> None:
        self._document = document = context.document
        self._home = context.location.url_of(LOBBY_PATH)
        self._random = context.random
        self._words = context.words
        self._actions = actions
        self._listeners = ExitStack()
        self._name = document.create(
            "input",
            {
                "data-testid": "room-name",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "aria-describedby": "room-fault",
                "enterkeyhint": "go",
            },
        )
        self._fault = document.create("p", {"class": "fault", "id": "room-fault", "role": "alert"})
        self._account = AccountMenu(document, self._words, username, actions)
        self._relay = RelaySwitch(document, self._words, actions)
        self._recent = RecentRooms(document, self._words, actions, recent_rooms, removed=self._name.focus)
        self.element = document.create(
            "section",
            {"class": "screen narrow"},
            document.create(
                "div", {"class": "card"}, self._head(username), self._form(), self._relay.element, self._recent.element
            ),
        )

    def begin(self) -> None:
        """Take the keyboard to the name."""
        self._name.focus()

    def show_relay_choice(self, choice: RelayChoice) -> None:
        """Show whether the person connects through a relay only."""
        self._relay.show(choice)

    def show_recent_rooms(self, rooms: Sequence[str]) -> None:
        """Show which rooms were visited before."""
        self._recent.show(rooms)

    def dispose(self) -> None:
        """Stop listening."""
        self._account.dispose()
        self._relay.dispose()
        self._recent.dispose()
        self._listeners.close()

    def _head(self, username: str) -> Element:
        create = self._document.create
        hello = create("h1", {}, self._words.say(HELLO, username=username))
        return create("header", {"class": "card-row"}, hello, self._account.element)

    def _form(self) -> Element:
        create, say = self._document.create, self._words.say
        make_up = create("button", {"type": "button"}, say(MAKE_UP))
        join = create("button", {"type": "submit", "class": "primary", "data-testid": "join-room"}, say(JOIN))
        form = create(
            "form",
            {"class": "fields"},
            create("label", {"class": "field"}, create("span", {}, say(NAME_OF_ROOM)), self._name),
            self._fault,
            create("div", {"class": "buttons"}, join, make_up),
            create("p", {"class": "note"}, say(ANYONE_CAN_JOIN)),
        )
        self._listeners.callback(form.on("submit", self._submitted))
        self._listeners.callback(make_up.on("click", self._make_up))
        self._listeners.callback(self._name.on("input", lambda _event: self._show_fault("")))
        return form

    def _submitted(self, event: DomEvent) -> None:
        event.prevent_default()
        match place_meant(self._name.value, self._home):
            case RoomPlace(room):
                self._actions.open_room(room)
            case Elsewhere(host):
                self._refuse(self._words.say(OTHER_SERVER, host=host))
            case _:
                self._refuse(self._words.say(ROOM_NAME_RULE))

    def _refuse(self, sentence: str) -> None:
        self._show_fault(sentence)
        self._name.focus()

    def _make_up(self, _event: DomEvent) -> None:
        self._name.value = make_up_room_name(self._random)
        self._show_fault("")
        self._name.focus()

    def _show_fault(self, sentence: str) -> None:
        self._fault.text = sentence
