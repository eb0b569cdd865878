"""Shows the conversation: messages by day and by author, and the way back to the newest."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.models import Direction
from client_py.ui.icons import icon
from client_py.ui.message import MessageView
from client_py.ui.reading import Reading
from client_py.ui.scroll import ScrollEnd

if TYPE_CHECKING:
    from client_py.core.models import Delivery, Message
    from client_py.ports import Document, DomEvent, Element, Formats
    from client_py.ui.actions import RoomActions

GROUP_SECONDS = 300.0
"""After so long a pause, the same author's name is told again."""


def belong_together(earlier: Message, later: Message) -> bool:
    """Tell whether a message goes on where its author's last one ended."""
    same_author = (earlier.direction, earlier.author) == (later.direction, later.author)
    return same_author and abs(later.sent_at - earlier.sent_at) <= GROUP_SECONDS


def new_messages(count: int) -> str:
    """Word how many messages wait below."""
    return "1 new message" if count == 1 else f"{count} new messages"


class Transcript:
    """The messages in the order in which they came; `placeholder` stands in their place while there are none."""

    def __init__(self, document: Document, formats: Formats, actions: RoomActions, placeholder: Element) -> None:
        self._document = document
        self._formats = formats
        self._views: dict[str, MessageView] = {}
        self._last: Message | None = None
        self._day = ""
        self._unseen = 0
        create = document.create
        self._rows = create("div", {"class": "rows"}, placeholder)
        log = create(
            "div",
            {
                "class": "transcript",
                "data-testid": "transcript",
                "role": "log",
                "aria-live": "polite",
                "aria-label": "Messages",
                "tabindex": "0",
            },
            self._rows,
        )
        self._count = create("span")
        self._jump = create("button", {"type": "button", "class": "jump"}, self._count, icon(document, "down"))
        self._jump.hidden = True
        self.element = create("div", {"class": "conversation"}, log, self._jump)
        self._end = ScrollEnd(document, log, self._end_reached_or_left)
        self._reading = Reading(document, lambda: self._end.at_end, actions)
        self._listeners = ExitStack()
        for dispose in (self._end.dispose, self._reading.dispose, self._jump.on("click", self._jump_to_end)):
            self._listeners.callback(dispose)

    def begin(self) -> None:
        """Stand at the end, and see whether somebody reads."""
        self._end.go()
        self._reading.look()

    def append(self, message: Message) -> None:
        """Show a message at the end; an own one brings the reader there."""
        self._begin_day(message)
        opens_group = self._last is None or not belong_together(self._last, message)
        view = MessageView(self._document, self._formats, message, opens_group=opens_group, resized=self._end.look)
        self._listeners.callback(view.dispose)
        self._views[message.id] = view
        self._last = message
        self._rows.append(view.element)
        if message.direction is Direction.OUTGOING:
            self._end.go()
        else:
            self._end.keep()
            self._count_unseen()

    def show_delivery(self, message_id: str, delivery: Delivery) -> None:
        """Show how far a message has come."""
        view = self._views.get(message_id)
        if view:
            view.show_delivery(delivery)

    def keep_end(self) -> None:
        """Stay at the end, if the reader is there, when the room for the transcript has changed."""
        self._end.keep()

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _begin_day(self, message: Message) -> None:
        day = self._formats.day(message.sent_at)
        if day != self._day:
            self._day = day
            self._last = None
            self._rows.append(self._document.create("p", {"class": "day"}, self._document.create("span", {}, day)))

    def _count_unseen(self) -> None:
        if not self._end.at_end:
            self._unseen += 1
            self._count.text = new_messages(self._unseen)
            self._jump.hidden = False

    def _end_reached_or_left(self) -> None:
        if self._end.at_end:
            self._unseen = 0
            self._jump.hidden = True
        self._reading.look()

    def _jump_to_end(self, _event: DomEvent) -> None:
        self._end.go()
