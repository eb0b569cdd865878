from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.items import Item, Reaction, Text, Unknown
from client_py.core.conversation.notices import (
    DeliveryChanged,
    HistoryCleared,
    HistoryLoaded,
    HistoryNotLoaded,
    HistoryPart,
    ItemAdded,
    LaterLoaded,
    NewestLoaded,
)
from client_py.ui.page import Page
from client_py.ui.room.room_screen import RoomScreen
from client_py.ui.transcript.message_text import FOLDED_FROM
from client_py.ui.transcript.transcript import MAX_AT_ONCE, MAX_CHARACTERS, MAX_SHOWN, SLACK_SHOWN
from client_py.words.transcript import NEW, NEWEST, NOT_LOADED, OTHER_DEVICE
from tests.client_py.ui.view_context import DAY, World, incoming, open_room, outgoing
from tests.fakes.document import FakeElement

if TYPE_CHECKING:
    from client_py.ports.page import Element


@pytest.fixture
def log(world: World, room: RoomScreen) -> FakeElement:  # noqa: ARG001 - the room has to be on the page
    """Return a transcript of 1000 pixels in a window of 400."""
    log = world.document.by_test_id("transcript")
    log.scroll_height, log.client_height = 1000, 400
    log.scroll_to(600)
    return log


def add(room: RoomScreen, *messages: Item) -> None:
    """Let messages come."""
    for message in messages:
        room.apply(ItemAdded(message))


def load(room: RoomScreen, *messages: Item, before: str = "", has_earlier: bool = False) -> None:
    """Let messages of before come; `before` where they were asked for."""
    room.apply(HistoryLoaded(messages, has_earlier, before))


def numbered(count: int) -> list[Item]:
    """Make `count` messages, with their numbers for ids."""
    return [incoming(str(number), at=float(number), message_id=str(number)) for number in range(count)]


def shown(world: World) -> list[FakeElement]:
    """Return the messages on the page."""
    return world.document.html.every(data_testid="message")


def texts(world: World) -> list[str]:
    """Return the texts on the page."""
    return [each.text for each in world.document.html.every(data_testid="message-text")]


def earlier(world: World) -> FakeElement:
    """Return the button for what stands before the oldest message."""
    return world.document.by_test_id("earlier")


def placeholder(world: World) -> FakeElement:
    """Return what stands there while nobody has written."""
    return world.document.html.one(class_="placeholder")


def jump(world: World) -> FakeElement:
    """Return the button for what is new below."""
    return world.document.html.one(class_="jump")


@given(text=st.text())
def test_message_shows_its_text_exactly(text: str) -> None:
    """Markup, blanks, every character: the text content is what was typed."""
    world = World()
    add(open_room(Page(world.context, world.asked), world.asked), incoming(text))
    assert world.document.by_test_id("message-text").text == text


def test_message_makes_links_of_addresses_without_changing_its_text(world: World, room: RoomScreen) -> None:
    """A link opens apart from the page, and gives it away to nobody."""
    add(room, incoming("see http://a.example, <b>now</b>"))
    text = world.document.by_test_id("message-text")
    assert text.text == "see http://a.example, <b>now</b>"
    link = text.one(tag="a")
    assert link.attributes == {"href": "http://a.example", "rel": "noopener noreferrer", "target": "_blank"}
    assert text.every(tag="b") == []


def test_message_tells_direction_time_and_author(world: World, room: RoomScreen) -> None:
    """Whose message it is and when it was written stand beside the text."""
    add(room, incoming("hello", at=60, author="bob"), outgoing("hi", at=120))
    first, second = shown(world)
    assert (first.get("data-direction"), second.get("data-direction")) == ("incoming", "outgoing")
    assert first.one(class_="author").text == "bob"
    assert second.one(class_="author").text == "You"
    assert first.one(tag="time").text == "0:60"
    assert first.one(tag="time").get("title") == "Day 0, 0:60"
    assert first.get("data-delivery") is None
    assert first.every(class_="ticks") == []


