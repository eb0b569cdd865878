"""Shows the home: the list of conversations, and above it what begins one and who one is."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.ui.account_menu import AccountMenu
from client_py.ui.home.conversation_view import ConversationView
from client_py.ui.transcript.message import Blanks
from client_py.ui.widgets.drawings import draw_mark
from client_py.ui.widgets.header_button import build_tool
from client_py.ui.widgets.popover import Popover
from client_py.words.home import ARCHIVED, CHATS, CONVERSATIONS, NEW_CONVERSATION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from client_py.core.conversation_list import ConversationRow
    from client_py.core.preferences import Preferences
    from client_py.ports.page import Element
    from client_py.ui.actions import PageActions
    from client_py.ui.home.new_room import NewRoomForm
    from client_py.ui.view_context import ViewContext


class HomePane:
    """The bar and the list. The form for a new room is lent to a panel while that is open."""

    def __init__(self, context: ViewContext, username: str, form: NewRoomForm, actions: PageActions) -> None:
        document, words = context.document, context.words
        create = document.create
        self._context = context
        self._words = words
        self._actions = actions
        self._form = form
        self._blanks = Blanks(document)
        self._views: dict[str, ConversationView] = {}
        self._rows: dict[str, ConversationRow] = {}
        self._current = ""
        self._shows_archived = False
        self._archived_shown: tuple[int, bool] | None = None
        self._account = AccountMenu(document, words, username, actions)
        opener = build_tool(document, "compose", words.say(NEW_CONVERSATION), {"data-testid": "new-room"})
        self._place = create("div", {"class": "form-place"})
        self._panel = Popover(document, words, "new-room", NEW_CONVERSATION, opener, self._place).panel
        self._list = create("ul", {"class": "conversations", "aria-label": words.say(CONVERSATIONS)})
        self._archived = create("button", {"type": "button", "class": "item", "data-testid": "archived"})
        self.element: Element = create(
            "section",
            {"class": "home", "aria-label": words.say(CONVERSATIONS)},
            create(
                "header",
                {"class": "bar"},
                draw_mark(document),
                create("h1", {}, words.say(CHATS)),
                create("div", {}, opener, self._panel),
                self._account.element,
            ),
            create("div", {"class": "list"}, self._list, self._archived),
        )
        self._listeners = ExitStack()
        self._listeners.callback(self._account.dispose)
        self._listeners.callback(self._panel.on("beforetoggle", lambda _event: self._lend_form()))
        self._listeners.callback(self._archived.on("click", lambda _event: self._toggle_archived()))
        self._draw()

    def show(self, rows: Sequence[ConversationRow], current: str) -> None:
        """Show these conversations in this order; the current one is the room that is on the page."""
        self._rows = {row.room: row for row in rows}
        self._current = current
        self._draw()

    def open_panel(self) -> None:
        """Open the panel in which a conversation begins."""
        self._panel.show_popover()

    def show_preferences(self, preferences: Preferences) -> None:
        """Show who one is to others."""
        self._account.show(preferences)

    def close_panel(self) -> None:
        """Close what is open over the page: the person has gone on."""
        self._account.close()
        self._panel.hide_popover()

    def name_days(self) -> None:
        """Write the times as they are called today."""
        for room, view in self._views.items():
            view.name_day(self._rows[room])

    def dispose(self) -> None:
        """Stop listening."""
        for view in self._views.values():
            view.dispose()
        self._listeners.close()

    def _draw(self) -> None:
        listed = [room for room, row in self._rows.items() if self._shows_archived or not row.is_archived]
        before = list(self._views)
        for room in before:
            if room not in listed:
                self._views.pop(room).dispose()
        for room in listed:
            if room not in self._views:
                self._views[room] = ConversationView(self._context, self._blanks, self._rows[room], self._actions)
            self._views[room].show(self._rows[room], is_current=room == self._current)
        if before != listed:
            # Only then: a row that is put in its place again loses the keyboard.
            self._views = {room: self._views[room] for room in listed}
            self._list.replace_children(*(view.element for view in self._views.values()))
        archived = (sum(row.is_archived for row in self._rows.values()), self._shows_archived)
        if archived != self._archived_shown:
            self._archived_shown = count, expanded = archived
            self._archived.text = self._words.count(ARCHIVED, count)
            self._archived.set("aria-expanded", "true" if expanded else "false")
            self._archived.hidden = not count

    def _toggle_archived(self) -> None:
        self._shows_archived = not self._shows_archived
        self._draw()

    def _lend_form(self) -> None:
        self._form.stand_in(self._place)
