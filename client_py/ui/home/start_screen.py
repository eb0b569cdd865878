"""Shows beside the list, where no conversation is open, how one begins; on a phone, where there is none yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.ui.room.relay_switch import RelaySwitch
from client_py.ui.widgets.drawings import draw_two_tins
from client_py.words.home import TALK, TALK_HOW

if TYPE_CHECKING:
    from client_py.core.peer.ice_servers import RelayChoice
    from client_py.ui.actions import PageActions
    from client_py.ui.home.new_room import NewRoomForm
    from client_py.ui.view_context import ViewContext


class StartScreen:
    """The form for a room, and what can be chosen about all connections."""

    room = ""

    def __init__(self, context: ViewContext, form: NewRoomForm, actions: PageActions) -> None:
        create, say = context.document.create, context.words.say
        self._form = form
        self._place = create("div", {"class": "form-place"})
        self._relay = RelaySwitch(context.document, context.words, actions)
        self.element = create(
            "section",
            {"class": "screen start"},
            create(
                "div",
                {"class": "card"},
                create(
                    "div",
                    {"class": "empty"},
                    draw_two_tins(context.document),
                    create("h2", {}, say(TALK)),
                    create("p", {}, say(TALK_HOW)),
                ),
                self._place,
                self._relay.element,
            ),
        )

    def begin(self) -> None:
        """Take the form, and the keyboard to it."""
        self._form.stand_in(self._place)
        self._form.focus()

    def pause(self) -> None:
        """Do nothing: nothing goes on here."""

    def show_relay_choice(self, choice: RelayChoice) -> None:
        """Show whether the person connects through a relay only."""
        self._relay.show(choice)

    def dispose(self) -> None:
        """Stop listening."""
        self._relay.dispose()