@pytest.mark.parametrize(
    ("delivery", "label"),
    [
        (Delivery.QUEUED, "Waiting to be sent"),
        (Delivery.SENT, "Sent"),
        (Delivery.DELIVERED, "Delivered"),
        (Delivery.READ, "Read"),
    ],
)
def test_delivery_is_shown_and_said(world: World, room: RoomScreen, delivery: Delivery, label: str) -> None:
    """Each step has its sign, and words for those who do not see it."""
    add(room, outgoing(message_id="m"), outgoing("other"))
    room.apply(DeliveryChanged("m", delivery))
    message, other = shown(world)
    assert message.get("data-delivery") == delivery.label
    assert message.one(class_="ticks").get("aria-label") == label
    assert other.get("data-delivery") == "queued"


def test_delivery_of_an_unknown_message_is_passed_over(world: World, room: RoomScreen) -> None:
    """A message that is not shown cannot change."""
    room.apply(DeliveryChanged("nobody", Delivery.READ))
    assert shown(world) == []


def test_messages_of_one_author_stand_together(world: World, room: RoomScreen) -> None:
    """The name is told once, until someone else writes, or after a pause."""
    add(room, incoming("1", at=0), incoming("2", at=10), outgoing("3", at=20), incoming("4", at=30))
    add(room, incoming("5", at=331), incoming("6", at=332, author="eve"))
    assert ["data-opens-group" in each.attributes for each in shown(world)] == [True, False, True, True, True, True]
    assert ["data-closes-group" in each.attributes for each in shown(world)] == [False, True, True, True, True, True]
    assert [len(each.every(class_="author")) for each in shown(world)] == [1, 0, 1, 1, 1, 1]


def test_own_account_elsewhere_is_another_author(world: World, room: RoomScreen) -> None:
    """What one wrote here and what came from one's own phone are told apart."""
    add(room, outgoing("1"), incoming("2", author="alice"))
    assert ["data-opens-group" in each.attributes for each in shown(world)] == [True, True]


def test_days_are_separated(world: World, room: RoomScreen) -> None:
    """A separator stands before the first message of each day, and the day's first message names its author."""
    add(room, incoming("1", at=DAY - 2), incoming("2", at=DAY - 1), incoming("3", at=DAY), incoming("4", at=DAY + 1))
    rows = world.document.html.one(class_="rows").children
    kinds = [each.text if each.get("class") == "day" else each.get("data-testid") for each in rows[2:]]  # type: ignore[union-attr]  # rows are elements
    assert kinds == ["Day 0", "message", "message", "Day 1", "message", "message"]
    assert "data-opens-group" in shown(world)[2].attributes


def test_transcript_follows_its_end(world: World, room: RoomScreen, log: FakeElement) -> None:
    """While the reader is at the end, what comes in is scrolled to."""
    log.scroll_height = 1100
    add(room, incoming())
    assert log.scroll_top == 700
    assert not jump(world).is_shown()


def test_transcript_lets_go_of_a_reader_above(world: World, room: RoomScreen, log: FakeElement) -> None:
    """Who reads above stays there, and is told how much is new below."""
    log.scroll_to(100)
    log.scroll_height = 1200
    add(room, incoming("1"), incoming("2"))
    assert log.scroll_top == 100
    assert jump(world).is_shown()
    assert jump(world).get("aria-label") == "2 new messages"


def test_transcript_holds_the_end_within_a_little_slack(room: RoomScreen, log: FakeElement) -> None:
    """A few pixels of bouncing are not a reader who scrolls away."""
    log.scroll_to(560)
    log.scroll_height = 1100
    add(room, incoming())
    assert log.scroll_top == 700


@pytest.mark.parametrize("way", ["button", "scrolling", "writing"])
def test_reader_comes_back_to_the_end(world: World, room: RoomScreen, log: FakeElement, way: str) -> None:
    """By the button, by scrolling, or by writing: the button goes, and the count starts over."""
    log.scroll_to(100)
    add(room, incoming("1"))
    if way == "button":
        jump(world).fire("click")
    elif way == "scrolling":
        log.scroll_to(600)
    else:
        add(room, outgoing("mine"))
    assert log.scroll_top == 600
    assert not jump(world).is_shown()
    log.scroll_to(100)
    add(room, incoming("2"))
    assert jump(world).get("aria-label") == "1 new message"


