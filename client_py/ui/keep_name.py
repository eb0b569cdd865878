"""Shows a guest how to keep their name: the form by which they become an account."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.server.access_faults import ServerRefused
from client_py.ui.sign_in import ABOUT_USERNAME
from client_py.ui.widgets.icons import icon
from client_py.ui.widgets.popover import Popover
from client_py.words.guest import CREATE_ACCOUNT, KEEP_NAME, KEEP_NAME_HOW, PASSWORD_RULE
from client_py.words.sign_in import (
    PASSWORD,
    PASSWORD_MISSING,
    USERNAME,
    USERNAME_MISSING,
    access_fault,
    password_rule,
    username_rule,
)
from protocol.passwords import password_fault
from protocol.usernames import guest_name, username_fault, username_form

if TYPE_CHECKING:
    from client_py.core.server.access_faults import AccessFault
    from client_py.ports.page import Document, DomEvent, Element
    from client_py.ui.actions import PageActions
    from client_py.words.phrases import Words

PANEL = "keep-name"
"""Begins the id of the panel."""
RULE, FAULT = f"{PANEL}-rule", f"{PANEL}-fault"


def build_opener(document: Document, words: Words) -> Element:
    """Build a button that opens the form, wherever on the page it stands."""
    attributes = {
        "type": "button",
        "class": "item",
        "data-testid": "keep-name",
        "popovertarget": f"{PANEL}-panel",
        "aria-haspopup": "dialog",
    }
    return document.create("button", attributes, icon(document, "key"), words.say(KEEP_NAME))


class KeepNameForm:
    """A panel over the page, of which there is one."""

    def __init__(self, document: Document, words: Words, username: str, actions: PageActions) -> None:
        self._words = words
        self._actions = actions
        create, say = document.create, words.say
        self._username = create(
            "input",
            {
                "id": "kept-username",
                "data-testid": "kept-username",
                "name": "username",
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
                "dir": "auto",
                "required": "",
                "aria-describedby": FAULT,
                "value": guest_name(username) or "",
            },
        )
        self._password = create(
            "input",
            {
                "id": "kept-password",
                "data-testid": "kept-password",
                "name": "password",
                "type": "password",
                "autocomplete": "new-password",
                "required": "",
                "aria-describedby": f"{RULE} {FAULT}",
            },
        )
        self._fields = (self._username, self._password)
        self._fault = create("p", {"class": "fault", "id": FAULT, "data-testid": "keep-name-fault", "role": "alert"})
        self._submit = create(
            "button", {"type": "submit", "class": "primary", "data-testid": "create-account"}, say(CREATE_ACCOUNT)
        )
        self._form = create(
            "form",
            {"class": "fields", "method": "dialog", "novalidate": ""},
            create("div", {"class": "field"}, create("label", {"for": "kept-username"}, say(USERNAME)), self._username),
            create(
                "div",
                {"class": "field"},
                create("label", {"for": "kept-password"}, say(PASSWORD)),
                self._password,
                create("p", {"class": "note", "id": RULE}, say(PASSWORD_RULE)),
            ),
            self._fault,
            self._submit,
        )
        # What opens it stands elsewhere, and in more than one place.
        nobody = create("button")
        how = create("p", {"class": "note"}, say(KEEP_NAME_HOW))
        self.element: Element = Popover(document, words, PANEL, KEEP_NAME, nobody, how, self._form).panel
        self._listeners = ExitStack()
        self._listeners.callback(self._form.on("submit", self._submitted))
        for field in self._fields:
            self._listeners.callback(field.on("input", lambda _event: self._mark(None)))

    def show_checking(self) -> None:
        """Show that name and password are on their way."""
        self._fault.text = ""
        self._mark(None)
        self._lock(locked=True)

    def show_fault(self, fault: AccessFault) -> None:
        """Show why it failed, and let the guest try again, in the field that it is about."""
        self._lock(locked=False)
        is_about_name = isinstance(fault, ServerRefused) and fault.code in ABOUT_USERNAME
        self._refuse(self._username if is_about_name else self._password, access_fault(self._words, fault))

    def dispose(self) -> None:
        """Stop listening, and leave no password behind."""
        self._password.value = ""
        self._listeners.close()

    def _submitted(self, event: DomEvent) -> None:
        event.prevent_default()
        username, password = username_form(self._username.value.strip()), self._password.value
        if not username:
            self._refuse(self._username, self._words.say(USERNAME_MISSING))
        elif name_fault := username_fault(username):
            self._refuse(self._username, username_rule(self._words, name_fault))
        elif not password:
            self._refuse(self._password, self._words.say(PASSWORD_MISSING))
        elif fault := password_fault(password):
            self._refuse(self._password, password_rule(self._words, fault))
        else:
            self._actions.keep_name(username, password)

    def _refuse(self, field: Element, sentence: str) -> None:
        self._fault.text = sentence
        self._mark(field)
        field.focus()

    def _mark(self, faulty: Element | None) -> None:
        for field in self._fields:
            field.set("aria-invalid", "true" if field is faulty else None)

    def _lock(self, *, locked: bool) -> None:
        self._submit.disabled = locked
        self._form.set("aria-busy", "true" if locked else None)
