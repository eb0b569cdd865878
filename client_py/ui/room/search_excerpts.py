"""Splits what a search found into plain text and what was searched for; joined, it is the excerpt of the message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from client_py.core.conversation.folding import FoldedText, folded

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
    for start, match_end in _occurrences(text, query):
        if start > end:
            yield Piece(text[end:start])
        # Of a character that is two when it is compared, both may match.
        if match_end > end:
            yield Piece(text[max(start, end) : match_end], is_match=True)
            end = match_end
    if end < len(text):
        yield Piece(text[end:])


def excerpt_of(text: str, query: str) -> str:
    """Return the part of a message in which its first match stands."""
    first = next(_occurrences(text, query), None)
    start, match_end = (first[0] - LEAD, first[1]) if first else (0, 0)
    start = max(0, start)
    end = max(start + MAX_EXCERPT, match_end)
    return (CUT if start else "") + text[start:end] + (CUT if end < len(text) else "")


def _occurrences(text: str, query: str) -> Iterator[tuple[int, int]]:
    """Find the whole query, or else its words, as the history is searched: from where to where each stands."""
    searched, looked_for = FoldedText(text), folded(query)
    for needles in ([looked_for.strip()], looked_for.split()):
        pattern = "|".join(map(re.escape, filter(None, needles)))
        if pattern and re.search(pattern, searched.text):
            for found in re.finditer(pattern, searched.text):
                yield searched.span_of(found.start(), found.end())
            return