@pytest.mark.parametrize(("at", "expected"), [(600, 750), (100, 100)])
def test_end_is_kept_when_the_window_shrinks(world: World, log: FakeElement, at: float, expected: float) -> None:
    """A phone's keyboard does not cover the newest message, and does not move a reader above."""
    log.scroll_to(at)
    log.client_height = 250
    world.document.fire("resize")
    assert log.scroll_top == expected


def test_end_is_kept_when_the_composer_grows(world: World, log: FakeElement) -> None:
    """A long draft does not cover the newest message."""
    log.client_height = 300
    world.document.by_test_id("composer").type("one\ntwo\nthree")
    assert log.scroll_top == 700


def test_reading_is_told_on_changes_only(world: World, room: RoomScreen, log: FakeElement) -> None:
    """Reading is a visible page and the end of the transcript; each change of that is told once."""
    add(room, incoming("1"))
    log.scroll_to(590)
    log.scroll_to(100)
    log.scroll_to(90)
    world.document.look(visible=False)
    log.scroll_to(600)
    world.document.look(visible=True)
    assert [reading for _, reading in world.asked.of("reading_changed")] == [True, False, True]


@pytest.mark.parametrize("event", ["visibilitychange", "focus", "blur"])
@pytest.mark.usefixtures("room")
def test_reading_is_looked_at_again(world: World, event: str) -> None:
    """Another tab, another window: each way to look away or back is noticed."""
    world.document.visible = False
    world.document.fire(event)
    assert [reading for _, reading in world.asked.of("reading_changed")] == [True, False]


def test_reading_is_not_told_where_nobody_looks(world: World, page: Page) -> None:
    """A room that opens in a hidden tab is not being read."""
    world.document.visible = False
    open_room(page, world.asked)
    assert world.asked.calls == []


def test_unfolding_is_not_an_arrival(world: World, room: RoomScreen, log: FakeElement) -> None:
    """Who unfolds a message goes on reading where it begins: the end is no longer before their eyes."""
    add(room, incoming("word " * FOLDED_FROM))
    log.scroll_height = 5000
    world.document.html.every(class_="fold")[0].fire("click")
    assert log.scroll_top == 600
    assert world.asked.of("reading_changed")[-1] == ("reading_changed", False)


def test_long_message_is_as_wide_as_it_may_be(world: World, room: RoomScreen) -> None:
    """Whatever its lines and its buttons need: another width would have all that is unfolded laid out again."""
    add(room, incoming("short"), incoming("word " * FOLDED_FROM))
    assert [message.one(class_="bubble").get("data-long") for message in shown(world)] == [None, ""]


def test_transcript_is_a_log_that_the_keyboard_reaches(log: FakeElement) -> None:
    """Screen readers hear what is new, and arrow keys scroll."""
    assert (log.get("role"), log.get("aria-live"), log.get("tabindex")) == ("log", "polite", "0")


def test_direction_is_what_groups(room: RoomScreen, world: World) -> None:
    """A message that only looks like one's own, by its author, does not join one's own."""
    add(room, *(Item(name, Direction.INCOMING, "alice", Text(name), 0) for name in "ab"))
    assert len(world.document.html.every(class_="author")) == 1


def test_history_stands_before_what_was_said_since(world: World, room: RoomScreen) -> None:
    """The oldest is first, whenever the history was read; and nothing of it is new."""
    add(room, incoming("3", at=30))
    load(room, incoming("1", at=10), outgoing("2", at=20))
    assert texts(world) == ["1", "2", "3"]
    assert not jump(world).is_shown()


def test_history_keeps_the_reader_at_the_end(room: RoomScreen, log: FakeElement) -> None:
    """Who opens a room stands at its newest message."""
    log.scroll_height = 1500
    load(room, incoming())
    assert log.scroll_top == 1100


