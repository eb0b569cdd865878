from __future__ import annotations

import json

import pytest

from client_py.core.recent_rooms import MAX_RECENT_ROOMS, parse_rooms


@pytest.mark.parametrize("text", [None, "", "no json", "{}", "7", "[" * 9_000, '["den"' + "]" * 9])
def test_recent_rooms_read_as_none_from_what_is_no_list(text: str | None) -> None:
    """Another version of the page, or a person, may have written there."""
    assert parse_rooms(text) == ()


def test_recent_rooms_leave_out_what_is_no_room() -> None:
    """A name that no room can have is not offered."""
    assert parse_rooms('["den", 7, "no room", null]') == ("den",)


def test_recent_rooms_are_there_once_whatever_their_case() -> None:
    """They were kept as they were typed."""
    assert parse_rooms('["Den", "hall", "den", "HALL"]') == ("den", "hall")


def test_recent_rooms_are_few() -> None:
    """Those that were visited last."""
    rooms = [f"room{number}" for number in range(MAX_RECENT_ROOMS + 3)]
    assert parse_rooms(json.dumps(rooms)) == tuple(rooms[:MAX_RECENT_ROOMS])
