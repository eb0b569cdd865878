"""Shows messages in their order, by day and by author, wherever in it they are put."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from client_py.core.conversation.delivery import Direction
from client_py.ui.transcript.message import Blanks, MessageParts, MessageView
from client_py.words.transcript import day_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from client_py.core.conversation.delivery import Delivery
    from client_py.core.conversation.items import Item
    from client_py.core.shown_names import ShownNames
    from client_py.ports.page import Document, Element
    from client_py.ui.view_context import ViewContext

GROUP_SECONDS = 300.0
"""After so long a pause, the same author's name is told again."""

LONG_AGO = float("-inf")


def belong_together(earlier: Item, later: Item) -> bool:
    """Tell whether a message goes on where its author's last one ended."""
    same_author = (earlier.direction, earlier.author) == (later.direction, later.author)
    return same_author and abs(later.sent_at - earlier.sent_at) <= GROUP_SECONDS


class DayLine:
    """The name of a day above its first message."""

    def __init__(self, document: Document) -> None:
        self._name = document.create("span")
        # Nobody who listens to the messages as they come needs to hear what day it is.
        self.element = document.create("p", {"class": "day", "aria-live": "off"}, self._name)

    def name(self, day: str) -> None:
        """Write the day's name, which is another once the day is over: "Today", "Yesterday"."""
        self._name.text = day


@dataclass(slots=True)
class Row:
    """A message in its place."""

    message: Item
    view: MessageView
    day: DayLine | None = None
    """Above the message, where it is the first of its day."""
    divider: Element | None = None
    """Above the message, where it is the first that is new."""
    day_at: float = LONG_AGO
    """A moment of the day that it stands under. The order is that in which messages came, so the days only go on: what
    was written on a day before, or by a clock that is a day behind, stands under the day that is reached by then."""

    @property
    def top(self) -> Element:
        """The first element of the row."""
        return self.day.element if self.day else self.below_day

    @property
    def below_day(self) -> Element:
        """The first element of the row that stands under the name of the day."""
        return self.divider or self.view.element

    def take_off(self) -> None:
        """Take it off the page, and stop listening."""
        self.view.dispose()
        for element in (self.day and self.day.element, self.divider, self.view.element):
            if element:
                element.remove()


