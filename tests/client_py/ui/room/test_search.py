from __future__ import annotations

import pytest

from client_py.core.conversation.history_search import MAX_QUERY, Match, Query
from client_py.core.conversation.items import Item
from client_py.core.conversation.notices import HistoryCleared, MessagesFound
from client_py.ui.page import Page
from client_py.ui.room.room_screen import RoomScreen
from tests.client_py.ui.view_context import World, incoming, outgoing
from tests.fakes.document import FakeElement


@pytest.fixture
def field(world: World, room: RoomScreen) -> FakeElement:  # noqa: ARG001 - the room has to be on the page
    """Return the field of its search."""
    return world.document.by_test_id("search")


def find(room: RoomScreen, query: str, *messages: Item, complete: bool = True) -> None:
    """Let a search come to something."""
    matches = tuple(match for message in messages if (match := Query(query).match(message)))
    room.apply(MessagesFound(query, matches, complete))


def results(world: World) -> list[FakeElement]:
    """Return the messages that were found."""
    return world.document.by_test_id("search-results").every(data_testid="search-result")


def summary(world: World) -> str:
    """Return what is said of them."""
    return world.document.by_test_id("search-results").one(role="status").text


def test_search_waits_for_a_pause_in_typing(world: World, field: FakeElement) -> None:
    """Not every letter is searched for."""
    field.type("tom")
    field.type("tomato")
    assert world.asked.of("search") == []
    world.clock.ring()
    assert world.asked.of("search") == [("search", "tomato")]


def test_enter_searches_at_once(world: World, field: FakeElement) -> None:
    """And nothing is searched for again after the pause."""
    field.type("tomato ")
    assert field.fire("keydown", key="Enter")
    assert world.asked.of("search") == [("search", "tomato ")]
    assert world.clock.waiting == []


@pytest.mark.parametrize("then", ["tomatoes", ""])
def test_editing_ends_the_search_before(world: World, field: FakeElement, then: str) -> None:
    """Nobody waits any longer for what it would find."""
    field.type("tomato")
    world.clock.ring()
    field.type(then)
    assert [name for name, *_ in world.asked.calls if "search" in str(name)] == ["end_search", "search", "end_search"]


@pytest.mark.parametrize(("key", "composing"), [("a", False), ("Enter", True)])
def test_other_keys_do_not_search(world: World, field: FakeElement, key: str, *, composing: bool) -> None:
    """Enter belongs to the input method while it composes."""
    field.type("tomato")
    assert not field.fire("keydown", key=key, composing=composing)
    assert world.asked.of("search") == []


@pytest.mark.parametrize("blank", ["", "  "])
def test_blank_is_not_searched_for(world: World, room: RoomScreen, field: FakeElement, blank: str) -> None:
    """An empty field finds nothing, and takes away what was found before."""
    field.type("tomato")
    find(room, "tomato", incoming("tomato"))
    field.type(blank)
    field.fire("keydown", key="Enter")
    assert (world.asked.of("search"), world.clock.waiting) == ([], [])
    assert (results(world), summary(world)) == ([], "")


def test_result_tells_author_moment_and_text(world: World, room: RoomScreen, field: FakeElement) -> None:
    """Each message that was found stands there, the newest first, with what was looked for marked."""
    field.type("tomato")
    find(room, "tomato", outgoing("Tomatoes <b>!", at=120), incoming("a tomato", at=60, author="bob"))
    own, other = results(world)
    assert [each.one(class_="name").text for each in (own, other)] == ["You", "bob"]
    assert own.one(tag="time").text == "Day 0, 0:120"
    assert own.one(tag="time").get("title") == "Day 0, 0:120"
    assert own.one(class_="result-text").text == "Tomatoes <b>!"
    assert [each.one(tag="mark").text for each in (own, other)] == ["Tomato", "tomato"]
    assert summary(world) == "2 messages found"


def test_result_shows_an_excerpt(world: World, room: RoomScreen, field: FakeElement) -> None:
    """The page looks at nothing else of a message that was found, which may be a long one."""
    field.type("tomato")
    room.apply(MessagesFound("tomato", (Match(incoming("a tomato, and a tomato"), "a tomato…"),), complete=True))
    assert world.document.html.one(class_="result-text").text == "a tomato…"


def test_field_takes_no_more_than_is_looked_for(field: FakeElement) -> None:
    """What is pasted there may be a book."""
    assert field.get("maxlength") == str(MAX_QUERY)


def test_answer_to_an_older_query_is_passed_over(world: World, room: RoomScreen, field: FakeElement) -> None:
    """What stands under the field belongs to what stands in it."""
    field.type("tomato")
    field.type("bread")
    find(room, "tomato", incoming("tomato"))
    assert results(world) == []
    find(room, "bread", incoming("bread"))
    find(room, "tomato", incoming("tomato"))
    assert [each.one(tag="mark").text for each in results(world)] == ["bread"]


def test_newer_answer_takes_the_place_of_the_older(world: World, room: RoomScreen, field: FakeElement) -> None:
    """The same query may find something else later."""
    field.type("tomato")
    find(room, "tomato", incoming("tomato"))
    assert world.document.html.one(class_="results").is_shown()
    find(room, "tomato")
    assert (results(world), summary(world)) == ([], "No message found")
    assert not world.document.html.one(class_="results").is_shown()


def test_cleared_history_is_searched_again(world: World, room: RoomScreen, field: FakeElement) -> None:
    """What was forgotten does not go on being shown as found."""
    field.type("tomato")
    world.clock.ring()
    find(room, "tomato", incoming("tomato"))
    room.apply(HistoryCleared(()))
    assert (results(world), summary(world)) == ([], "")
    assert world.asked.of("search") == [("search", "tomato")] * 2


def test_cleared_history_is_not_searched_unasked(world: World, room: RoomScreen) -> None:
    """Where nobody was searching, nothing is looked for."""
    room.apply(HistoryCleared(()))
    assert world.asked.of("search") == []


def test_search_waits_no_longer_than_its_room(world: World, page: Page, field: FakeElement) -> None:
    """The pause ends with the screen."""
    field.type("tomato")
    page.dispose()
    assert world.clock.waiting == []
