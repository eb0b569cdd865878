from __future__ import annotations

from typing import cast

from client_py.core.conversation.items import Item
from client_py.core.conversation.notices import HistoryCleared, HistoryLoaded, ItemAdded
from client_py.ui.page import Page
from client_py.ui.room.room_screen import RoomScreen
from tests.client_py.ui.view_context import DAY, World, incoming, outgoing
from tests.fakes.document import FakeElement


class Reading:
    """A room that is open, and perhaps not on the page."""

    def __init__(self, unread: int = 0, *, height: float = 1000.0) -> None:
        self.world = World()
        self.page = Page(self.world.context, self.world.asked)
        self.page.show_start("alice", self.world.choice)
        if unread:
            self.page.show_conversations([self.world.row("den", unread)])
        self.room: RoomScreen = self.page.make_room("den", "alice", self.world.asked)
        self.element = cast("FakeElement", self.room.element)
        self.log = self.element.by_test_id("transcript")
        self.log.scroll_height, self.log.client_height = height, 400

    def add(self, *messages: Item) -> None:
        """Let messages come."""
        for message in messages:
            self.room.apply(ItemAdded(message))

    def load(self, *messages: Item) -> None:
        """Show what was kept."""
        self.room.apply(HistoryLoaded(messages, has_earlier=False))

    def look(self) -> None:
        """Go to the room."""
        self.page.show_room(self.room, "alice")
        self.world.clock.ring()

    def look_away(self, *, seen: bool) -> None:
        """Let the window be seen or not."""
        self.world.document.visible = seen
        self.world.document.fire("blur")

    def leave(self) -> None:
        """Go home."""
        self.page.show_start("alice", self.world.choice)

    @property
    def lines(self) -> list[str]:
        """Return what stands in the transcript: the divider in brackets, days as such, and messages."""
        rows = self.log.one(class_="rows")
        lines = []
        for child in rows.children:
            assert isinstance(child, FakeElement)
            if child.get("data-testid") == "unread-divider":
                lines.append(f"[{child.text}]")
            elif child.get("class") == "day":
                lines.append("day")
            elif child.get("data-testid") == "message":
                lines.append(child.by_test_id("message-text").text)
        return lines

    @property
    def divider(self) -> FakeElement:
        """Return the line."""
        return self.log.by_test_id("unread-divider")

    @property
    def jump(self) -> FakeElement:
        """Return the way back to the end."""
        return self.element.by_test_id("jump")


def numbered(*numbers: int) -> list[Item]:
    """Make messages."""
    return [incoming(str(number), at=float(number), message_id=str(number)) for number in numbers]


def test_what_comes_while_nobody_looks_stands_below_a_line() -> None:
    """Above the first of them, with their number; it stays while they are read, and goes when the room is left."""
    reading = Reading()
    reading.load(*numbered(1))
    reading.add(*numbered(2, 3))
    assert reading.lines == ["day", "1", "[2 new messages]", "2", "3"]
    reading.look()
    reading.add(*numbered(4))
    assert reading.lines == ["day", "1", "[2 new messages]", "2", "3", "4"]
    assert (reading.divider.get("role"), reading.divider.get("aria-live")) == ("separator", "off")
    reading.leave()
    assert reading.lines == ["day", "1", "2", "3", "4"]


def test_line_goes_when_one_writes() -> None:
    """Whoever answers has taken note; here or on another device."""
    reading = Reading()
    reading.add(*numbered(1))
    reading.add(outgoing("mine", at=2.0))
    assert reading.lines == ["day", "1", "mine"]


def test_line_is_another_one_for_what_comes_after_a_look() -> None:
    """The window was looked at in between."""
    reading = Reading()
    reading.look()
    reading.look_away(seen=False)
    reading.add(*numbered(1, 2))
    reading.look_away(seen=True)
    assert reading.lines == ["day", "[2 new messages]", "1", "2"]
    reading.look_away(seen=False)
    reading.add(*numbered(3))
    assert reading.lines == ["day", "1", "2", "[1 new message]", "3"]