def test_history_does_not_move_a_reader_above(world: World, room: RoomScreen, log: FakeElement) -> None:
    """What is read stays before the eyes, and nothing is counted as new."""
    add(room, *numbered(3))
    log.scroll_to(100)
    rows = world.document.html.one(class_="rows")
    insert = rows.insert_before

    def grow(child: Element, reference: Element) -> None:
        insert(child, reference)
        log.scroll_height += 50

    rows.insert_before = grow  # type: ignore[method-assign]  # to lay something out
    load(room, outgoing("before", at=-DAY))
    assert log.scroll_top == 100 + (log.scroll_height - 1000) > 100
    assert jump(world).get("data-unread") == "0"


@pytest.mark.parametrize("has_earlier", [True, False])
def test_earlier_messages_are_offered_where_there_are_any(world: World, room: RoomScreen, *, has_earlier: bool) -> None:
    """At the beginning of the history, nothing leads further."""
    assert not earlier(world).is_shown()
    load(room, incoming(), has_earlier=has_earlier)
    assert earlier(world).is_shown() is has_earlier


def test_earlier_messages_are_asked_for_once(world: World, room: RoomScreen, log: FakeElement) -> None:
    """The button waits for its answer, with the keyboard left where the arrow keys scroll."""
    load(room, *numbered(3), has_earlier=True)
    for _ in range(2):
        earlier(world).fire("click")
    assert world.asked.of("load_earlier") == [("load_earlier", "0")]
    assert earlier(world).disabled
    assert world.document.focused is log
    load(room, incoming("before", at=-1.0, message_id="before"), before="0", has_earlier=True)
    assert not earlier(world).disabled
    earlier(world).fire("click")
    assert world.asked.of("load_earlier")[1:] == [("load_earlier", "before")]


def test_button_for_earlier_messages_stands_before_the_oldest(world: World, room: RoomScreen) -> None:
    """It is where a reader comes to who scrolls up."""
    load(room, incoming(), has_earlier=True)
    rows = world.document.html.one(class_="rows")
    assert rows.children.index(earlier(world)) < rows.children.index(rows.one(class_="day"))


def test_cleared_history_leaves_what_has_yet_to_be_delivered(world: World, room: RoomScreen, log: FakeElement) -> None:
    """Nothing else is on the page, nor to be had, and the reader is at the end."""
    load(room, incoming("1"), has_earlier=True)
    add(room, outgoing("2", at=10))
    log.scroll_to(100)
    add(room, incoming("3", at=20))
    room.apply(HistoryCleared((outgoing("2", at=10),)))
    assert texts(world) == ["2"]
    assert not placeholder(world).is_shown()
    assert not earlier(world).is_shown()
    assert not jump(world).is_shown()
    assert log.scroll_top == 600
    add(room, outgoing("4", at=30))
    assert texts(world) == ["2", "4"]


def test_cleared_history_frees_a_button_that_waits(world: World, room: RoomScreen) -> None:
    """The answer to it may never come."""
    load(room, *numbered(3), has_earlier=True)
    earlier(world).fire("click")
    room.apply(HistoryCleared(()))
    assert not earlier(world).disabled
    earlier(world).fire("click")
    assert len(world.asked.of("load_earlier")) == 1


def test_placeholder_is_there_while_nothing_is_shown(world: World, room: RoomScreen) -> None:
    """Whatever empties the transcript brings it back."""
    load(room)
    assert placeholder(world).is_shown()
    load(room, incoming())
    assert not placeholder(world).is_shown()
    room.apply(HistoryCleared(()))
    assert placeholder(world).is_shown()
    add(room, incoming())
    assert not placeholder(world).is_shown()


def test_message_is_shown_once(world: World, room: RoomScreen, log: FakeElement) -> None:
    """A message that the history has brought already is neither shown nor counted again when it comes in."""
    load(room, *numbered(2))
    log.scroll_to(100)
    add(room, *numbered(2))
    assert texts(world) == ["0", "1"]
    assert jump(world).get("data-unread") == "0"


