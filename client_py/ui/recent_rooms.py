"""Shows the rooms that were visited before."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.ui.widgets.avatar import avatar_of
from client_py.ui.widgets.header_button import build_tool
from client_py.words.lobby import FORGET_ROOM, RECENT_ROOMS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from client_py.ports.page import Document, Element
    from client_py.ui.actions import PageActions
    from client_py.words.phrases import Words


class RecentRooms:
    """A list to go back from; `removed` is called when a room was taken off it, and its button with it."""

    def __init__(
        self,
        document: Document,
        words: Words,
        actions: PageActions,
        rooms: Sequence[str],
        removed: Callable[[], None],
    ) -> None:
        self._document = document
        self._words = words
        self._actions = actions
        self._removed = removed
        self._listeners = ExitStack()
        self._rows: dict[str, Element] = {}
        self._list = document.create("ul", {})
        self.element = document.create(
            "section",
            {"class": "recent", "aria-labelledby": "recent-title"},
            document.create("h2", {"id": "recent-title"}, words.say(RECENT_ROOMS)),
            self._list,
        )
        self.element.hidden = True
        self.show(rooms)

    def show(self, rooms: Sequence[str]) -> None:
        """Show these and no others; nothing is touched, nor loses the keyboard, where they are shown already."""
        if list(rooms) == list(self._rows):
            return
        self._listeners.close()
        self._rows = {room: self._row(room) for room in rooms}
        self._list.replace_children(*self._rows.values())
        self.element.hidden = not self._rows

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _row(self, room: str) -> Element:
        create = self._document.create
        attributes = {"type": "button", "class": "recent-room", "data-room": room}
        go = create("button", attributes, avatar_of(self._document, room, "m"), create("span", {}, room))
        remove = build_tool(self._document, "close", self._words.say(FORGET_ROOM, room=room), {})
        self._listeners.callback(go.on("click", lambda _event: self._actions.open_room(room)))
        self._listeners.callback(remove.on("click", lambda _event: self._remove(room)))
        return create("li", {}, go, remove)

    def _remove(self, room: str) -> None:
        self._rows.pop(room).remove()
        self.element.hidden = not self._rows
        self._actions.forget_room(room)
        self._removed()
