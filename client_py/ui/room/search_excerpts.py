"""Splits the excerpt of a message that was found into plain text and what was searched for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from client_py.core.conversation.history_search import Query
from client_py.core.conversation.search_folding import FoldedText

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_MARKED = 10
"""How many matches are marked in one excerpt: each is an element, and a single letter stands there very often."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of an excerpt."""

    text: str
    is_match: bool = False


def split_matches(text: str, query: str) -> Iterator[Piece]:
    """Yield the pieces of a text in their order, none of them empty."""
    end = 0
    for start, match_end in islice(_occurrences(text, query), MAX_MARKED):
        if start > end:
            yield Piece(text[end:start])
        # Of a character that is two when it is compared, both may match.
        if match_end > end:
            yield Piece(text[max(start, end) : match_end], is_match=True)
            end = match_end
    if end < len(text):
        yield Piece(text[end:])


def _occurrences(text: str, query: str) -> Iterator[tuple[int, int]]:
    """Find the whole query, or else its words, as the history is searched: from where to where each stands."""
    searched, looked_for = FoldedText(text), Query(query)
    for needles in ((looked_for.whole,), looked_for.words):
        pattern = "|".join(map(re.escape, filter(None, needles)))
        if pattern and re.search(pattern, searched.text):
            for found in re.finditer(pattern, searched.text):
                yield searched.span_of(found.start(), found.end())
            return
