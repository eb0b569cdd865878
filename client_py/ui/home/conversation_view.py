"""Shows one conversation of the list: who or what it is, what was said last and when, and what is new."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.navigation import path_of
from client_py.ui.transcript.message import Blanks
from client_py.ui.widgets.avatar import avatar_of
from client_py.ui.widgets.icons import icon
from client_py.words.home import DRAFT, IS_MUTED, NOTHING_SAID, OTHER_THAN_TEXT, SAID, UNREAD
from client_py.words.room import typing
from client_py.words.transcript import DELIVERIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from client_py.core.conversation_list import ConversationRow, LastLine
    from client_py.ports.page import DomEvent, Element
    from client_py.ui.actions import PageActions
    from client_py.ui.view_context import ViewContext


MOST_SHOWN = 999
"""Of more unread messages, the badge says no number."""


class ConversationView:
    """A row of the list, which is a link to its room."""

    def __init__(self, context: ViewContext, blanks: Blanks, row: ConversationRow, actions: PageActions) -> None:
        self._document = document = context.document
        self._formats = context.formats
        self._words = context.words
        self._blanks = blanks
        self._actions = actions
        self._room = row.room
        self._shown: tuple[object, ...] = ()
        create = document.create
        self._avatar = avatar_of(document, row.room, "l")
        self._dot = create("i", {"class": "dot"})
        self._when = create("time")
        self._second = create("span", {"class": "second"})
        name = create("bdi", {"class": "name cut"}, row.room)
        self._avatar.append(self._dot)
        self._link = create(
            "a",
            {
                "class": "conversation-row",
                "data-testid": "conversation",
                "data-room": row.room,
                "href": context.location.url_of(path_of(row.room)),
            },
            self._avatar,
            create("span", {"class": "lines"}, create("span", {"class": "first"}, name, self._when), self._second),
        )
        self.element: Element = create("li", {}, self._link)
        self._listeners = ExitStack()
        self._listeners.callback(self._link.on("click", self._clicked))

    def show(self, row: ConversationRow, *, is_current: bool) -> None:
        """Show how it stands now; what has not changed is not touched."""
        # The list is shown again with every notice of any room, and each step to the DOM costs.
        shown = (is_current, row.last, row.unread, row.draft, row.typing, row.others, row.status, row.is_muted)
        if shown == self._shown:
            return
        self._shown = shown
        self._link.set("aria-current", "page" if is_current else None)
        self._link.set("data-unread", str(row.unread))
        self._link.set("data-state", row.status)
        self._link.set("data-muted", "" if row.is_muted else None)
        self._dot.hidden = not row.is_somebody_here
        self.name_day(row)
        badge = self._badge(row.unread)
        signs = [*([self._muted_sign()] if row.is_muted else []), *([badge] if badge else [])]
        self._second.replace_children(*self._line(row, is_current=is_current), *signs)

    def name_day(self, row: ConversationRow) -> None:
        """Write when something was said last, as that is called today."""
        self._when.text = self._formats.brief(row.last.at) if row.last else ""

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _clicked(self, event: DomEvent) -> None:
        if not event.aside:
            event.prevent_default()
            self._actions.open_room(self._room)

    def _line(self, row: ConversationRow, *, is_current: bool) -> Iterator[Element]:
        create, say = self._document.create, self._words.say
        if row.typing:
            yield create("span", {"class": "last cut accented", "dir": "auto"}, typing(self._words, row.typing))
        elif row.draft and not is_current:
            yield create("span", {"class": "accented"}, say(DRAFT))
            yield self._words_of_people(row.draft)
        elif row.last:
            yield from self._last(row.last, is_among_several=len(row.others) > 1)
        else:
            yield create("span", {"class": "last cut"}, say(NOTHING_SAID))

    def _last(self, last: LastLine, *, is_among_several: bool) -> Iterator[Element]:
        if last.is_own and last.delivery is not None:
            ticks = self._blanks.ticks.copy()
            ticks.set("aria-label", self._words.say(DELIVERIES[last.delivery]))
            yield self._document.create("span", {"data-delivery": last.delivery.label}, ticks)
        text = last.text or self._words.say(OTHER_THAN_TEXT)
        if is_among_several and not last.is_own:
            text = self._words.say(SAID, username=last.author, text=text)
        yield self._words_of_people(text)

    def _words_of_people(self, text: str) -> Element:
        return self._document.create("span", {"class": "last cut", "data-testid": "last-words", "dir": "auto"}, text)

    def _muted_sign(self) -> Element:
        label = self._document.create("span", {"class": "unseen"}, self._words.say(IS_MUTED))
        return self._document.create("span", {"class": "muted-sign"}, label, icon(self._document, "mute"))

    def _badge(self, unread: int) -> Element | None:
        if not unread:
            return None
        number = self._document.create(
            "span", {"aria-hidden": "true"}, str(unread) if unread <= MOST_SHOWN else f"{MOST_SHOWN}+"
        )
        label = self._document.create("span", {"class": "unseen"}, self._words.count(UNREAD, unread))
        return self._document.create("span", {"class": "badge"}, label, number)
