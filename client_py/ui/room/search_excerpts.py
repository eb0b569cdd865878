"""Splits what a search found into plain text and what was searched for; joined, it is the excerpt of the message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAD = 60
"""How many characters of a message stand before its first match."""
MAX_EXCERPT = 300
"""How many characters of a message are shown at most; a few more where the match itself is long."""
CUT = "…"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an excerpt."""

    text: str
    is_match: bool = False


def split_matches(text: str, query: str) -> Iterator[Piece]:
    """Yield the pieces of a text in their order, none of them empty."""
    end = 0
    for found in _occurrences(text, query):
        if found.start() > end:
            yield Piece(text[end : found.start()])
        yield Piece(found.group(), is_match=True)
        end = found.end()
    if end < len(text):
        yield Piece(text[end:])


def excerpt_of(text: str, query: str) -> str:
    """Return the part of a message in which its first match stands."""
    first = next(iter(_occurrences(text, query)), None)
    start, match_end = (first.start() - LEAD, first.end()) if first else (0, 0)
    start = max(0, start)
    end = max(start + MAX_EXCERPT, match_end)
    return (CUT if start else "") + text[start:end] + (CUT if end < len(text) else "")


def _occurrences(text: str, query: str) -> list[re.Match[str]]:
    """Find the whole query, or else its words."""
    for needles in ([query.strip()], query.split()):
        pattern = "|".join(map(re.escape, filter(None, needles)))
        found = list(re.finditer(pattern, text, re.IGNORECASE)) if pattern else []
        if found:
            return found
    return []
