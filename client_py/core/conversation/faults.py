"""What a person wanted of a conversation, and could not have."""

from __future__ import annotations

from enum import Enum, auto


class ItemFault(Enum):
    """Why what a person has said could not be taken."""

    TOO_LONG = auto()
    TOO_MANY_WAITING = auto()
    """Too much of what they said before has yet to be delivered."""


class HistoryFault(Enum):
    """What a person asked of a room's history, and the browser could not do."""

    NOT_EXPORTED = auto()
    NOT_CLEARED = auto()
