"""Decides which names a room may have, and which of them are the same."""

from __future__ import annotations

from protocol.fields import ROOM_NAME


def is_room_name(name: str) -> bool:
    """Tell whether a room may have this name."""
    return ROOM_NAME.admits(name)


def canonical_room(name: str) -> str:
    """Return the one form of a room's name that stands for all that differ from it in case alone."""
    return name.lower()
