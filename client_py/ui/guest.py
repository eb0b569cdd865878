"""Shows somebody who was sent a link, and is not signed in, who invites them to what, and asks for a name."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.server.access_faults import ServerRefused
from client_py.ui.widgets.avatar import avatar_of
from client_py.ui.widgets.drawings import draw_mark
from client_py.ui.widgets.icons import icon
from client_py.words.guest import (
    ENCRYPTED,
    HAVE_ACCOUNT,
    INVITED,
    INVITES,
    JOIN,
    LINK_ENDED,
    LINK_ENDED_WHY,
    LOG_IN,
    LOG_IN_AND_JOIN,
    NAME_HINT,
    NAME_MISSING,
    NO_GUESTS,
    NO_GUESTS_WHY,
    STRAIGHT,
    STRAIGHT_TO,
    YOUR_NAME,
    guest_fault,
    guest_name_rule,
)
from client_py.words.page import APP_NAME
from protocol.codes import ErrorCode
from protocol.usernames import MAX_GUEST_NAME_CHARACTERS, username_fault, username_form

if TYPE_CHECKING:
    from client_py.core.server.access_faults import AccessFault
    from client_py.ports.page import DomEvent, Element
    from client_py.ui.actions import PageActions
    from client_py.ui.view_context import ViewContext
    from client_py.words.phrases import Phrase

ENDS = {
    ErrorCode.INVALID_INVITATION: (LINK_ENDED, LINK_ENDED_WHY),
    ErrorCode.NO_GUESTS: (NO_GUESTS, NO_GUESTS_WHY),
}
"""What the server refuses for the link, so that another name would not help."""


class GuestScreen:
    """A form with one field; where the link is good no longer, why."""

    def __init__(self, context: ViewContext, room: str, actions: PageActions) -> None:
        create, self._words = context.document.create, context.words
        self._document = context.document
        self._actions = actions
        self.room = room
        say = self._words.say
        self._face = create("div", {"class": "face"}, avatar_of(context.document, room, "l"))
        self._title = create("h1", {}, say(INVITED, room=room))
        self._lead = create("p", {"class": "lead"}, say(STRAIGHT))
        self._name = create(
            "input",
            {
                "id": "guest-name",
                "data-testid": "guest-name",
                "name": "nickname",
                "autocomplete": "nickname",
                "autocapitalize": "words",
                "spellcheck": "false",
                "dir": "auto",
                "enterkeyhint": "go",
                "required": "",
                "placeholder": say(NAME_HINT),
                "aria-describedby": "guest-fault",
            },
        )
        self._fault = create(
            "p", {"class": "fault", "id": "guest-fault", "data-testid": "guest-fault", "role": "alert"}
        )
        self._join = create("button", {"type": "submit", "class": "primary", "data-testid": "guest-join"}, say(JOIN))
        field = create("div", {"class": "field"}, create("label", {"for": "guest-name"}, say(YOUR_NAME)), self._name)
        # As in index.html: nothing that is typed can end up in an address.
        self._form = create(
            "form", {"class": "fields", "method": "dialog", "novalidate": ""}, field, self._fault, self._join
        )
        self._assurance = create(
            "p", {"class": "note assurance"}, icon(context.document, "lock"), create("span", {}, say(ENCRYPTED))
        )
        self._log_in = create("button", {"type": "button", "class": "bare", "data-testid": "guest-login"})
        self._log_in.text = say(LOG_IN_AND_JOIN)
        self._question = create("span", {}, say(HAVE_ACCOUNT))
        self.element: Element = create(
            "section",
            {"class": "screen narrow", "data-testid": "guest", "data-state": "asking"},
            create(
                "div",
                {"class": "card guest"},
                create("p", {"class": "wordmark", "translate": "no"}, draw_mark(context.document), APP_NAME),
                create("header", {"class": "card-head"}, self._face, self._title, self._lead),
                self._form,
                self._assurance,
                create("p", {"class": "note"}, self._question, " ", self._log_in),
            ),
        )
        self._listeners = ExitStack()
        self._listeners.callback(self._form.on("submit", self._submitted))
        self._listeners.callback(self._name.on("input", lambda _event: self._name.set("aria-invalid", None)))
        self._listeners.callback(self._log_in.on("click", lambda _event: actions.log_in_instead()))

    def begin(self) -> None:
        """Take the keyboard to the name."""
        self._name.focus()

    def show_inviter(self, username: str) -> None:
        """Show who invites, which the server has told."""
        say = self._words.say
        self._face.replace_children(avatar_of(self._document, username, "l"))
        self._title.text = say(INVITES, username=username, room=self.room)
        self._lead.text = say(STRAIGHT_TO, username=username)

    def show_checking(self) -> None:
        """Show that the name is on its way."""
        self._fault.text = ""
        self._lock(locked=True)

    def show_fault(self, fault: AccessFault) -> None:
        """Show why it failed, and let the person try again, unless the link itself is good no longer."""
        self._lock(locked=False)
        if isinstance(fault, ServerRefused) and fault.code in ENDS:
            self._end(*ENDS[ErrorCode(fault.code)])
            return
        self._refuse(guest_fault(self._words, fault))

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _end(self, title: Phrase, why: Phrase) -> None:
        """Show why nobody comes by the link, and the one thing that is left to do."""
        say = self._words.say
        self.element.set("data-state", "ended")
        self._title.text = say(title)
        self._lead.text = say(why, room=self.room)
        self._lead.set("role", "alert")
        self._form.hidden = self._assurance.hidden = self._question.hidden = True
        self._log_in.text = say(LOG_IN)
        self._log_in.set("class", "primary")
        self._log_in.focus()

    def _submitted(self, event: DomEvent) -> None:
        event.prevent_default()
        # Keyboards of phones like to end a name with a space.
        name = username_form(self._name.value.strip())
        if not name:
            self._refuse(self._words.say(NAME_MISSING))
        elif fault := username_fault(name, MAX_GUEST_NAME_CHARACTERS):
            self._refuse(guest_name_rule(self._words, fault))
        else:
            self._actions.come(name)

    def _refuse(self, sentence: str) -> None:
        self._fault.text = sentence
        self._name.set("aria-invalid", "true")
        self._name.focus()

    def _lock(self, *, locked: bool) -> None:
        self._join.disabled = locked
        self._form.set("aria-busy", "true" if locked else None)
