"""Decides in which direction a text runs, by its beginning: a browser would look at all of it, and at every line."""

from __future__ import annotations

from itertools import islice
from typing import Literal
from unicodedata import bidirectional

LOOKED_AT = 1_000
"""So many characters: one that shows a direction comes sooner in any text that a person reads."""

Direction = Literal["ltr", "rtl"]
STRONG: dict[str, Direction] = {"L": "ltr", "R": "rtl", "AL": "rtl"}
"""The classes of characters that have a direction of their own (UAX #9, rule P2)."""


def direction_of(text: str) -> Direction | None:
    """Return the direction of the first character that has one, or None."""
    classes = map(bidirectional, islice(text, LOOKED_AT))
    return next((STRONG[each] for each in classes if each in STRONG), None)
