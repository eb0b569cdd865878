from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.items import Item
from client_py.core.shown_names import ShownNames
from client_py.ports.page import NearDay
from client_py.ui.transcript import message as message_view
from client_py.ui.transcript.hyperlinks import Part, split_links
from client_py.ui.transcript.message_list import MessageList
from client_py.words.transcript import UNREADABLE
from tests.client_py.ui.view_context import DAY, PlainFormats, World, incoming, outgoing
from tests.fakes.document import FakeElement

MESSAGES = st.lists(
    st.tuples(st.sampled_from(["alice", "bob"]), st.sampled_from([0.0, 100.0, 1000.0, DAY, 2 * DAY])), max_size=8
)


class MovingFormats(PlainFormats):
    """A calendar in which today moves on."""

    today = 0.0

    def near_day(self, seconds: float) -> NearDay | None:
        """Tell today from other days."""
        return NearDay.TODAY if seconds // DAY == self.today else None


@pytest.fixture
def formats() -> MovingFormats:
    """Return the calendar of the messages."""
    return MovingFormats()


@pytest.fixture
def messages(world: World, formats: MovingFormats) -> Iterator[MessageList]:
    """Yield a list that is not on the page, and see at the end that nothing listens any more."""
    messages = listed(world, formats)
    yield messages
    messages.dispose()
    assert world.document.live_listeners == 0


def listed(world: World, formats: PlainFormats) -> MessageList:
    """Return an empty list."""
    return MessageList(replace(world.context, formats=formats), ShownNames("alice"), lambda: None)


def articles(messages: MessageList) -> list[FakeElement]:
    """Return the messages."""
    assert isinstance(messages.element, FakeElement)
    return messages.element.every(tag="article")


def failing_at(fatal: str) -> Callable[[str], Iterator[Part]]:
    """Return what splits texts, but fails at one of them."""

    def split(text: str) -> Iterator[Part]:
        if text == fatal:
            raise RuntimeError(text)
        return split_links(text)

    return split


def rows(messages: MessageList) -> list[str]:
    """Tell what stands in the list: days, and messages by author and text where the author is told, else by text."""
    assert isinstance(messages.element, FakeElement)
    return [
        each.text if each.get("class") == "day" else told(each)
        for each in messages.element.children
        if isinstance(each, FakeElement)
    ]


def told(message: FakeElement) -> str:
    """Tell a message."""
    authors = [author.text for author in message.every(class_="author")]
    assert ("data-opens-group" in message.attributes) is bool(authors)
    return " ".join([*authors, message.by_test_id("message-text").text])


def in_a_row(authors: Sequence[tuple[str, float]]) -> list[Item]:
    """Make messages by their authors and moments."""
    return [
        outgoing(str(number), at=at) if author == "alice" else incoming(str(number), at=at)
        for number, (author, at) in enumerate(authors)
    ]


def test_earlier_messages_join_at_the_seam(messages: MessageList) -> None:
    """The day and the author that stood above the oldest message go up to where they begin now."""
    messages.append(incoming("3", at=120))
    messages.append(outgoing("4", at=130))
    assert rows(messages) == ["Today", "bob 3", "You 4"]
    messages.prepend([incoming("1", at=60), incoming("2", at=90)])
    assert rows(messages) == ["Today", "bob 1", "2", "3", "You 4"]


def test_earlier_messages_of_other_days_and_authors_stay_apart(messages: MessageList) -> None:
    """Each day starts over, and so does each author."""
    messages.append(incoming("3", at=DAY))
    messages.prepend([outgoing("1", at=DAY - 20), incoming("2", at=DAY - 10)])
    assert rows(messages) == ["Today", "You 1", "bob 2", "Day 1", "bob 3"]


def test_message_is_inserted_among_days_and_authors(messages: MessageList) -> None:
    """Those above and below it tell day and author where they begin, as if it had always stood there."""
    for position, message in ((1, incoming("1", at=10)), (5, incoming("3", at=20)), (9, incoming("5", at=DAY))):
        messages.append(replace(message, position=position))
    assert messages.append(replace(outgoing("2", at=15), position=3))
    assert rows(messages) == ["Today", "bob 1", "You 2", "bob 3", "Day 1", "bob 5"]
    assert messages.append(replace(incoming("4", at=DAY - 1), position=7))
    assert rows(messages) == ["Today", "bob 1", "You 2", "bob 3", "bob 4", "Day 1", "bob 5"]
    assert messages.append(replace(incoming("0", at=9), position=0))
    assert rows(messages) == ["Today", "bob 0", "1", "You 2", "bob 3", "bob 4", "Day 1", "bob 5"]
    assert not messages.append(replace(outgoing("2", at=15), position=8))
    assert (messages.oldest, messages.newest) == (incoming("0", at=9).id, incoming("5", at=DAY).id)


