"""Decides in which direction a text that is being written runs (HTML's `dir`), by its beginning."""

from __future__ import annotations

from itertools import islice
from typing import Literal
from unicodedata import bidirectional

LOOKED_AT = 1_000
"""Characters. One that shows a direction comes sooner in any text that a person reads."""
MANY_LINES = 500
"""With `dir="auto"` a browser finds a direction for each line, and Chromium lays 20,000 of them out for seconds."""

Direction = Literal["auto", "ltr", "rtl"]
STRONG: dict[str, Direction] = {"L": "ltr", "R": "rtl", "AL": "rtl"}
"""The classes of characters that have a direction of their own (UAX #9, rule P2)."""


def direction_of(text: str) -> Direction | None:
    """Return "auto", the direction of the first letter where there are many lines, or None where no letter is found."""
    classes = map(bidirectional, islice(text, LOOKED_AT))
    first = next((STRONG[each] for each in classes if each in STRONG), None)
    return first if first is None or text.count("\n") >= MANY_LINES else "auto"
