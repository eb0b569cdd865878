from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.core.recent_rooms import MAX_RECENT_ROOMS, format_rooms, parse_rooms, with_room, without_room

ROOMS = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


@given(st.lists(ROOMS))
def test_rooms_entered_come_first_and_once(rooms: list[str]) -> None:
    """The list holds the rooms entered last, the latest first, each once, and not too many."""
    recent: tuple[str, ...] = ()
    for room in rooms:
        recent = with_room(recent, room)
        assert recent[0] == room
    assert recent == tuple(dict.fromkeys(reversed(rooms)))[:MAX_RECENT_ROOMS]


@given(st.lists(ROOMS, unique=True, max_size=MAX_RECENT_ROOMS))
def test_rooms_are_kept(rooms: list[str]) -> None:
    """What was written is read again."""
    assert parse_rooms(format_rooms(rooms)) == tuple(rooms)


def test_rooms_are_forgotten() -> None:
    """A room that is taken off the list is not on it."""
    assert without_room(("den", "attic"), "den") == ("attic",)


@pytest.mark.parametrize("text", [None, "", "no json", "{}", '[1, "a b"]'])
def test_rooms_spoilt_read_as_none(text: str | None) -> None:
    """A spoilt list is an empty one."""
    assert parse_rooms(text) == ()
