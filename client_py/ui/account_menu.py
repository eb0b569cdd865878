"""Shows who one is, and what can be done about that."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.ui.widgets.avatar import avatar_of
from client_py.ui.widgets.icons import icon
from client_py.ui.widgets.popover import Popover
from client_py.words.lobby import LOG_OUT
from client_py.words.page import ACCOUNT, YOU_ARE

if TYPE_CHECKING:
    from client_py.ports.page import Document, Element
    from client_py.ui.actions import PageActions
    from client_py.words.phrases import Words


class AccountMenu:
    """A button with one's own initial, since another tab may be someone else, and the menu that it opens."""

    def __init__(self, document: Document, words: Words, username: str, actions: PageActions) -> None:
        create = document.create
        sentence = words.say(YOU_ARE, username=username)
        opener = create(
            "button",
            {
                "type": "button",
                "class": "tool",
                "data-testid": "account",
                "data-name": username,
                "aria-label": sentence,
                "title": sentence,
            },
            avatar_of(document, username, "s"),
        )
        logout = create(
            "button",
            {"type": "button", "class": "item", "data-testid": "logout"},
            icon(document, "leave"),
            words.say(LOG_OUT),
        )
        profile = create(
            "div",
            {"class": "profile"},
            avatar_of(document, username, "m"),
            create("p", {"dir": "auto"}, username),
        )
        popover = Popover(document, words, "account", ACCOUNT, opener, profile, logout)
        self.element: Element = create("div", {}, opener, popover.panel)
        self._listeners = ExitStack()
        self._listeners.callback(logout.on("click", lambda _event: actions.sign_out()))

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()
