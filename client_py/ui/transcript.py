"""Shows the conversation: its newest messages, the way to the earlier ones, and the way back to the newest."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.models import Direction
from client_py.ui.icons import icon
from client_py.ui.message_list import MessageList
from client_py.ui.reading import Reading
from client_py.ui.scroll import ScrollEnd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from client_py.core.models import Delivery, Message
    from client_py.ports import Document, DomEvent, Element, Formats
    from client_py.ui.actions import RoomActions

MAX_SHOWN = 1_000
"""Beyond so many messages, the oldest are taken off the page, which would grow and slow down without end."""
SHOWN_AFTERWARDS = 600
"""How many stay then; far fewer, so that it seldom has to be done."""


def new_messages(count: int) -> str:
    """Word how many messages wait below."""
    return "1 new message" if count == 1 else f"{count} new messages"


class Transcript:
    """The messages in the order in which they came; `placeholder` stands in their place while there are none."""

    def __init__(self, document: Document, formats: Formats, actions: RoomActions, placeholder: Element) -> None:
        self._actions = actions
        self._placeholder = placeholder
        self._unseen = 0
        create = document.create
        self._earlier = create(
            "button", {"type": "button", "class": "earlier", "data-testid": "earlier"}, "Show earlier messages"
        )
        self._earlier.hidden = True
        self._log = create(
            "div",
            {
                "class": "transcript",
                "data-testid": "transcript",
                "role": "log",
                "aria-live": "polite",
                "aria-label": "Messages",
                "tabindex": "0",
            },
        )
        self._end = ScrollEnd(document, self._log, self._end_reached_or_left)
        self._messages = MessageList(document, formats, self._end.look, self._earlier, placeholder)
        self._log.append(self._messages.element)
        self._count = create("span")
        self._jump = create("button", {"type": "button", "class": "jump"}, self._count, icon(document, "down"))
        self._jump.hidden = True
        self.element = create("div", {"class": "conversation"}, self._log, self._jump)
        self._reading = Reading(document, lambda: self._end.at_end, actions)
        self._listeners = ExitStack()
        for dispose in (
            self._messages.dispose,
            self._end.dispose,
            self._reading.dispose,
            self._earlier.on("click", self._ask_for_earlier),
            self._jump.on("click", self._jump_to_end),
        ):
            self._listeners.callback(dispose)

    def begin(self) -> None:
        """Stand at the end, and see whether somebody reads."""
        self._end.go()
        self._reading.look()

    def append(self, message: Message) -> None:
        """Show a message at the end; an own one brings the reader there."""
        self._placeholder.hidden = True
        if not self._messages.append(message):
            return
        if message.direction is Direction.OUTGOING:
            self._end.go()
        else:
            self._end.keep()
            self._count_unseen()
        self._take_off_oldest()

    def prepend(self, messages: Iterable[Message], *, has_earlier: bool) -> None:
        """Show messages of before all others, without moving what the reader looks at; nothing of it is new."""
        with self._end.holding():
            self._messages.prepend(messages)
            self._placeholder.hidden = len(self._messages) > 0
            self._offer_earlier(offered=has_earlier)
        self._take_off_oldest()

    def begin_anew(self, messages: Iterable[Message]) -> None:
        """Show these messages and none of before."""
        self._messages.take_off(len(self._messages))
        self._end.go()
        self.prepend(messages, has_earlier=False)

    def show_delivery(self, message_id: str, delivery: Delivery) -> None:
        """Show how far a message has come, if it is on the page."""
        self._messages.show_delivery(message_id, delivery)

    def keep_end(self) -> None:
        """Stay at the end, if the reader is there, when the room for the transcript has changed."""
        self._end.keep()

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _take_off_oldest(self) -> None:
        """Keep the page bounded, while nobody reads above and no answer on what stands before the oldest is due."""
        if len(self._messages) > MAX_SHOWN and self._end.at_end and not self._earlier.disabled:
            with self._end.holding():
                self._messages.take_off(len(self._messages) - SHOWN_AFTERWARDS)
                self._offer_earlier(offered=True)

    def _offer_earlier(self, *, offered: bool) -> None:
        self._earlier.disabled = False
        self._earlier.hidden = not offered

    def _ask_for_earlier(self, _event: DomEvent) -> None:
        oldest = self._messages.oldest
        if oldest is not None:
            # A button that is disabled loses the keyboard; from here, the arrow keys lead to what is about to come.
            self._log.focus()
            self._earlier.disabled = True
            self._actions.load_earlier(oldest)

    def _count_unseen(self) -> None:
        if not self._end.at_end:
            self._unseen += 1
            self._count.text = new_messages(self._unseen)
            self._jump.hidden = False

    def _end_reached_or_left(self) -> None:
        if self._end.at_end:
            self._unseen = 0
            self._jump.hidden = True
            self._take_off_oldest()
        self._reading.look()

    def _jump_to_end(self, _event: DomEvent) -> None:
        self._end.go()
