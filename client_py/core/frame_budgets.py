"""Decides how much of each kind of frame is received from one peer before anything of it is read.

An honest peer stays far below, however slow this page is, and even where it stood still for minutes. What waits is
bounded by what the peer may have under way: a message until it is acknowledged, and its answers by what they answer. So
these are counted by what waits here, and not by time. What answers nothing is counted by time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from client_py.core.frames import MAX_ITEM_BYTES, WINDOW_BYTES

UNKNOWN = "other"
"""The kind of what does not begin with a type that there is. It is refused when it is read, but for a type that stands
elsewhere in its frame."""

ESCAPED = 6
"""JSON writes one byte of text in six characters at the most."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of one kind of frame is received (`ports.FrameBudget`)."""

    frames: int
    characters: int
    per_second: float = 0
    """Frames again in a second; with 0, as many as have been taken up."""


BUDGETS: Mapping[str, Budget] = {
    # One to a channel; the second is read, and refused then.
    "hello": Budget(8, 8_192, 1),
    "features": Budget(8, 65_536, 1),
    "resume": Budget(8, 8_192, 1),
    # The window and one item, escaped from end to end, and a third again for the other fields of each frame.
    "item message": Budget(4_096, (ESCAPED + 2) * (WINDOW_BYTES + MAX_ITEM_BYTES)),
    # At most one for each item that we have under way (`frames.WINDOW_MESSAGES`).
    "ack": Budget(4_096, 262_144),
    "read": Budget(4_096, 262_144),
    # Two in a second where short messages follow each other: those of ten minutes, should this page stand still.
    "typing": Budget(1_200, 65_536, 4),
    # One to a channel, and one for each name that a person tries.
    "profile": Budget(64, 65_536, 1),
    "ping": Budget(256, 65_536, 4),
    "pong": Budget(256, 65_536, 4),
    # Some thirty for a generation of candidates.
    "signal": Budget(512, 1_048_576, 8),
    UNKNOWN: Budget(64, 262_144, 8),
}
"""By the `type` of the frame; of types that count together, with a space between."""


def budget_of(kind: str) -> Budget:
    """Return what a frame of a type counts against."""
    return next(budget for kinds, budget in BUDGETS.items() if kind in kinds.split(" "))
