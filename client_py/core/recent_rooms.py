"""Decides which rooms the lobby offers again: the ones entered last, the latest first."""

from __future__ import annotations

import json
from collections.abc import Sequence

from protocol.json_text import parse_json_or_none
from protocol.room_names import canonical_room, is_room_name

MAX_RECENT_ROOMS = 8


def parse_rooms(text: str | None) -> tuple[str, ...]:
    """Read the list as the browser keeps it; what is not one reads as an empty list, for nothing of worth is in it."""
    value = parse_json_or_none(text or "[]")
    if not isinstance(value, list):
        return ()
    rooms = (canonical_room(room) for room in value if isinstance(room, str) and is_room_name(room))
    return tuple(dict.fromkeys(rooms))[:MAX_RECENT_ROOMS]


def format_rooms(rooms: Sequence[str]) -> str:
    """Write the list as the browser keeps it."""
    return json.dumps(list(rooms))


def with_room(rooms: Sequence[str], room: str) -> tuple[str, ...]:
    """Return the list after a room was entered."""
    return (room, *without_room(rooms, room))[:MAX_RECENT_ROOMS]


def without_room(rooms: Sequence[str], room: str) -> tuple[str, ...]:
    """Return the list without a room."""
    return tuple(other for other in rooms if other != room)
