"""Shows the form of index.html: it is attached to, never built, so that what was typed before Python came is kept."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.status_line import Status, StatusLine
from client_py.words.sign_in import PASSWORD_MISSING, USERNAME_MISSING, access_fault, password_rule, username_rule
from client_py.words.status import status_text
from protocol.passwords import password_fault
from protocol.usernames import username_fault, username_form

if TYPE_CHECKING:
    from client_py.core.server.access_faults import AccessFault
    from client_py.ports.page import Document, DomEvent
    from client_py.ui.actions import PageActions
    from client_py.words.phrases import Words

REGISTER = "register"
"""The `value` of the button that makes a new account."""


class SignInScreen:
    """The one form for signing in and for registering."""

    room = ""

    def __init__(self, document: Document, words: Words, actions: PageActions) -> None:
        self._words = words
        self._actions = actions
        self.element = document.by_id("sign-in")
        self._form = document.by_id("sign-in-form")
        self._username = document.by_id("username")
        self._password = document.by_id("password")
        self._buttons = (document.by_id("login"), document.by_id("register"))
        self._status = document.by_id("sign-in-status")
        self._notice = document.by_id("sign-in-notice")
        self._error = document.by_id("auth-error")
        self._listeners = ExitStack()
        self._listeners.callback(self._form.on("submit", self._submitted))

    def open(self, fault: AccessFault | None, username: str) -> None:
        """Wait for name and password; a name that a person has typed stays."""
        self._rest()
        notice = access_fault(self._words, fault) if fault else ""
        self._notice.text = notice
        self._notice.hidden = not notice
        self._username.value = self._username.value or username

    def show_checking(self) -> None:
        """Show that name and password are on their way."""
        self._error.text = ""
        self._show_status(Status.SIGNING_IN)
        self._lock(locked=True)

    def show_fault(self, fault: AccessFault) -> None:
        """Show why it failed, and let the person try again."""
        self._rest()
        self._error.text = access_fault(self._words, fault)
        self._password.focus()

    def forget_password(self) -> None:
        """Leave no password behind in the page, once it has served."""
        self._password.value = ""
        self._rest()

    def begin(self) -> None:
        """Take the keyboard to the first field that is empty."""
        (self._password if self._username.value else self._username).focus()

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _submitted(self, event: DomEvent) -> None:
        event.prevent_default()
        # Keyboards of phones like to end a name with a space.
        username, password = self._username.value.strip(), self._password.value
        registering = event.submitter == REGISTER
        fault = self._fault(username, password, registering=registering)
        if fault:
            self._error.text = fault
        elif registering:
            self._actions.register(username, password)
        else:
            self._actions.sign_in(username, password)

    def _fault(self, username: str, password: str, *, registering: bool) -> str:
        if not username:
            self._username.focus()
            return self._words.say(USERNAME_MISSING)
        if not password:
            self._password.focus()
            return self._words.say(PASSWORD_MISSING)
        # The rules for new names and passwords may change; what was once accepted still signs in.
        if not registering:
            return ""
        if name_fault := username_fault(username_form(username)):
            return username_rule(self._words, name_fault)
        fault = password_fault(password)
        return password_rule(self._words, fault) if fault else ""

    def _rest(self) -> None:
        self._error.text = ""
        self._show_status(Status.SIGNED_OUT)
        self._lock(locked=False)

    def _show_status(self, status: Status) -> None:
        self._status.set("data-state", status)
        self._status.text = status_text(self._words, StatusLine(status))

    def _lock(self, *, locked: bool) -> None:
        for button in self._buttons:
            button.disabled = locked
        self._form.set("aria-busy", "true" if locked else None)