def test_oldest_messages_leave_their_day_to_those_that_stay(messages: MessageList) -> None:
    """What stands above the first message that stays is its own day and its own author."""
    for message in in_a_row([("bob", 0), ("bob", 10), ("bob", 20), ("alice", 30)]):
        messages.append(message)
    messages.take_off(2)
    assert rows(messages) == ["Today", "bob 2", "You 3"]
    messages.take_off(2)
    assert rows(messages) == []
    assert (len(messages), messages.oldest) == (0, None)


@given(MESSAGES, st.integers(0, 8), st.integers(0, 8))
def test_list_looks_the_same_whichever_way_it_came_about(
    authors: list[tuple[str, float]], cut: int, extra: int
) -> None:
    """Appended, loaded in two parts, or taken off and loaded again: days and authors stand where they belong."""
    said = in_a_row(authors)
    world = World()
    appended, loaded, again = (listed(world, PlainFormats()) for _ in range(3))
    for message in said:
        appended.append(message)
        again.append(message)
    loaded.prepend(said[cut:])
    loaded.prepend(said[:cut])
    again.take_off(extra)
    again.prepend(said[:extra])
    assert rows(appended) == rows(loaded) == rows(again)
    assert len(appended) == len(loaded) == len(again) == len(said)


def test_message_that_is_there_keeps_its_place(messages: MessageList) -> None:
    """A message that came in while the history was read is shown once."""
    assert messages.append(incoming("2", at=10))
    messages.prepend([incoming("1", at=0), incoming("2", at=10)])
    assert not messages.append(incoming("1", at=0))
    assert rows(messages) == ["Today", "bob 1", "2"]


def test_earlier_messages_are_not_read_out(messages: MessageList) -> None:
    """A screen reader says what is new, and nothing of what comes in above it."""
    messages.append(incoming("2", at=10))
    messages.prepend([incoming("1", at=0)])
    assert isinstance(messages.element, FakeElement)
    assert [each.get("aria-live") for each in messages.element.every(tag="article")] == ["off", None]
    assert messages.element.one(class_="day").get("aria-live") == "off"


@pytest.mark.parametrize("way", ["append", "prepend"])
def test_days_are_named_again_when_they_are_over(messages: MessageList, formats: MovingFormats, way: str) -> None:
    """After midnight, what was said before it is no longer under "Today", and what comes then is."""
    messages.append(incoming("1", at=DAY - 10))
    assert rows(messages) == ["Today", "bob 1"]
    formats.today = 1.0
    if way == "append":
        messages.append(incoming("2", at=DAY + 10))
        assert rows(messages) == ["Day 0", "bob 1", "Today", "bob 2"]
    else:
        messages.prepend([incoming("0", at=-10)])
        assert rows(messages) == ["Day -1", "bob 0", "Day 0", "bob 1"]


def test_messages_that_leave_the_page_stop_listening(world: World, messages: MessageList) -> None:
    """A folded message listens to its two buttons for as long as it is shown."""
    messages.append(incoming("x" * 100_000))
    assert world.document.live_listeners == 2
    messages.take_off(1)
    assert world.document.live_listeners == 0


def test_delivery_of_a_message_that_left_the_page_is_passed_over(messages: MessageList) -> None:
    """It changes nothing on the page, and comes with the message when that is loaded again."""
    messages.append(outgoing("1", message_id="m"))
    messages.take_off(1)
    messages.show_delivery("m", Delivery.READ)
    assert rows(messages) == []