def placed(*numbers: int) -> list[Item]:
    """Make messages of bob that stand where their numbers say."""
    return [replace(message, position=int(message.id)) for number in numbers for message in numbered(number + 1)[-1:]]


def test_message_that_another_tab_had_before_stands_where_it_stands_there(
    world: World, room: RoomScreen, log: FakeElement
) -> None:
    """As it will after a reload: between two, before all, or at the end; also where many come at once."""
    load(room, *placed(2, 5))
    log.scroll_to(600)
    add(room, *placed(3))
    assert texts(world) == ["2", "3", "5"]
    add(room, *placed(8, 1, 6, 4, 9))
    world.document.draw()
    assert texts(world) == ["1", "2", "3", "4", "5", "6", "8", "9"]


def test_message_that_stands_above_the_page_is_left_there(world: World, room: RoomScreen, log: FakeElement) -> None:
    """It comes with the earlier messages."""
    load(room, *placed(2, 5), has_earlier=True)
    log.scroll_to(600)
    add(room, *placed(1), *placed(6))
    world.document.draw()
    assert texts(world) == ["2", "5", "6"]
    load(room, *placed(0, 1), before="2")
    assert texts(world) == ["0", "1", "2", "5", "6"]


def test_message_that_stands_on_the_page_is_shown_to_a_reader_above(
    world: World, room: RoomScreen, log: FakeElement
) -> None:
    """What stands behind the page is left below, as long as the reader is not there."""
    load(room, *placed(*range(0, 2 * MAX_SHOWN, 2)))
    log.scroll_to(300)
    add(room, *placed(*range(2 * MAX_SHOWN, 2 * MAX_SHOWN + 3 * SLACK_SHOWN)))
    world.document.draw()
    last = texts(world)[-1]
    add(room, *placed(7, 5_000))
    world.document.draw()
    assert texts(world)[:6] == ["0", "2", "4", "6", "7", "8"]
    assert texts(world)[-1] == last


@pytest.fixture
def full(world: World, room: RoomScreen, log: FakeElement) -> FakeElement:
    """Return a transcript that is as full as it gets, where the reader is at its end; the oldest has number 1000."""
    load(room, *numbered(1000 + MAX_SHOWN)[1000:], has_earlier=True)
    assert len(shown(world)) == MAX_SHOWN
    return log


def test_page_bounds_messages(world: World, room: RoomScreen, full: FakeElement) -> None:
    """What comes in at the end takes the oldest off the page, which can be had again."""
    assert full.scroll_top == 600
    for message in numbered(2000)[1300:1900]:
        add(room, message)
        assert len(shown(world)) <= MAX_SHOWN + SLACK_SHOWN
    assert texts(world)[-1] == "1899"
    assert earlier(world).is_shown()
    earlier(world).fire("click")
    assert world.asked.of("load_earlier") == [("load_earlier", texts(world)[0])]


def test_page_holds_so_much_text(world: World, room: RoomScreen, log: FakeElement) -> None:
    """Long messages leave the page sooner, and the last one stays however long it is."""
    assert log.scroll_top == 600
    size = MAX_CHARACTERS // 4
    for number in range(8):
        add(room, replace(incoming("a" * size), id=str(number)))
        world.document.draw()
    assert [text[:1] for text in texts(world)] == ["a"] * 4
    assert earlier(world).is_shown()
    add(room, replace(incoming("b" * 2 * MAX_CHARACTERS), id="last"))
    world.document.draw()
    assert [text[:1] for text in texts(world)] == ["b"]


def test_reader_above_is_not_given_more_text(world: World, room: RoomScreen, log: FakeElement) -> None:
    """Where the page is full, what comes in waits in the history until the reader comes there."""
    add(room, replace(incoming("a" * (MAX_CHARACTERS + 1)), id="1"))
    log.scroll_to(100)
    world.document.draw()
    add(room, replace(incoming("b"), id="2"))
    world.document.draw()
    assert [text[:1] for text in texts(world)] == ["a"]
    assert jump(world).get("aria-label") == NEW.one.format(count=1)


