"""Shows the search in a room's history, and what it found, in a panel that a button opens."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.conversation.delivery import Direction
from client_py.core.conversation.history_search import MAX_QUERY
from client_py.ui.room.search_excerpts import split_matches
from client_py.ui.widgets.header_button import build_tool
from client_py.ui.widgets.popover import Popover
from client_py.words.history import MESSAGES_FOUND, SEARCH, SEARCH_THE_ROOM, summary_of
from client_py.words.transcript import DAY_AND_TIME, YOU, day_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from client_py.core.conversation.history_search import Match
    from client_py.core.conversation.items import Item
    from client_py.core.conversation.notices import MessagesFound
    from client_py.ports.disposal import Dispose
    from client_py.ports.page import DomEvent, Element
    from client_py.ui.actions import RoomActions
    from client_py.ui.view_context import ViewContext

PAUSE_SECONDS = 0.25
"""Who pauses for so long in typing is searched for; who presses Enter, at once."""


class SearchButton:
    """A button in the room's bar that opens the search over the page."""

    def __init__(self, context: ViewContext, actions: RoomActions) -> None:
        document, words = context.document, context.words
        self.search = Search(context, actions)
        attributes = {"class": "second", "data-testid": "search-messages"}
        opener = build_tool(document, "search", words.say(SEARCH_THE_ROOM), attributes)
        popover = Popover(document, words, "search", SEARCH, opener, self.search.element)
        self.element: Element = document.create("div", {}, opener, popover.panel)

    def dispose(self) -> None:
        """Stop listening."""
        self.search.dispose()


class Search:
    """A field, and under it the messages that are like what stands in it."""

    def __init__(self, context: ViewContext, actions: RoomActions) -> None:
        self._document = context.document
        self._formats = context.formats
        self._words = words = context.words
        self._clock = context.clock
        self._actions = actions
        self._stop_waiting: Dispose = lambda: None
        self._found: list[tuple[Item, Element]] = []
        """What is shown, each with the element that says when it was written."""
        create = self._document.create
        self._field = create(
            "input",
            {
                "type": "search",
                "data-testid": "search",
                "aria-label": words.say(SEARCH_THE_ROOM),
                "placeholder": words.say(SEARCH),
                "autocomplete": "off",
                "maxlength": str(MAX_QUERY),
                "enterkeyhint": "search",
                "autofocus": "",
            },
        )
        self._summary = create("p", {"class": "note", "role": "status"})
        self._results = create("ol", {"class": "results", "tabindex": "0", "aria-label": words.say(MESSAGES_FOUND)})
        found = create("div", {"class": "found", "data-testid": "search-results"}, self._summary, self._results)
        self.element = create("div", {"class": "search", "role": "search"}, self._field, found)
        self._listeners = ExitStack()
        self._listeners.callback(self._field.on("input", lambda _event: self._edited()))
        self._listeners.callback(self._field.on("keydown", self._key_pressed))
        self._show_nothing()

    def show(self, found: MessagesFound) -> None:
        """Show what was found, unless something else is looked for by now."""
        if found.query == self._field.value:
            self._summary.text = summary_of(self._words, found)
            self._found.clear()
            self._results.replace_children(*(self._result(match, found.query) for match in found.matches))
            self._results.hidden = not found.matches

    def name_days(self) -> None:
        """Name the days as they are called today."""
        for message, when in self._found:
            when.text = self._when(message)

    def start_over(self) -> None:
        """Look again, in a history that has changed; what was found in the old one is not shown any more."""
        self._show_nothing()
        self._ask()

    def dispose(self) -> None:
        """Stop listening and waiting."""
        self._listeners.close()
        self._stop_waiting()

    def _edited(self) -> None:
        self._stop_waiting()
        self._actions.end_search()
        if self._field.value.strip():
            self._stop_waiting = self._clock.call_later(PAUSE_SECONDS, self._ask)
        else:
            self._show_nothing()

    def _key_pressed(self, event: DomEvent) -> None:
        if event.key == "Enter" and not event.composing:
            event.prevent_default()
            self._ask()

    def _ask(self) -> None:
        self._stop_waiting()
        if self._field.value.strip():
            self._actions.search(self._field.value)

    def _show_nothing(self) -> None:
        self._summary.text = ""
        self._found.clear()
        self._results.replace_children()
        self._results.hidden = True

    def _result(self, match: Match, query: str) -> Element:
        create, message = self._document.create, match.item
        is_own = message.direction is Direction.OUTGOING
        when = create("time", {"title": self._formats.full(message.sent_at)}, self._when(message))
        self._found.append((message, when))
        return create(
            "li",
            {"class": "result", "data-testid": "search-result", "data-direction": message.direction},
            create(
                "p",
                {"class": "result-head"},
                create(
                    "span",
                    {"class": "name", "dir": "auto"},
                    self._words.say(YOU) if is_own else self._words.person(message.author),
                ),
                when,
            ),
            create("p", {"class": "result-text", "dir": "auto"}, *self._marked(match.excerpt, query)),
        )

    def _when(self, message: Item) -> str:
        day = day_of(self._words, self._formats, message.sent_at)
        return self._words.say(DAY_AND_TIME, day=day, time=self._formats.time(message.sent_at))

    def _marked(self, excerpt: str, query: str) -> Iterator[Element | str]:
        for piece in split_matches(excerpt, query):
            yield self._document.create("mark", {}, piece.text) if piece.is_match else piece.text
