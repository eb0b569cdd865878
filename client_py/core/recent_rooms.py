"""Reads the rooms that releases before 0.2 offered again: those entered last, the latest first."""

from __future__ import annotations

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