@pytest.mark.usefixtures("full")
def test_reader_who_comes_near_the_beginning_gets_what_stands_before(
    world: World, room: RoomScreen, log: FakeElement
) -> None:
    """Without asking for it, once, and the farthest leave the page at its other end."""
    for pixels in (300, 200):
        log.scroll_to(pixels)
    assert world.asked.of("load_earlier") == [("load_earlier", "1000")]
    assert world.document.focused is not log
    load(room, *numbered(1000)[920:], before="1000", has_earlier=True)
    assert texts(world) == [message.text for message in numbered(1000 + MAX_SHOWN - 80)[920:]]
    assert jump(world).get("aria-label") == NEWEST
    assert world.asked.of("reading_changed")[-1] == ("reading_changed", False)


@pytest.fixture
def above(room: RoomScreen, full: FakeElement) -> FakeElement:
    """Return a transcript whose reader is so far up that the newest messages, from 1220 on, are off the page."""
    full.scroll_to(300)
    load(room, *numbered(1000)[920:], before="1000", has_earlier=True)
    return full


def test_reader_who_comes_near_the_end_gets_what_stands_after(
    world: World, room: RoomScreen, above: FakeElement
) -> None:
    """Nothing of that is new or read out, the oldest leave the page, and the end is the end again in the end."""
    above.scroll_to(600)
    assert world.asked.of("load_later") == [("load_later", "1219")]
    assert world.asked.of("reading_changed")[-1] == ("reading_changed", False)
    room.apply(LaterLoaded(tuple(numbered(1300)[1220:]), has_later=False, after="1219"))
    assert texts(world) == [message.text for message in numbered(1300)[1000:]]
    assert shown(world)[-1].get("aria-live") == "off"
    assert not jump(world).is_shown()
    assert world.asked.of("reading_changed")[-1] == ("reading_changed", True)


def test_reader_above_is_only_told_of_what_comes_in(world: World, room: RoomScreen, above: FakeElement) -> None:
    """It stands where it belongs, at an end that is not on the page; the button leads there at once."""
    before = texts(world)
    add(room, *numbered(1302)[1300:])
    assert texts(world) == before
    assert jump(world).get("aria-label") == "2 new messages"
    jump(world).fire("click")
    jump(world).fire("click")
    assert world.asked.of("load_newest") == [("load_newest",)]
    add(room, *numbered(1303)[1302:])
    room.apply(NewestLoaded(tuple(numbered(1302)[1222:]), has_earlier=True))
    assert texts(world) == [message.text for message in numbered(1303)[1222:]]
    assert above.scroll_top == 600
    assert not jump(world).is_shown()
    assert world.asked.of("reading_changed")[-1] == ("reading_changed", True)


@pytest.mark.usefixtures("above")
def test_writing_leads_to_the_newest_messages(world: World, room: RoomScreen) -> None:
    """The author wants to see it, and how far it has come by now."""
    add(room, outgoing("mine", at=5000.0, message_id="mine"))
    assert world.asked.of("load_newest") == [("load_newest",)]
    room.apply(DeliveryChanged("mine", Delivery.SENT))
    room.apply(NewestLoaded((*numbered(3), outgoing("mine", at=5000.0, message_id="mine")), has_earlier=True))
    assert texts(world)[-1] == "mine"
    assert shown(world)[-1].get("data-delivery") == "sent"


def test_reader_above_in_a_full_page_is_left_alone(world: World, room: RoomScreen, full: FakeElement) -> None:
    """What comes in does not make the page grow without end, nor take away what is read."""
    full.scroll_to(100)
    add(room, *numbered(1400)[1300:])
    assert texts(world)[0] == "1000"
    assert len(shown(world)) == MAX_SHOWN + SLACK_SHOWN
    assert jump(world).get("aria-label") == "100 new messages"