class MessageList:
    """The messages that are on the page, the oldest first, below what `above` are; each message is there once."""

    def __init__(self, context: ViewContext, names: ShownNames, resized: Callable[[], None], *above: Element) -> None:
        self._document = document = context.document
        self._clock = context.clock
        self._formats = context.formats
        self._words = context.words
        self._report = context.report
        self._parts = MessageParts(document, self._formats, self._words, Blanks(document), resized, names)
        self._rows: dict[str, Row] = {}
        self._others: set[str] = set()
        """Who else is in the room, and who else has written what was on the page."""
        self._first_new: str | None = None
        # What it says is read out by the number of new messages elsewhere, and would be in between here.
        attributes = {"class": "unread-line", "data-testid": "unread-divider", "role": "separator", "aria-live": "off"}
        self._divider = document.create("p", attributes)
        self.element = document.create("div", {"class": "rows", "data-people": "two"}, *above)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def characters(self) -> int:
        """How much text all of them have."""
        return sum(len(row.message.text) for row in self._rows.values())

    def count_newest(self, messages: int, characters: int) -> int:
        """Count the newest that may stay, within limits on their number and on all their text; one always may."""
        return _count(reversed(self._rows.values()), messages, characters)

    def count_oldest(self, messages: int, characters: int) -> int:
        """Count the oldest that may stay, within the same limits."""
        return _count(self._rows.values(), messages, characters)

    @property
    def oldest(self) -> str | None:
        """The id of the first message, if there is one."""
        return next(iter(self._rows), None)

    @property
    def newest(self) -> str | None:
        """The id of the last message, if there is one."""
        return next(reversed(self._rows), None)

    def stands_before_all(self, message: Item) -> bool:
        """Tell whether a message stands before the first one."""
        return message.position < next((row.message.position for row in self._rows.values()), 0)

    def stands_after_all(self, message: Item) -> bool:
        """Tell whether a message stands behind the last one, as all do that no other tab has stored before."""
        return message.position >= next((row.message.position for row in reversed(self._rows.values())), 0)

    def append(self, message: Item, *, aloud: bool = True) -> bool:
        """Put a message at its place, the end, and read it out if it was just said; False if it is there already."""
        if message.id in self._rows:
            return False
        row = self._build(message)
        if not aloud:
            row.view.element.set("aria-live", "off")
        if self.stands_after_all(message):
            last = next(reversed(self._rows.values()), None)
            self._rows[message.id] = row
            self.element.append(row.view.element)
            self._join(last, row)
        else:
            self._insert(row)
        if row.day:
            self.name_days()
        else:
            self._name_day(row)
        return True

    def _insert(self, row: Row) -> None:
        """Put a message before those that stand behind it."""
        position = row.message.position
        earlier = {key: each for key, each in self._rows.items() if each.message.position <= position}
        later = {key: each for key, each in self._rows.items() if each.message.position > position}
        self.element.insert_before(row.view.element, next(iter(later.values())).top)
        self._rows = earlier | {row.message.id: row} | later
        self._join_from_start(len(earlier) + 1)

    @property
    def divider(self) -> Element | None:
        """The line above the first new message, where that is on the page."""
        row = self._rows.get(self._first_new) if self._first_new is not None else None
        return row.divider if row else None

    def divide_before(self, message_id: str | None) -> None:
        """Draw a line above a message from now on, or above none."""
        before, self._first_new = self._first_new, message_id
        previous = None
        for key, row in self._rows.items():
            if key in (before, message_id):
                self._join(previous, row)
            previous = row

    def name_divider(self, words: str) -> None:
        """Say what begins below the line."""
        self._divider.text = words
        self._divider.set("aria-label", words)

    def view_of(self, message_id: str) -> Element | None:
        """Return a message as it is on the page, if it is there."""
        row = self._rows.get(message_id)
        return row.view.element if row else None

    def note_others(self, usernames: Iterable[str]) -> None:
        """Take note of who else speaks here: of more than one, each message says who it was."""
        self._others.update(usernames)
        if len(self._others) > 1:
            self.element.set("data-people", "several")

    def prepend(self, messages: Iterable[Item]) -> None:
        """Put messages before all others, the oldest first; those that are there already keep their places."""
        first = next(iter(self._rows.values()), None)
        earlier = {message.id: self._build(message) for message in messages if message.id not in self._rows}
        for row in earlier.values():
            # What was said long ago is not read out as if somebody had just said it.
            row.view.element.set("aria-live", "off")
            if first:
                self.element.insert_before(row.view.element, first.top)
            else:
                self.element.append(row.view.element)
        self._rows = earlier | self._rows
        self._join_from_start(len(earlier))

    def take_off(self, count: int) -> None:
        """Take the oldest `count` off the page."""
        for message_id in tuple(islice(self._rows, count)):
            self._rows.pop(message_id).take_off()
        self._join_from_start(0)

    def take_off_newest(self, count: int) -> None:
        """Take the newest `count` off the page."""
        for message_id in tuple(islice(reversed(self._rows), count)):
            self._rows.pop(message_id).take_off()
        if last := next(reversed(self._rows.values()), None):
            last.view.close_group(closes=True)

    def show_delivery(self, message_id: str, delivery: Delivery) -> None:
        """Show how far a message has come, if it is on the page."""
        row = self._rows.get(message_id)
        if row:
            row.view.show_delivery(delivery)

    def dispose(self) -> None:
        """Stop listening."""
        for row in self._rows.values():
            row.view.dispose()

    def _build(self, message: Item) -> Row:
        if message.direction is Direction.INCOMING and message.is_readable:
            self.note_others((message.author,))
        try:
            return Row(message, MessageView(self._parts, message))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one message, the others are shown
            self._report(error)
            message = message.unreadable()
            return Row(message, MessageView(self._parts, message))

    def _join_from_start(self, count: int) -> None:
        """Join the oldest rows to what stands before them, and further ones as far as that changes their day."""
        before = None
        for number, row in enumerate(self._rows.values()):
            day_at = row.day_at
            self._join(before, row)
            if number >= count and row.day_at == day_at:
                break
            before = row
        self.name_days()

    def _join(self, before: Row | None, row: Row) -> None:
        """Show above a message what it begins: a day, or only what its author says."""
        # A day that has not come is no day to stand under, though a clock that was wrong may have written it down.
        row.day_at = max(before.day_at if before else LONG_AGO, min(row.message.sent_at, self._clock.now()))
        begins_day = before is None or not self._is_same_day(before.day_at, row.day_at)
        if begins_day and not row.day:
            row.day = DayLine(self._document)
            self.element.insert_before(row.day.element, row.below_day)
        elif row.day and not begins_day:
            row.day.element.remove()
            row.day = None
        is_divided = row.message.id == self._first_new
        if is_divided and not row.divider:
            row.divider = self._divider
            self.element.insert_before(row.divider, row.view.element)
        elif row.divider and not is_divided:
            row.divider = None
            if self.divider is None:  # or it stands elsewhere by now
                self._divider.remove()
        begins = begins_day or is_divided
        goes_on = not begins and before is not None and belong_together(before.message, row.message)
        row.view.show_author(shown=not goes_on)
        if before:
            before.view.close_group(closes=not goes_on)

    def name_authors(self) -> None:
        """Call those who have written as they are called now."""
        for row in self._rows.values():
            row.view.name_author()

    def name_days(self) -> None:
        """Name the days as they are called today."""
        for row in self._rows.values():
            self._name_day(row)

    def _name_day(self, row: Row) -> None:
        if row.day:
            row.day.name(day_of(self._words, self._formats, row.day_at))
        is_of_that_day = self._is_same_day(row.message.sent_at, row.day_at)
        row.view.show_day("" if is_of_that_day else day_of(self._words, self._formats, row.message.sent_at))

    def _is_same_day(self, one: float, other: float) -> bool:
        return one == other or self._formats.day(one) == self._formats.day(other)


def _count(rows: Iterable[Row], messages: int, characters: int) -> int:
    """Count the rows that are within limits, from the first of these on."""
    count = 0
    for row in islice(rows, messages):
        characters -= len(row.message.text)
        if characters < 0 and count > 0:
            break
        count += 1
    return count
