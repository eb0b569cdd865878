"""Shows the form of index.html: it is attached to, never built, so that what was typed before Python came is kept."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.server.access_faults import ServerRefused
from client_py.core.status_line import Status, StatusLine
from client_py.words.sign_in import PASSWORD_MISSING, USERNAME_MISSING, access_fault, password_rule, username_rule
from client_py.words.status import status_text
from protocol.codes import ErrorCode
from protocol.passwords import password_fault
from protocol.usernames import username_fault, username_form

if TYPE_CHECKING:
    from client_py.core.server.access_faults import AccessFault
    from client_py.ports.page import Document, DomEvent, Element
    from client_py.ui.actions import PageActions
    from client_py.words.phrases import Words

REGISTER = "register"
"""The `value` of the button that makes a new account."""
ABOUT_USERNAME = (
    ErrorCode.ACCOUNT_EXISTS,
    ErrorCode.INVALID_USERNAME,
    ErrorCode.RESERVED_USERNAME,
    ErrorCode.SIMILAR_ACCOUNT_EXISTS,
)
"""What the server refuses for the name, so that another password would not help."""


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
        self._fields = (self._username, self._password)
        self._status = document.by_id("sign-in-status")
        self._notice = document.by_id("sign-in-notice")
        self._error = document.by_id("auth-error")
        self._listeners = ExitStack()
        self._listeners.callback(self._form.on("submit", self._submitted))
        for field in self._fields:
            # What is being mended is not called wrong any more.
            self._listeners.callback(field.on("input", lambda _event: self._mark(None)))

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
        self._mark(None)
        self._show_status(Status.SIGNING_IN)
        self._lock(locked=True)

    def show_fault(self, fault: AccessFault) -> None:
        """Show why it failed, and let the person try again, in the field that it is about."""
        self._rest()
        is_about_name = isinstance(fault, ServerRefused) and fault.code in ABOUT_USERNAME
        self._show_faulty(self._username if is_about_name else self._password, access_fault(self._words, fault))

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
        if fault := self._fault(username, password, registering=registering):
            self._show_faulty(*fault)
        elif registering:
            self._actions.register(username, password)
        else:
            self._actions.sign_in(username, password)

    def _fault(self, username: str, password: str, *, registering: bool) -> tuple[Element, str] | None:
        """Return which field cannot be sent as it is, and why."""
        if not username:
            return self._username, self._words.say(USERNAME_MISSING)
        if not password:
            return self._password, self._words.say(PASSWORD_MISSING)
        # The rules for new names and passwords may change; what was once accepted still signs in.
        if not registering:
            return None
        if name_fault := username_fault(username_form(username)):
            return self._username, username_rule(self._words, name_fault)
        fault = password_fault(password)
        return (self._password, password_rule(self._words, fault)) if fault else None

    def _show_faulty(self, field: Element, sentence: str) -> None:
        """Say what is wrong, and take the keyboard to where it can be mended."""
        self._error.text = sentence
        self._mark(field)
        field.focus()

    def _mark(self, faulty: Element | None) -> None:
        for field in self._fields:
            field.set("aria-invalid", "true" if field is faulty else None)

    def _rest(self) -> None:
        self._error.text = ""
        self._mark(None)
        self._show_status(Status.SIGNED_OUT)
        self._lock(locked=False)

    def _show_status(self, status: Status) -> None:
        self._status.set("data-state", status)
        self._status.text = status_text(self._words, StatusLine(status))

    def _lock(self, *, locked: bool) -> None:
        for button in self._buttons:
            button.disabled = locked
        self._form.set("aria-busy", "true" if locked else None)