def test_answer_for_another_part_of_the_conversation_is_passed_over(
    world: World, room: RoomScreen, above: FakeElement
) -> None:
    """There would be a gap before it, or after it."""
    before = texts(world)
    load(room, *numbered(900), before="1000", has_earlier=True)
    room.apply(LaterLoaded(tuple(numbered(5)), has_later=True, after="1299"))
    room.apply(NewestLoaded(tuple(numbered(5)), has_earlier=True))
    assert texts(world) == before
    above.scroll_to(600)
    jump(world).fire("click")
    room.apply(LaterLoaded(tuple(numbered(1300)[1220:]), has_later=False, after="1219"))
    assert texts(world) == before


def long(*numbers: int) -> list[Item]:
    """Make messages of which the page takes eight at most, with their numbers for ids."""
    size = MAX_CHARACTERS // 8
    return [replace(message, body=Text("a" * size)) for number in numbers for message in numbered(number + 1)[-1:]]


def test_reader_above_is_left_so_much_text(world: World, room: RoomScreen, log: FakeElement) -> None:
    """Scrolling up, too, long messages leave the page sooner, those that are farthest from the reader."""
    load(room, *long(*range(20, 27)), has_earlier=True)
    log.scroll_to(300)
    load(room, *long(17, 18, 19), before="20", has_earlier=True)
    assert len(shown(world)) == 8
    assert jump(world).get("aria-label") == NEWEST
    log.scroll_to(600)
    assert world.asked.of("load_later") == [("load_later", "24")]
    room.apply(LaterLoaded(tuple(long(25, 26)), has_later=False, after="24"))
    assert len(shown(world)) == 8
    log.scroll_to(100)
    assert world.asked.of("load_earlier")[-1] == ("load_earlier", "19")


def test_reader_at_the_end_of_much_text_gets_no_more_of_it_unasked(
    world: World, room: RoomScreen, log: FakeElement
) -> None:
    """It would be taken off at once, to be asked for again."""
    log.scroll_height = 500
    load(room, *long(*range(20, 26)), has_earlier=True)
    log.scroll_to(100)
    assert world.asked.of("load_earlier") == []
    load(room, *long(*range(20, 28)), has_earlier=True)
    assert len(shown(world)) == 8


PARTS = {HistoryPart.EARLIER: 300, HistoryPart.LATER: 600, HistoryPart.NEWEST: 350}
"""Where a reader above stands who asks for each part."""


@pytest.mark.parametrize("part", HistoryPart)
def test_part_that_cannot_be_read_is_said_and_can_be_asked_for_again(
    world: World, room: RoomScreen, above: FakeElement, part: HistoryPart
) -> None:
    """What is on the page stays there; by itself, the page does not ask again."""

    def asked() -> list[tuple[object, ...]]:
        return [call for call in world.asked.calls if str(call[0]).startswith("load_")]

    before, line = texts(world), world.document.by_test_id("loading-fault")
    assert not line.one(tag="button").is_shown()
    above.scroll_to(PARTS[part])
    if part is HistoryPart.NEWEST:
        jump(world).fire("click")
    calls = asked()
    room.apply(HistoryNotLoaded(part))
    assert line.one(role="alert").text == NOT_LOADED[part]
    assert (texts(world), earlier(world).disabled) == (before, False)
    for pixels in (290, 590, PARTS[part]):
        above.scroll_to(pixels)
    assert asked() == calls
    world.document.by_test_id("load-again").fire("click")
    assert asked() == [*calls, calls[-1]]
    assert (line.text, line.one(tag="button").is_shown()) == (line.one(tag="button").text, False)
    room.apply(HistoryNotLoaded(part))
    assert line.one(role="alert").text == NOT_LOADED[part]
    room.apply(HistoryCleared(()))
    assert not line.one(tag="button").is_shown()


def test_part_that_is_wanted_no_longer_is_not_missed(world: World, room: RoomScreen, above: FakeElement) -> None:
    """The reader has gone to the newest messages meanwhile, or has cleared the history."""
    above.scroll_to(300)
    jump(world).fire("click")
    room.apply(HistoryNotLoaded(HistoryPart.EARLIER))
    assert not world.document.by_test_id("load-again").is_shown()
    room.apply(NewestLoaded(tuple(numbered(1300)[1220:]), has_earlier=True))
    assert texts(world)[-1] == "1299"


