"""Asks for the password over an open conversation, where the login has expired."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.words.guest import GUEST_ENDED_HERE, TO_LOG_IN
from client_py.words.sign_in import LOG_IN, LOGIN_EXPIRED_HERE, PASSWORD, PASSWORD_MISSING, access_fault
from protocol.usernames import guest_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from client_py.core.server.access_faults import AccessFault
    from client_py.ports.page import Document, DomEvent
    from client_py.ui.actions import PageActions
    from client_py.words.phrases import Words


class PasswordPrompt:
    """A form with one field; `resized` is called when it comes or goes."""

    def __init__(
        self, document: Document, words: Words, username: str, actions: PageActions, resized: Callable[[], None]
    ) -> None:
        self._words = words
        self._username = username
        self._actions = actions
        self._resized = resized
        create = document.create
        # Not to be seen: by this, the browser's password manager knows whose password it is.
        name = create("input", {"type": "text", "name": "username", "autocomplete": "username", "value": username})
        name.hidden = True
        self._password = create(
            "input",
            {
                "type": "password",
                "name": "password",
                "autocomplete": "current-password",
                "data-testid": "password-again",
                "aria-label": words.say(PASSWORD),
                "placeholder": words.say(PASSWORD),
            },
        )
        self._submit = create(
            "button", {"type": "submit", "class": "primary", "data-testid": "login-again"}, words.say(LOG_IN)
        )
        self._fault = create("p", {"class": "fault", "role": "alert", "data-testid": "login-again-fault"})
        # As in index.html: a password can never end up in an address.
        self._form = create("form", {"method": "dialog"}, name, self._password, self._submit)
        # A guest has no password to come back with.
        is_guest = guest_name(username) is not None
        sentence = words.say(GUEST_ENDED_HERE if is_guest else LOGIN_EXPIRED_HERE, username=username)
        leave = create("button", {"type": "button", "data-testid": "guest-ended"}, words.say(TO_LOG_IN))
        leave.hidden = not is_guest
        self._form.hidden = is_guest
        self.element = create(
            "section",
            {"class": "strip password-prompt", "data-testid": "password-prompt", "aria-label": sentence},
            create("p", {"role": "status"}, sentence),
            self._form,
            leave,
            self._fault,
        )
        self.element.hidden = True
        self._listeners = ExitStack()
        self._listeners.callback(self._form.on("submit", self._submitted))
        self._listeners.callback(leave.on("click", lambda _event: actions.sign_out()))

    def ask(self) -> None:
        """Ask; the keyboard stays where the person is writing."""
        if self.element.hidden:
            self._fault.text = ""
            self._show(asking=True)

    def rest(self) -> None:
        """Ask no longer, and keep no password in the form."""
        self._password.value = ""
        self._lock(locked=False)
        if not self.element.hidden:
            self._show(asking=False)

    def show_checking(self) -> None:
        """Show that the password is being checked."""
        self._fault.text = ""
        self._lock(locked=True)

    def show_fault(self, fault: AccessFault) -> None:
        """Show why it failed, and let the person try again."""
        self._lock(locked=False)
        self._fault.text = access_fault(self._words, fault)
        self._password.focus()
        self._resized()

    def dispose(self) -> None:
        """Stop listening."""
        self._password.value = ""
        self._listeners.close()

    def _submitted(self, event: DomEvent) -> None:
        event.prevent_default()
        if password := self._password.value:
            self._actions.sign_in(self._username, password)
        else:
            self._fault.text = self._words.say(PASSWORD_MISSING)

    def _show(self, *, asking: bool) -> None:
        self.element.hidden = not asking
        self._resized()

    def _lock(self, *, locked: bool) -> None:
        self._submit.disabled = locked
        self._form.set("aria-busy", "true" if locked else None)