def test_message_that_cannot_be_shown_says_so_in_its_place(world: World, messages: MessageList) -> None:
    """Neither its author nor its text is known, and the others stand as if it were one of them."""
    for each in (incoming("1", at=0), incoming("2", at=10).unreadable(), incoming("3", at=20)):
        messages.append(each)
    shown = [article for article in articles(messages) if "data-unreadable" in article.attributes]
    assert [article.by_test_id("message-text").text for article in articles(messages)] == ["1", UNREADABLE, "3"]
    assert [article.by_test_id("message-text").text for article in shown] == [UNREADABLE]
    assert shown[0].every(class_="author") == []
    assert world.reported == []


def test_message_whose_drawing_fails_takes_no_other_along(
    world: World, messages: MessageList, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is shown as one that cannot be shown, and what went wrong is told."""
    monkeypatch.setattr(message_view, "split_links", failing_at("2"))
    messages.append(incoming("1", at=0))
    messages.append(incoming("2", at=10))
    messages.prepend([incoming("0", at=0)])
    assert [article.by_test_id("message-text").text for article in articles(messages)] == ["0", "1", UNREADABLE]
    assert [str(error) for error in world.reported] == ["2"]


def test_list_counts_the_newest_that_may_stay(messages: MessageList) -> None:
    """By number and by text; one may always stay."""
    for number, size in enumerate((5, 1, 1, 3)):
        messages.append(replace(incoming("a" * size), id=str(number)))
    assert messages.characters == 10
    assert [messages.count_newest(count, 100) for count in (0, 3, 9)] == [0, 3, 4]
    assert [messages.count_newest(9, size) for size in (0, 3, 4, 9, 10)] == [1, 1, 2, 3, 4]


def times(messages: MessageList) -> list[str]:
    """Tell when each message says that it was written."""
    return [article.one(tag="time").text for article in articles(messages)]


def test_clocks_a_day_apart_begin_no_day_with_every_message(messages: MessageList) -> None:
    """The order is that of coming, so the days go on only; what is of another one says so beside its time."""
    for message in in_a_row([("alice", DAY), ("bob", 10), ("alice", DAY + 20), ("bob", 30)]):
        messages.append(message)
    assert rows(messages) == ["Day 1", "You 0", "bob 1", "You 2", "bob 3"]
    assert times(messages) == ["0:0", "Today, 0:10", "0:20", "Today, 0:30"]


def test_days_go_on_where_earlier_messages_are_of_later_days(messages: MessageList, formats: MovingFormats) -> None:
    """What is loaded above says on which day the others stand; what is taken off says so no longer."""
    formats.today = 2.0
    for message in in_a_row([("bob", 10), ("bob", 20), ("bob", 2 * DAY), ("bob", 30)]):
        messages.append(message)
    assert rows(messages) == ["Day 0", "bob 0", "1", "Today", "bob 2", "bob 3"]
    messages.prepend([replace(incoming("before", at=DAY), id="before")])
    assert rows(messages) == ["Day 1", "bob before", "bob 0", "1", "Today", "bob 2", "bob 3"]
    assert times(messages) == ["0:0", "Day 0, 0:10", "Day 0, 0:20", "0:0", "Day 0, 0:30"]
    messages.take_off(1)
    assert rows(messages) == ["Day 0", "bob 0", "1", "Today", "bob 2", "bob 3"]
    assert times(messages) == ["0:10", "0:20", "0:0", "Day 0, 0:30"]


def test_day_that_has_not_come_is_no_day_to_stand_under(world: World, formats: MovingFormats) -> None:
    """An earlier release has kept what a clock that was years ahead said of a message; those after it stand as ever."""
    world.clock.time = DAY
    messages = listed(world, formats)
    for message in in_a_row([("bob", 10), ("alice", 900 * DAY), ("bob", DAY)]):
        messages.append(message)
    assert rows(messages) == ["Today", "bob 0", "Day 1", "You 1", "bob 2"]
    assert times(messages) == ["0:10", "Day 900, 0:0", "0:0"]


def test_days_are_named_as_they_are_called_today(messages: MessageList, formats: MovingFormats) -> None:
    """Also beside the time of a message that is of another day than those around it."""
    for message in in_a_row([("bob", 0), ("bob", DAY), ("bob", 10)]):
        messages.append(message)
    formats.today = 1.0
    messages.name_days()
    assert rows(messages) == ["Day 0", "bob 0", "Today", "bob 1", "bob 2"]
    assert times(messages) == ["0:0", "0:0", "Day 0, 0:10"]
