"""Shows that there is nothing at an address."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.navigation import GuestElsewhere, NoRoom
from client_py.words.guest import GO_THERE, GUEST_OF, GUEST_OF_WHY
from client_py.words.lobby import CHECK_ADDRESS, CHOOSE_ROOM, NO_SUCH_PAGE, NO_SUCH_ROOM, ROOM_NAME_RULE

if TYPE_CHECKING:
    from client_py.core.navigation import NoPlace
    from client_py.ports.page import Document
    from client_py.ui.actions import PageActions
    from client_py.words.phrases import Words

    WrongPlace = NoRoom | NoPlace | GuestElsewhere


class NotFoundScreen:
    """Why there is no such room, or page, and the way to the lobby."""

    room = ""

    def __init__(self, document: Document, words: Words, actions: PageActions, place: WrongPlace) -> None:
        title, reason, way, room = NO_SUCH_PAGE, CHECK_ADDRESS, CHOOSE_ROOM, ""
        if isinstance(place, NoRoom):
            title, reason = NO_SUCH_ROOM, ROOM_NAME_RULE
        elif isinstance(place, GuestElsewhere):
            title, reason, way, room = GUEST_OF, GUEST_OF_WHY, GO_THERE, place.room
        self._go = document.create("button", {"type": "button", "class": "primary"}, words.say(way, room=room))
        self.element = document.create(
            "section",
            {"class": "screen narrow"},
            document.create(
                "div",
                {"class": "card"},
                document.create("h1", {}, words.say(title, room=room)),
                document.create("p", {"class": "lead", "role": "alert"}, words.say(reason)),
                document.create("div", {"class": "buttons"}, self._go),
            ),
        )
        self._listeners = ExitStack()
        self._listeners.callback(
            self._go.on("click", lambda _event: actions.open_room(room) if room else actions.open_home())
        )

    def begin(self) -> None:
        """Take the keyboard to the way out."""
        self._go.focus()

    def pause(self) -> None:
        """Do nothing: nothing goes on here."""

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()
