"""Shows the form by which a room is chosen: by its name, its link, or a name made up."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.invitation_links import BrokenInvitation, Invitation, without_fragment
from client_py.core.navigation import LOBBY_PATH, Elsewhere, RoomPlace, place_meant
from client_py.ui.room_name_generator import make_up_room_name
from client_py.words.lobby import (
    ANYONE_CAN_JOIN,
    JOIN,
    LINK_BROKEN,
    MAKE_UP,
    NAME_OF_ROOM,
    OTHER_SERVER,
    ROOM_NAME_RULE,
)

if TYPE_CHECKING:
    from client_py.ports.page import DomEvent, Element
    from client_py.ui.actions import PageActions
    from client_py.ui.view_context import ViewContext


class NewRoomForm:
    """There is one of it, which stands where it is wanted."""

    def __init__(self, context: ViewContext, actions: PageActions) -> None:
        self._home = context.location.url_of(LOBBY_PATH)
        self._random = context.random
        self._words = words = context.words
        self._actions = actions
        create, say = context.document.create, words.say
        self._name = create(
            "input",
            {
                "data-testid": "room-name",
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "aria-describedby": "room-fault",
                "enterkeyhint": "go",
                "autofocus": "",
            },
        )
        self._fault = create("p", {"class": "fault", "id": "room-fault", "role": "alert"})
        make_up = create("button", {"type": "button"}, say(MAKE_UP))
        join = create("button", {"type": "submit", "class": "primary", "data-testid": "join-room"}, say(JOIN))
        self.element: Element = create(
            "form",
            {"class": "fields"},
            create("label", {"class": "field"}, create("span", {}, say(NAME_OF_ROOM)), self._name),
            self._fault,
            create("div", {"class": "buttons"}, join, make_up),
            create("p", {"class": "note"}, say(ANYONE_CAN_JOIN)),
        )
        self._listeners = ExitStack()
        self._listeners.callback(self.element.on("submit", self._submitted))
        self._listeners.callback(make_up.on("click", self._make_up))
        self._listeners.callback(self._name.on("input", lambda _event: self._show_fault("")))

    def stand_in(self, place: Element) -> None:
        """Stand in a place, empty, and nowhere else."""
        self._name.value = ""
        self._show_fault("")
        place.replace_children(self.element)

    def focus(self) -> None:
        """Take the keyboard to the name."""
        self._name.focus()

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _submitted(self, event: DomEvent) -> None:
        event.prevent_default()
        address, invitation = without_fragment(self._name.value)
        match place_meant(address, self._home):
            case RoomPlace() if isinstance(invitation, BrokenInvitation):
                self._refuse(self._words.say(LINK_BROKEN))
            case RoomPlace(room) if isinstance(invitation, Invitation):
                self._actions.open_link(room, invitation)
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
        self._name.set("aria-invalid", "true" if sentence else None)
