"""Shows where an account is logged in, and ends that elsewhere."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.ui.settings.rows import build_group, build_words
from client_py.ui.widgets.icons import icon
from client_py.words.settings import (
    DEVICES,
    LAST_USED,
    LOADING,
    LOG_OUT_DEVICE,
    LOG_OUT_OTHERS,
    LOGINS_UNKNOWN,
    THIS_DEVICE,
    TRY_AGAIN,
    UNNAMED_DEVICE,
)
from client_py.words.sign_in import access_fault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from client_py.core.server.access_faults import AccessFault
    from client_py.ports.page import Element
    from client_py.ui.settings.actions import SettingsActions
    from client_py.ui.view_context import ViewContext
    from client_py.words.phrases import Phrase
    from protocol.http import ListedLogin


class DevicesGroup:
    """The logins, the one used last first; what was asked for is answered below them."""

    def __init__(self, context: ViewContext, actions: SettingsActions) -> None:
        create, say = context.document.create, context.words.say
        self._context = context
        self._actions = actions
        self._list = create("ul", {"class": "logins", "data-testid": "logins", "aria-label": say(DEVICES)})
        attributes = {"type": "button", "class": "setting"}
        document = context.document
        self._others = create(
            "button",
            attributes | {"data-testid": "end-other-logins"},
            icon(document, "leave"),
            build_words(document, say(LOG_OUT_OTHERS)),
        )
        self._again = create(
            "button", attributes | {"data-testid": "list-logins"}, build_words(document, say(TRY_AGAIN))
        )
        self._status = create("p", {"class": "note", "role": "status", "data-testid": "logins-status"}, say(LOADING))
        self._fault = create("p", {"class": "fault", "role": "alert", "data-testid": "logins-fault"})
        self._others.hidden = self._again.hidden = True
        sheet = create("div", {"class": "sheet"}, self._list, self._others, self._again)
        self.element = build_group(document, "devices", say(DEVICES), sheet, self._status, self._fault)
        self._rows = ExitStack()
        self._listeners = ExitStack()
        self._listeners.callback(self._others.on("click", lambda _event: self._ask(actions.end_other_logins)))
        self._listeners.callback(self._again.on("click", lambda _event: self._ask(actions.list_logins)))

    def show(self, logins: Sequence[ListedLogin]) -> None:
        """Show where the account is logged in."""
        self._rows.close()
        self._list.replace_children(*map(self._row, logins))
        self._others.hidden = all(login.is_current for login in logins)
        self._again.hidden = True
        self._fault.text = ""
        if self._status.text == self._context.words.say(LOADING):
            self._status.text = ""

    def show_done(self, done: Phrase) -> None:
        """Say what was done."""
        self._status.text = self._context.words.say(done)
        self._fault.text = ""

    def show_fault(self, fault: AccessFault, *, is_known: bool) -> None:
        """Say what went wrong; where the list itself is missing, it can be asked for again."""
        words = self._context.words
        sentences = (
            [access_fault(words, fault)] if is_known else [words.say(LOGINS_UNKNOWN), access_fault(words, fault)]
        )
        self._status.text = ""
        self._fault.text = " ".join(sentences)
        self._again.hidden = is_known

    def dispose(self) -> None:
        """Stop listening."""
        self._rows.close()
        self._listeners.close()

    def _ask(self, act: Callable[[], None]) -> None:
        self._status.text = self._fault.text = ""
        act()

    def _row(self, login: ListedLogin) -> Element:
        create, say = self._context.document.create, self._context.words.say
        used = say(LAST_USED, time=self._context.formats.brief(login.last_used_at))
        note = create("span", {"class": "note"}, say(THIS_DEVICE) if login.is_current else used)
        attributes = {"class": "setting", "data-testid": "device-login", "data-login": login.id}
        if login.is_current:
            attributes["data-current"] = ""
        document = self._context.document
        said = {"translate": "no"} if login.device else {}
        name = create("span", {"id": f"device-{login.id}", **said}, login.device or say(UNNAMED_DEVICE))
        words = create("span", {"class": "words"}, name, note)
        row = create("li", attributes, icon(document, "devices"), words)
        if not login.is_current:
            # What it is called does not say which one it logs out; the name beside it does.
            named = {"id": f"end-{login.id}", "aria-labelledby": f"end-{login.id} device-{login.id}"}
            button = create(
                "button", {"type": "button", "class": "soft", "data-testid": "end-login", **named}, say(LOG_OUT_DEVICE)
            )
            self._rows.callback(button.on("click", lambda _event: self._end(login.id)))
            row.append(button)
        return row

    def _end(self, login_id: str) -> None:
        self._ask(lambda: self._actions.end_login(login_id))