def test_messages_of_one_frame_are_shown_together(world: World, room: RoomScreen) -> None:
    """The first at once, the others when the page is drawn; and each as far as it has come by then."""
    world.document.hold_frames()
    add(room, incoming("1"), outgoing("2", message_id="m"), incoming("3"))
    room.apply(DeliveryChanged("m", Delivery.SENT))
    assert texts(world) == ["1"]
    world.document.draw()
    assert texts(world) == ["1", "2", "3"]
    assert shown(world)[1].get("data-delivery") == "sent"
    world.document.draw()
    world.document.draw()
    add(room, incoming("4"))
    assert texts(world)[-1] == "4"
    world.document.draw()


def test_of_too_many_messages_in_one_frame_only_the_last_are_built(
    world: World, room: RoomScreen, log: FakeElement
) -> None:
    """The page would stand, and nobody could read them; they stand above, without a gap."""
    assert log.scroll_top == 600
    world.document.hold_frames()
    add(room, *numbered(500))
    world.document.draw()
    assert texts(world) == [message.text for message in numbered(500)[-MAX_AT_ONCE:]]
    assert earlier(world).is_shown()


def test_of_too_many_messages_in_one_frame_a_reader_above_gets_the_first(
    world: World, room: RoomScreen, log: FakeElement
) -> None:
    """The others wait below, without a gap."""
    load(room, incoming("old", message_id="old"))
    log.scroll_to(100)
    world.document.hold_frames()
    add(room, *numbered(500))
    world.document.draw()
    assert texts(world) == ["old", *(str(number) for number in range(MAX_AT_ONCE + 1))]
    assert jump(world).get("aria-label") == "500 new messages"
    log.scroll_to(600)
    assert world.asked.of("load_later") == [("load_later", str(MAX_AT_ONCE))]


def test_reader_at_the_end_stays_there_while_it_moves_on(world: World, room: RoomScreen, log: FakeElement) -> None:
    """What has come in since the last frame has put the end further off; the reader has not moved."""
    world.document.hold_frames()
    log.scroll_to(600)
    add(room, incoming("1"))
    world.document.draw()
    log.scroll_height = 1200
    add(room, incoming("2"))
    log.fire("scroll")
    world.document.draw()
    assert log.scroll_top == 800
    assert not jump(world).is_shown()


def test_messages_that_leave_the_page_leave_no_listener(world: World, page: Page) -> None:
    """Folded messages listen to their two buttons, and stop with leaving."""
    room = open_room(page, world.asked)
    before = world.document.live_listeners
    add(room, *(incoming("\n" * 100, at=float(number)) for number in range(1000)))
    assert world.document.live_listeners == before + 2 * len(shown(world))
    assert len(shown(world)) <= MAX_SHOWN + SLACK_SHOWN


def test_message_of_our_other_device_stands_on_our_side(world: World, room: RoomScreen) -> None:
    """How far it has come is known there, and not here."""
    add(room, Item("a", Direction.OUTGOING, "alice", Text("Hi"), 0, from_other_device=True))
    message = world.document.html.one(data_testid="message")
    assert (message.get("data-direction"), message.get("data-device")) == ("outgoing", "other")
    assert message.get("data-delivery") is None
    assert message.one(class_="device").get("aria-label") == OTHER_DEVICE


def test_message_of_an_unknown_kind_says_so(world: World, room: RoomScreen) -> None:
    """One sees that there is something; and a reaction alone is no message."""
    add(room, Item("a", Direction.INCOMING, "bob", Unknown("unheard-of", "{}"), 0))
    add(room, Item("b", Direction.INCOMING, "bob", Reaction("alice", "message-000000000001", "👍"), 0))
    message = world.document.html.one(data_testid="message")
    assert message.get("data-unknown") == ""
    assert "newer version" in message.by_test_id("message-text").text
