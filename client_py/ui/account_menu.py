"""Shows who one is, and what can be done about that."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.ui.keep_name import build_opener
from client_py.ui.widgets.avatar import avatar_of
from client_py.ui.widgets.icons import icon
from client_py.ui.widgets.popover import Popover
from client_py.words.guest import LOGGING_OUT
from client_py.words.lobby import LOG_OUT
from client_py.words.page import ACCOUNT, ACCOUNT_NAME, YOU_ARE
from client_py.words.settings import SETTINGS
from protocol.usernames import guest_name

if TYPE_CHECKING:
    from client_py.core.preferences import Preferences
    from client_py.ports.page import Document, Element
    from client_py.ui.actions import PageActions
    from client_py.words.phrases import Words


class AccountMenu:
    """A button with one's own initial, since another tab may be someone else, and the menu that it opens."""

    def __init__(self, document: Document, words: Words, username: str, actions: PageActions) -> None:
        create = document.create
        self._document = document
        self._words = words
        self._username = username
        self._opener = create("button", {"type": "button", "class": "tool", "data-testid": "account"})
        self._opener.set("data-name", username)
        item = {"type": "button", "class": "item"}
        settings = create("button", item | {"data-testid": "settings"}, icon(document, "gear"), words.say(SETTINGS))
        logout = create("button", item | {"data-testid": "logout"}, icon(document, "leave"), words.say(LOG_OUT))
        self._profile = create("div", {"class": "profile"})
        keep_name: list[Element] = []
        if guest_name(username) is not None:
            keep_name = [build_opener(document, words), create("p", {"class": "note"}, words.say(LOGGING_OUT))]
        items = create("div", {"class": "items"}, *keep_name, settings, logout)
        popover = Popover(document, words, "account", ACCOUNT, self._opener, self._profile, items)
        self._panel = popover.panel
        self.element: Element = create("div", {}, self._opener, self._panel)
        self._listeners = ExitStack()
        self._listeners.callback(settings.on("click", lambda _event: actions.open_settings()))
        self._listeners.callback(logout.on("click", lambda _event: actions.sign_out()))
        self._show("", 0)

    def show(self, preferences: Preferences) -> None:
        """Show who one is to others, and the account that this is."""
        self._show(preferences.display_name, preferences.avatar_hue)

    def close(self) -> None:
        """Close the menu: the person has gone on."""
        self._panel.hide_popover()

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _show(self, display_name: str, hue: int) -> None:
        create, username = self._document.create, self._username
        name = display_name or username
        sentence = self._words.say(YOU_ARE, username=name)
        self._opener.set("aria-label", sentence)
        self._opener.set("title", sentence)
        self._opener.replace_children(avatar_of(self._document, name, "s", username, hue))
        account = create("span", {"class": "note"}, self._words.say(ACCOUNT_NAME, username=username))
        self._profile.replace_children(
            avatar_of(self._document, name, "m", username, hue),
            create("p", {"dir": "auto"}, self._words.person(name), *([account] if display_name else [])),
        )