def test_line_stays_where_nobody_came_to_the_end() -> None:
    """Who leaves before they have seen all of it finds it again."""
    reading = Reading()
    reading.load(*numbered(1))
    reading.add(*numbered(2))
    reading.divider.top = -500.0
    reading.look()
    assert not reading.world.asked.of("reading_changed")
    reading.leave()
    assert reading.lines == ["day", "1", "[1 new message]", "2"]


def test_line_stands_under_the_day_that_begins_with_it() -> None:
    """And its message says who has written, though the one before is theirs."""
    reading = Reading()
    reading.load(*numbered(1))
    reading.add(incoming("2", at=DAY, message_id="2"))
    assert reading.lines == ["day", "1", "day", "[1 new message]", "2"]
    reading.add(incoming("3", at=DAY + 1, message_id="3"))
    first, second, third = reading.log.every(data_testid="message")
    assert [each.get("data-opens-group") is not None for each in (first, second, third)] == [True, True, False]


def test_reader_stands_at_the_line_where_more_is_new_than_is_seen() -> None:
    """Nothing of it is read before they come to the end, and the way there says how much there is."""
    reading = Reading()
    reading.load(*numbered(*range(10)))
    reading.add(*numbered(*range(10, 40)))
    reading.divider.top = -384.0
    reading.look()
    assert reading.log.scroll_top == 200
    assert (reading.jump.get("data-unread"), reading.jump.get("aria-label")) == ("30", "30 new messages")
    assert not reading.world.asked.of("reading_changed")
    reading.log.scroll_to(600)
    assert reading.world.asked.of("reading_changed") == [("reading_changed", True)]
    assert not reading.jump.is_shown()


def test_reader_who_was_above_stands_there_again() -> None:
    """Whatever came meanwhile is told by the way back to the end."""
    reading = Reading()
    reading.load(*numbered(*range(10)))
    reading.look()
    reading.log.scroll_to(50)
    reading.leave()
    reading.add(*numbered(10))
    reading.look()
    assert (reading.log.scroll_top, reading.jump.get("data-unread")) == (50, "1")


def test_what_was_unread_before_a_reload_stands_below_the_line() -> None:
    """It is not read before it is there."""
    reading = Reading(unread=2)
    reading.look()
    assert not reading.world.asked.of("reading_changed")
    reading.load(*numbered(1, 2), outgoing("mine", at=3.0), *numbered(4, 5))
    assert reading.lines == ["day", "1", "2", "mine", "[2 new messages]", "4", "5"]
    assert reading.world.asked.of("reading_changed") == [("reading_changed", True)]


def test_unread_messages_that_are_not_kept_have_no_line() -> None:
    """The history may be gone, or was cleared."""
    reading = Reading(unread=2)
    reading.look()
    reading.load(outgoing("mine", at=3.0))
    assert reading.lines == ["day", "mine"]
    assert reading.world.asked.of("reading_changed") == [("reading_changed", True)]
    reading.look_away(seen=False)
    reading.add(*numbered(4))
    reading.room.apply(HistoryCleared(()))
    assert reading.lines == []


def test_message_is_brought_before_the_reader() -> None:
    """That of a notification; it may be on the page no more."""
    reading = Reading()
    reading.load(*numbered(1, 2))
    reading.look()
    message = reading.log.every(data_testid="message")[0]
    reading.log.scroll_top, message.top = 0, 316.0
    reading.room.show_message("1")
    assert reading.log.scroll_top == 300
    reading.room.show_message("unknown")
    assert reading.log.scroll_top == 300
    reading.look_away(seen=False)
    reading.add(*numbered(3))
    reading.divider.top = 416.0
    reading.log.scroll_top = 0
    reading.room.show_message("3")
    assert reading.log.scroll_top == 400


def test_number_of_new_messages_is_bounded() -> None:
    """Nobody counts further."""
    reading = Reading(unread=4000)
    reading.load(*numbered(*range(80)))
    reading.divider.top = -500.0
    reading.look()
    assert reading.jump.one(class_="badge").text == "999+"
