"""Shows the conversation: a window of it around what the reader looks at, and the way back to the newest."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.notices import HistoryPart
from client_py.ui.room.read_tracking import ReadTracking
from client_py.ui.transcript.loading_fault import LoadingFault
from client_py.ui.transcript.message_list import MessageList
from client_py.ui.transcript.scroll_end import ScrollEnd
from client_py.ui.transcript.unread_divider import UnreadDivider
from client_py.ui.widgets.icons import icon
from client_py.ui.widgets.once_per_frame import OncePerFrame
from client_py.words.transcript import MESSAGES, NEW, NEWEST, SHOW_EARLIER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from client_py.core.conversation.items import Item
    from client_py.core.shown_names import ShownNames
    from client_py.ports.page import DomEvent, Element
    from client_py.ui.actions import RoomActions
    from client_py.ui.view_context import ViewContext

MAX_SHOWN = 300
"""How many messages are on the page at most, several heights of the largest screen; the rest wait in the history."""
MAX_CHARACTERS = 2_000_000
"""How much text at most, where messages are long: they may have 256 KiB each."""
SLACK_SHOWN = 40
"""How many more may come in before the oldest are taken off, so that it seldom has to be done."""
MAX_AT_ONCE = 60
"""Of more in one frame, only the last are built: the page would stall, and nobody reads that fast."""
MAX_KNOWN = 5_000
"""For how many of our messages we know how far they have come; more than are followed at once."""


MOST_COUNTED = 999
"""Of more new messages, the way back to them says no number."""
WAITING = (Delivery.QUEUED, Delivery.SENT)
"""How far a message has come that nobody else has yet."""


class Transcript:
    """The messages in the order in which they came; `placeholder` stands in their place while there are none.

    `below` stands after the last one; `unread` are those that nobody had seen when the page was here last.
    """

    def __init__(
        self,
        context: ViewContext,
        actions: RoomActions,
        names: ShownNames,
        placeholder: Element,
        *below: Element,
        unread: int = 0,
    ) -> None:
        document = context.document
        self._words = words = context.words
        self._actions = actions
        self._placeholder = placeholder
        self._unread = unread
        """How many of the messages that are about to be loaded nobody has seen."""
        self._unseen = 0
        self._is_on_page = False
        self._top = 0.0
        """Where the reader was who has gone to another room."""
        self._asked: HistoryPart | None = None
        """What the history was asked for, and has yet to give."""
        self._coming: list[Item] = []
        """What came in since the last frame, and goes to the end."""
        self._meanwhile: list[Item] = []
        """What came in since the history was asked for the end, and may not be in its answer."""
        self._known: dict[str, Delivery] = {}
        """How far our messages have come, also where they are not on the page."""
        create = document.create
        self._earlier = create(
            "button", {"type": "button", "class": "earlier", "data-testid": "earlier"}, words.say(SHOW_EARLIER)
        )
        self._earlier.hidden = True
        self._log = create(
            "div",
            {
                "class": "transcript",
                "data-testid": "transcript",
                "role": "log",
                "aria-live": "polite",
                "aria-label": words.say(MESSAGES),
                "tabindex": "0",
            },
        )
        self._end = ScrollEnd(document, self._log, self._end_reached_or_left, self._ask_for_more)
        self._messages = MessageList(context, names, self._end.look, self._earlier, placeholder)
        self._log.append(self._messages.element, *below)
        self._divider = UnreadDivider(self._messages, words)
        self._count = create("span", {"class": "badge", "aria-hidden": "true"})
        self._jump = create(
            "button", {"type": "button", "class": "jump", "data-testid": "jump"}, icon(document, "down"), self._count
        )
        self._jump.hidden = True
        self.element = create("div", {"class": "conversation"}, self._log, self._jump)
        self.fault = LoadingFault(document, words, self._ask_again, self._end.keep)
        self._reading = ReadTracking(document, self._is_before_eyes, actions)
        self._drawing = OncePerFrame(document, self._draw)
        self._listeners = ExitStack()
        for dispose in (
            self._messages.dispose,
            self._end.dispose,
            self._reading.dispose,
            self._drawing.dispose,
            self.fault.dispose,
            self._earlier.on("click", lambda _event: self._ask_for_earlier(by_button=True)),
            self._jump.on("click", self._jump_to_end),
        ):
            self._listeners.callback(dispose)

    @property
    def has_waiting(self) -> bool:
        """Whether a message of ours that was written here has not been delivered yet."""
        return any(delivery in WAITING for delivery in self._known.values())

    def begin(self) -> None:
        """Stand at what is new, or else at the end, or where the reader was, and see whether somebody reads."""
        self._is_on_page = True
        if not self._end.at_end:
            self._log.scroll_top = self._top
        elif not self._stand_at_divider():
            self._end.go()
        self._reading.look()

    def pause(self) -> None:
        """Note where the reader is, who goes to another room."""
        self._is_on_page = False
        self._top = self._log.scroll_top
        self._reading.look()
        if not self._divider.is_unseen(self._reading.glances):
            self._divider.end()

    def show_message(self, message_id: str) -> None:
        """Bring a message before the reader, if it is on the page."""
        if view := self._messages.view_of(message_id):
            self._end.stand_at(self._messages.divider or view)

    def append(self, message: Item) -> None:
        """Show a message at the end; an own one brings the reader there."""
        self._placeholder.hidden = True
        if message.delivery is not None:
            self._note(message.id, message.delivery)
        if message.direction is Direction.OUTGOING:
            self._divider.end()
        elif not self._reading.is_reading and self._messages.view_of(message.id) is None:
            self._divider.message_came(message.id, self._reading.glances)
        if self._end.goes_on and self._messages.stands_after_all(message):
            self._leave_below(message)
            return
        self._coming.append(message)
        # The first at once, and what comes in the same frame with the next one.
        if not self._drawing.is_due:
            self._show_coming()

    def prepend(self, messages: Sequence[Item], *, before: str = "", has_earlier: bool) -> None:
        """Show messages of before all others, without moving what the reader looks at; nothing of it is new.

        `before` is the message that they stand before, if somebody has asked for them.
        """
        if before:
            self._answered(HistoryPart.EARLIER)
            self._earlier.disabled = False
            if before != self._messages.oldest:
                return  # the page shows another part of the conversation by now
        for message in messages:
            if message.delivery in WAITING:
                self._known.setdefault(message.id, message.delivery)
        with self._end.holding():
            self._messages.prepend(map(self._as_known, messages))
            self._placeholder.hidden = len(self._messages) > 0
            self._offer_earlier(offered=has_earlier)
        if self._unread and not before:
            self._divider.load(messages, self._unread)
            self._unread = 0
            if self._is_on_page:
                self._stand_at_divider()
                self._reading.look()
        self._take_off_farthest()

    def add_later(self, messages: Sequence[Item], *, after: str, has_later: bool) -> None:
        """Show messages after `after`, the one after which they were asked for; nothing of it is new."""
        self._answered(HistoryPart.LATER)
        if after != self._messages.newest or not self._end.goes_on or self._asked is HistoryPart.NEWEST:
            return
        for message in messages:
            self._messages.append(self._as_known(message), aloud=False)
        self._go_on(goes_on=has_later)
        self._add_meanwhile()
        if self._is_too_much(0):
            self._take_off_oldest()
        self._end.look()

    def show_newest(self, messages: Sequence[Item], *, has_earlier: bool) -> None:
        """Show the end of the conversation, which was asked for, and stand there."""
        if self._asked is not HistoryPart.NEWEST:
            return  # the history was cleared meanwhile
        self._messages.take_off(len(self._messages))
        self._go_on(goes_on=False)
        self._asked = None
        self._end.go()
        self.prepend(messages, has_earlier=has_earlier)
        self._add_meanwhile()

    def show_fault(self, part: HistoryPart) -> None:
        """Show that what was asked for could not be read; what is on the page stays."""
        if self._asked is part:
            self._asked = None
            self._earlier.disabled = False
            self.fault.show(part)

    def start_over(self, messages: Sequence[Item]) -> None:
        """Show these messages and none of before."""
        self._messages.take_off(len(self._messages))
        self._divider.end()
        self._coming.clear()
        self._meanwhile.clear()
        self._asked = None
        self.fault.rest()
        self._go_on(goes_on=False)
        self._end.go()
        self.prepend(messages, has_earlier=False)

    def show_delivery(self, message_id: str, delivery: Delivery) -> None:
        """Show how far a message has come, if it is on the page."""
        self._note(message_id, delivery)
        self._messages.show_delivery(message_id, delivery)

    def keep_end(self) -> None:
        """Stay at the end, if the reader is there, when the room for the transcript has changed."""
        self._end.keep()

    def note_others(self, usernames: Iterable[str]) -> None:
        """Take note of who else speaks here."""
        self._messages.note_others(usernames)

    def name_authors(self) -> None:
        """Call those who have written as they are called now."""
        self._messages.name_authors()

    def name_days(self) -> None:
        """Name the days as they are called today."""
        self._messages.name_days()

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    # What comes in

    def _draw(self) -> None:
        self._show_coming()
        self._end.follow()

    def _show_coming(self) -> None:
        """Show what came in since the last frame."""
        coming, self._coming = self._coming, []
        if not coming:
            return
        coming.sort(key=_position)
        if len(coming) > MAX_AT_ONCE and self._end.at_end:
            # What is left out here stands above, in the history.
            self._messages.take_off(len(self._messages))
            self._offer_earlier(offered=True)
            del coming[:-MAX_AT_ONCE]
        for message in coming[:MAX_AT_ONCE]:
            self._show(message)
        if len(coming) > MAX_AT_ONCE:
            self._go_on(goes_on=True)
        for message in coming[MAX_AT_ONCE:]:
            self._leave_below(message)
        if self._is_too_much(SLACK_SHOWN) and self._end.at_end:
            self._take_off_oldest()
        self._drawing.ask()

    def _show(self, message: Item) -> None:
        is_own = message.direction is Direction.OUTGOING
        if not self._end.at_end and not is_own and self._is_too_much(SLACK_SHOWN - 1):
            self._go_on(goes_on=True)
        if self._end.goes_on and self._messages.stands_after_all(message):
            self._leave_below(message)
            return
        if not self._put(message, aloud=True):
            return
        if is_own:
            self._end.go()
        else:
            self._end.keep()
            self._count_unseen()

    def _leave_below(self, message: Item) -> None:
        """Show a message only where its place is: far below, in the history, until the reader comes there."""
        if self._asked in (HistoryPart.LATER, HistoryPart.NEWEST):
            self._meanwhile.append(message)
        if message.direction is Direction.OUTGOING:
            self._ask_for_newest()
        else:
            self._count_unseen()

    def _add_meanwhile(self) -> None:
        """Append to the history's answer what may have come in since; what stands there already is not new."""
        meanwhile, self._meanwhile = self._meanwhile, []
        if len(meanwhile) > MAX_AT_ONCE:
            self._go_on(goes_on=True)
        if not self._end.goes_on:
            for message in meanwhile:
                self._put(message, aloud=False)

    def _put(self, message: Item, *, aloud: bool) -> bool:
        """Put a message on the page; False if it is there already, or stands above, in the history."""
        if not self._earlier.hidden and self._messages.stands_before_all(message):
            return False
        return self._messages.append(self._as_known(message), aloud=aloud)

    def _stand_at_divider(self) -> bool:
        """Bring to the upper edge what is new, where it is more than what is seen at the end; False if it is not."""
        line = self._messages.divider
        if line is None or not self._divider.is_unseen(self._reading.glances):
            return False
        self._end.stand_at(line)
        if self._end.at_end:
            return False
        self._unseen = self._divider.count
        self._offer_jump()
        return True

    def _is_before_eyes(self) -> bool:
        # What is unread has to be there to be seen.
        return self._is_on_page and self._end.at_end and not self._unread

    def _count_unseen(self) -> None:
        if not self._end.at_end:
            self._unseen += 1
            self._offer_jump()

    # How far our messages have come

    def _note(self, message_id: str, delivery: Delivery) -> None:
        self._known.pop(message_id, None)
        self._known[message_id] = delivery
        if len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]

    def _as_known(self, message: Item) -> Item:
        """Return a message as far as it has come, which may be further than when it was stored or read."""
        delivery = self._known.get(message.id)
        return message if delivery is None else replace(message, delivery=delivery)

    # The window

    def _is_too_much(self, slack: int) -> bool:
        """Tell whether more is on the page than may be, by more than `slack` messages or by text."""
        return len(self._messages) > MAX_SHOWN + slack or self._messages.characters > MAX_CHARACTERS

    @property
    def _is_full_at_end(self) -> bool:
        """Tell whether what comes before would be taken off at once, since the reader is at the end of so much text."""
        return self._end.at_end and self._messages.characters > MAX_CHARACTERS // 2

    def _take_off_oldest(self) -> None:
        """Keep the page bounded, at its beginning; an answer that is due is for a beginning that is no longer there."""
        with self._end.holding():
            kept = self._messages.count_newest(MAX_SHOWN, MAX_CHARACTERS)
            self._messages.take_off(len(self._messages) - kept)
            self._offer_earlier(offered=True)

    def _take_off_farthest(self) -> None:
        """Keep the page bounded, on the side that the reader is not on."""
        if not self._is_too_much(0):
            return
        if self._end.at_end:
            self._take_off_oldest()
        else:
            kept = self._messages.count_oldest(MAX_SHOWN, MAX_CHARACTERS)
            self._messages.take_off_newest(len(self._messages) - kept)
            self._go_on(goes_on=True)

    def _go_on(self, *, goes_on: bool) -> None:
        """Say whether more follows than what is on the page."""
        self._end.goes_on = goes_on
        self._offer_jump()

    def _offer_earlier(self, *, offered: bool) -> None:
        self._earlier.disabled = False
        self._earlier.hidden = not offered

    def _offer_jump(self) -> None:
        unseen = self._unseen
        label = self._words.count(NEW, unseen) if unseen else self._words.say(NEWEST)
        self._count.text = str(unseen) if unseen <= MOST_COUNTED else f"{MOST_COUNTED}+"
        self._count.hidden = not unseen
        for name, value in (("aria-label", label), ("title", label), ("data-unread", str(unseen))):
            self._jump.set(name, value)
        self._jump.hidden = self._end.at_end and not self._end.goes_on and not unseen

    # What is asked for

    def _answered(self, asked: HistoryPart) -> None:
        if self._asked is asked:
            self._asked = None

    def _ask_again(self, part: HistoryPart) -> None:
        """Ask for what could not be read, as the person wishes."""
        match part:
            case HistoryPart.EARLIER:
                self._ask_for_earlier(by_button=True)
            case HistoryPart.LATER:
                self._ask_for_later()
            case HistoryPart.NEWEST:
                self._ask_for_newest()

    def _ask_for_more(self) -> None:
        """Ask for what the reader may come to next, unless that could not be read just now."""
        if self.fault.part is not None:
            return
        if self._end.near_start and not self._earlier.hidden and not self._is_full_at_end:
            self._ask_for_earlier()
        elif self._end.near_end and self._end.goes_on:
            self._ask_for_later()

    def _ask_for_earlier(self, *, by_button: bool = False) -> None:
        oldest = self._messages.oldest
        if oldest is None or self._asked is not None:
            return
        if by_button:
            # A button that is disabled loses the keyboard; from here, the arrow keys lead to what is about to come.
            self._log.focus()
        self._ask(HistoryPart.EARLIER)
        self._earlier.disabled = True
        self._actions.load_earlier(oldest)

    def _ask_for_later(self) -> None:
        newest = self._messages.newest
        if newest is not None and self._asked is None:
            self._ask(HistoryPart.LATER)
            self._meanwhile.clear()
            self._actions.load_later(newest)

    def _ask_for_newest(self) -> None:
        if self._asked is not HistoryPart.NEWEST:
            self._ask(HistoryPart.NEWEST)
            self._meanwhile.clear()
            self._actions.load_newest()

    def _ask(self, part: HistoryPart) -> None:
        self._asked = part
        self.fault.rest()

    def _end_reached_or_left(self) -> None:
        if self._end.at_end:
            self._unseen = 0
        self._offer_jump()
        self._reading.look()

    def _jump_to_end(self, _event: DomEvent) -> None:
        self._log.focus()  # a button that is hidden loses the keyboard
        if self._end.goes_on:
            self._ask_for_newest()
        else:
            self._end.go()


def _position(message: Item) -> int:
    return message.position
