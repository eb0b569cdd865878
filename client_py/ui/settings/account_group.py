"""Shows what can be done with one's account: another password, logging out, its end."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.server.access_faults import ServerRefused
from client_py.ui.settings.password_form import PasswordField, PasswordForm
from client_py.ui.settings.rows import Unfolding, build_group, build_words
from client_py.ui.widgets.icons import icon
from client_py.words.lobby import LOG_OUT
from client_py.words.settings import (
    ACCOUNT,
    CHANGE_PASSWORD,
    CURRENT_PASSWORD,
    DELETE,
    DELETE_ACCOUNT,
    DELETE_ACCOUNT_QUESTION,
    GUEST,
    GUEST_HINT,
    NEW_PASSWORD,
    NEW_PASSWORD_MISSING,
    NEW_PASSWORD_RULE,
    PASSWORD_CHANGED,
    SET_PASSWORD,
    WRONG_PASSWORD,
)
from client_py.words.sign_in import PASSWORD, PASSWORD_MISSING, access_fault, password_rule
from protocol.codes import ErrorCode
from protocol.fields import GUEST_MARK
from protocol.passwords import MIN_PASSWORD_CHARACTERS, password_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from client_py.core.server.access_faults import AccessFault
    from client_py.ports.page import Element
    from client_py.ui.actions import PageActions
    from client_py.ui.settings.actions import SettingsActions
    from client_py.ui.view_context import ViewContext
    from client_py.words.phrases import Phrase

ROW = {"class": "setting"}
CURRENT, NEW, LAST = "current-password", "new-password", "delete-password"
"""The handles of the fields."""


def is_guest(username: str) -> bool:
    """Tell whether it is the name of somebody who has no account."""
    return GUEST_MARK in username


class AccountGroup:
    """The account of who is signed in. A guest has none: in its place stands what they can do about that."""

    def __init__(
        self, context: ViewContext, username: str, actions: SettingsActions, page_actions: PageActions
    ) -> None:
        create, say = context.document.create, context.words.say
        self._context = context
        self._words = context.words
        self._username = username
        self._actions = actions
        self._listeners = ExitStack()
        self._changing = self._password_form()
        self._deleting = self._deletion_form()
        logout = self._row("leave", LOG_OUT, "logout")
        self._listeners.callback(logout.on("click", lambda _event: page_actions.sign_out()))
        self.guest_place = create(
            "div",
            {"class": "sheet", "data-testid": "guest"},
            create(
                "div",
                {"class": "setting"},
                build_words(context.document, say(GUEST), create("span", {"class": "note"}, say(GUEST_HINT))),
            ),
        )
        """Where a guest is offered to keep their name."""
        rows = (logout,) if is_guest(username) else (*self._parts_of_account(), logout)
        sheet = create("div", {"class": "sheet"}, *rows)
        before = (self.guest_place,) if is_guest(username) else ()
        end = () if is_guest(username) else (create("div", {"class": "sheet"}, *self._parts_of_end()),)
        self.element = build_group(context.document, "account", say(ACCOUNT), *before, sheet, *end)

    def show_changing(self) -> None:
        """Show that another password is on its way."""
        self._changing.show_checking()

    def show_changed(self, fault: AccessFault | None) -> None:
        """Show what came of another password."""
        if fault is None:
            self._changing.finish(self._words.say(PASSWORD_CHANGED))
        else:
            self._changing.refuse(NEW if _is_about_new(fault) else CURRENT, self._sentence(fault))

    def show_deleting(self) -> None:
        """Show that the end of the account is on its way."""
        self._deleting.show_checking()

    def show_not_deleted(self, fault: AccessFault) -> None:
        """Show why the account is still there."""
        self._deleting.refuse(LAST, self._sentence(fault))

    def dispose(self) -> None:
        """Stop listening, and leave no password in the page."""
        self._changing.dispose()
        self._deleting.dispose()
        self._listeners.close()

    def _sentence(self, fault: AccessFault) -> str:
        is_wrong = isinstance(fault, ServerRefused) and fault.code == ErrorCode.INVALID_CREDENTIALS
        return self._words.say(WRONG_PASSWORD) if is_wrong else access_fault(self._words, fault)

    def _parts_of_account(self) -> tuple[Element, Element]:
        return self._unfolding("lock", CHANGE_PASSWORD, "change-password", self._changing)

    def _parts_of_end(self) -> tuple[Element, Element]:
        return self._unfolding("bin", DELETE_ACCOUNT, "delete-account", self._deleting, {"class": "setting danger"})

    def _unfolding(
        self, drawing: str, label: Phrase, test_id: str, form: PasswordForm, attributes: Mapping[str, str] = ROW
    ) -> tuple[Element, Element]:
        opener = self._row(drawing, label, test_id, attributes)
        unfolding = Unfolding(opener, form.element, form.begin)
        self._listeners.callback(unfolding.dispose)
        # A password does not wait in a form that is folded.
        self._listeners.callback(opener.on("click", lambda _event: None if unfolding.is_open else form.clear()))
        return opener, form.element

    def _row(self, drawing: str, label: Phrase, test_id: str, attributes: Mapping[str, str] = ROW) -> Element:
        document = self._context.document
        words = build_words(document, self._words.say(label))
        named = {"type": "button", **attributes, "data-testid": test_id}
        return document.create("button", named, icon(document, drawing), words)

    def _password_form(self) -> PasswordForm:
        create, say = self._context.document.create, self._words.say
        fields = (
            PasswordField(CURRENT, say(CURRENT_PASSWORD), "current-password"),
            PasswordField(
                NEW, say(NEW_PASSWORD), "new-password", say(NEW_PASSWORD_RULE, least=MIN_PASSWORD_CHARACTERS)
            ),
        )
        attributes = {"type": "submit", "class": "primary", "data-testid": "submit-password"}
        button = create("button", attributes, say(SET_PASSWORD))
        return self._form(fields, button, self._change)

    def _deletion_form(self) -> PasswordForm:
        create, say = self._context.document.create, self._words.say
        intro = say(DELETE_ACCOUNT_QUESTION, username=self._username)
        field = PasswordField(LAST, say(PASSWORD), "current-password", intro=intro)
        attributes = {"type": "submit", "class": "destroy", "data-testid": "confirm-delete-account"}
        button = create("button", attributes, say(DELETE))
        return self._form((field,), button, self._delete)

    def _form(self, fields: tuple[PasswordField, ...], button: Element, submitted: Callable[..., None]) -> PasswordForm:
        return PasswordForm(self._context.document, self._words, self._username, fields, button, submitted)

    def _change(self, password: str, new_password: str) -> None:
        if not password:
            self._changing.refuse(CURRENT, self._words.say(PASSWORD_MISSING))
        elif not new_password:
            self._changing.refuse(NEW, self._words.say(NEW_PASSWORD_MISSING))
        elif fault := password_fault(new_password):
            self._changing.refuse(NEW, password_rule(self._words, fault))
        else:
            self._actions.change_password(password, new_password)

    def _delete(self, password: str) -> None:
        if password:
            self._actions.delete_account(password)
        else:
            self._deleting.refuse(LAST, self._words.say(PASSWORD_MISSING))


def _is_about_new(fault: AccessFault) -> bool:
    return isinstance(fault, ServerRefused) and fault.code == ErrorCode.INVALID_PASSWORD
