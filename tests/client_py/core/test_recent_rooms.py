from __future__ import annotations

import pytest

from client_py.core.recent_rooms import MAX_RECENT_ROOMS, format_rooms, parse_rooms, with_room, without_room


def test_recent_rooms_come_back_as_they_were_kept() -> None:
    """What was written is read again."""
    assert parse_rooms(format_rooms(("den", "hall"))) == ("den", "hall")


@pytest.mark.parametrize("text", [None, "", "no json", "{}", "7", "[" * 9_000, '["den"' + "]" * 9])
def test_recent_rooms_read_as_none_from_what_is_no_list(text: str | None) -> None:
    """Another version of the page, or a person, may have written there."""
    assert parse_rooms(text) == ()


def test_recent_rooms_leave_out_what_is_no_room() -> None:
    """A name that no room can have is not offered."""
    assert parse_rooms('["den", 7, "no room", null]') == ("den",)


def test_recent_rooms_put_the_latest_first_and_once() -> None:
    """Entering a room again moves it to the front."""
    assert with_room(("den", "hall"), "hall") == ("hall", "den")


def test_recent_rooms_forget_the_oldest() -> None:
    """The list is short."""
    rooms = tuple(f"room{number}" for number in range(MAX_RECENT_ROOMS))
    assert with_room(rooms, "new") == ("new", *rooms[:-1])
    assert parse_rooms(format_rooms((*rooms, "more"))) == rooms


def test_recent_rooms_let_go_of_one() -> None:
    """A room can be taken off the list."""
    assert without_room(("den", "hall"), "den") == ("hall",)


def test_recent_rooms_are_there_once_whatever_their_case() -> None:
    """An earlier release kept them as they were typed."""
    assert parse_rooms('["Den", "hall", "den", "HALL"]') == ("den", "hall")
