from __future__ import annotations

from dataclasses import replace

import pytest

from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation_list import ConversationRow, LastLine
from client_py.core.status_line import Status
from client_py.ui.page import Page
from client_py.words.home import LEFT, NOTHING_SAID, OTHER_THAN_TEXT
from tests.client_py.ui.view_context import DAY, DIRECTLY, World, open_room
from tests.fakes.document import FakeElement

LINE = LastLine("one", "The tomatoes are ripe", is_own=False, author="bob", at=3 * DAY)
DEN = ConversationRow("den", used_at=2.0, last=LINE)
HALL = ConversationRow("hall", used_at=1.0)


def rows(world: World) -> list[FakeElement]:
    """Return the rows of the list."""
    return world.document.html.every(data_testid="conversation")


def show(world: World, page: Page, *conversations: ConversationRow) -> FakeElement:
    """Show these, and return the first row."""
    page.show_start("alice", DIRECTLY)
    page.show_conversations(conversations)
    return rows(world)[0]


def test_row_says_what_was_said_last_and_when(world: World, page: Page) -> None:
    """And of a room in which nothing was said, that."""
    den = show(world, page, DEN, HALL)
    assert [row.get("data-room") for row in rows(world)] == ["den", "hall"]
    assert den.one(class_="last").text == LINE.text
    assert den.one(tag="time").text == "Day 3"
    assert (den.get("href"), den.get("data-unread"), den.get("data-state")) == (
        "https://chat.example/chat/den",
        "0",
        None,
    )
    assert rows(world)[1].one(class_="last").text == NOTHING_SAID


def test_row_counts_what_is_unread(world: World, page: Page) -> None:
    """To the eye and to the ear; and no number is too wide."""
    den = show(world, page, replace(DEN, unread=3))
    assert (den.get("data-unread"), den.one(class_="badge").text) == ("3", "3 unread messages3")
    page.show_conversations((replace(DEN, unread=4_000),))
    assert den.one(class_="badge").text.endswith("999+")
    page.show_conversations((DEN,))
    assert den.every(class_="badge") == []


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (replace(DEN, typing=("bob",), draft="half"), "bob is typing…"),
        (replace(DEN, draft="half a sen"), "half a sen"),
        (replace(DEN, last=replace(LINE, text="")), OTHER_THAN_TEXT),
        (replace(DEN, others=("bob", "eve")), "bob: The tomatoes are ripe"),
    ],
)
def test_row_says_what_matters_most(world: World, page: Page, row: ConversationRow, text: str) -> None:
    """Who is writing, then what one has begun, then what was said; and by whom, where that is not clear."""
    assert show(world, page, row).one(class_="last").text == text


def test_row_says_how_far_an_own_message_has_come(world: World, page: Page) -> None:
    """By the sign that the message has in the room."""
    own = replace(LINE, is_own=True, delivery=Delivery.READ)
    den = show(world, page, replace(DEN, last=own))
    assert den.one(data_delivery="read").one(class_="ticks").get("aria-label") == "Read"


def test_dot_says_that_somebody_is_here(world: World, page: Page) -> None:
    """One's own other device is nobody."""
    den = show(world, page, replace(DEN, status=Status.CONNECTED, others=("bob",)))
    assert (den.one(class_="dot").is_shown(), den.get("data-state")) == (True, "connected")
    page.show_conversations((replace(DEN, status=Status.CONNECTED),))
    assert not den.one(class_="dot").is_shown()


def test_row_leads_to_its_room(world: World, page: Page) -> None:
    """A click with a key held, or of another button, is the browser's: it opens another tab."""
    den = show(world, page, DEN)
    assert den.fire("click")
    assert world.asked.calls == [("open_room", "den")]
    assert not den.fire("click", aside=True)
    assert world.asked.calls == [("open_room", "den")]


def test_row_of_the_room_on_the_page_is_marked(world: World, page: Page) -> None:
    """What is begun there stands in the composer, and in the list as soon as another place is on the page."""
    show(world, page, replace(DEN, draft="half"), HALL)
    open_room(page, world.asked)
    assert [row.get("aria-current") for row in rows(world)] == ["page", None]
    assert rows(world)[0].one(class_="last").text == LINE.text
    page.show_start("alice", DIRECTLY)
    assert rows(world)[0].one(class_="last").text == "half"


def test_rows_keep_their_elements_and_the_keyboard(world: World, page: Page) -> None:
    """What only says something else is not built again; what has gone listens no more."""
    den = show(world, page, DEN, HALL)
    page.show_conversations((replace(DEN, unread=1), HALL))
    assert rows(world)[0] is den
    page.show_conversations((HALL, replace(DEN, unread=1)))
    assert [row.get("data-room") for row in rows(world)] == ["hall", "den"]
    assert rows(world)[1] is den
    page.show_conversations((HALL,))
    assert den.listeners.count == 0


def test_archived_conversations_are_shown_on_demand(world: World, page: Page) -> None:
    """The button says how many there are, and is not there for none."""
    show(world, page, DEN, replace(HALL, is_archived=True))
    button = world.document.by_test_id("archived")
    assert (len(rows(world)), button.text, button.get("aria-expanded")) == (1, "1 archived conversation", "false")
    button.fire("click")
    assert (len(rows(world)), button.get("aria-expanded")) == (2, "true")
    page.show_conversations((DEN,))
    assert not button.is_shown()


def test_times_are_written_again_when_it_is_another_day(world: World, page: Page) -> None:
    """The time of day of a message is a weekday by then."""
    den = show(world, page, DEN)
    den.one(tag="time").text = "of yesterday"
    page.look_at_clock()
    assert den.one(tag="time").text == "Day 3"


def test_form_for_a_room_stands_where_it_is_wanted(world: World, page: Page) -> None:
    """Beside the list, or in the panel that "+" opens, which closes once a room is shown."""
    show(world, page, DEN)
    panel = world.document.by_id(world.document.by_test_id("new-room").get("popovertarget") or "")
    field = world.document.by_test_id("room-name")
    field.type("no room")
    assert panel.every(data_testid="room-name") == []
    panel.fire("beforetoggle")
    assert panel.by_test_id("room-name") is field
    assert field.value == ""
    open_room(page, world.asked)
    assert world.document.hidden_popovers[-1] == panel.get("id")


def test_list_that_is_empty_gives_way_to_the_form(world: World, page: Page) -> None:
    """Also on a phone, where one of the two is seen."""
    page.show_start("alice", DIRECTLY)
    app = world.document.html.one(class_="app")
    assert (app.get("data-empty"), app.get("data-view")) == ("", "list")
    page.show_conversations((DEN,))
    assert app.get("data-empty") is None
    open_room(page, world.asked)
    assert app.get("data-view") == "room"


def test_what_was_done_can_be_undone_for_a_while(world: World, page: Page) -> None:
    """What comes next takes its place; what is over cannot be undone any more."""
    undone: list[str] = []
    page.offer_undo(LEFT, "den", lambda: undone.append("never"))
    page.show_start("alice", DIRECTLY)
    page.offer_undo(LEFT, "den", lambda: undone.append("den"))
    page.offer_undo(LEFT, "hall", lambda: undone.append("hall"))
    offer = world.document.html.one(class_="undo")
    assert "hall" in offer.text
    world.document.by_test_id("undo").fire("click")
    assert (undone, offer.is_shown()) == (["hall"], False)
    page.offer_undo(LEFT, "den", lambda: undone.append("den"))
    world.clock.ring()
    assert not offer.is_shown()
    world.document.by_test_id("undo").fire("click")
    assert undone == ["hall"]
