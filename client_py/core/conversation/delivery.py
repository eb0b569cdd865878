"""How far a message has come, and which way it went."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Direction(StrEnum):
    """Who wrote a message."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"


class Delivery(IntEnum):
    """How far an outgoing message has come; it only ever grows, but for `SENT` after a lost connection."""

    QUEUED = 0
    """It waits here."""
    SENT = 1
    """It was handed to the data channel."""
    DELIVERED = 2
    """The other side has acknowledged that it holds it."""
    READ = 3
    """The other person has had it on the screen."""

    @property
    def label(self) -> str:
        """Return the value of `data-delivery`."""
        return self.name.lower()
