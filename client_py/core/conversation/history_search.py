"""Decides which messages of a room's history answer a search, and which part of each is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from client_py.core.conversation.items import Item
from client_py.core.conversation.search_folding import FoldedPiece, FoldedText, folded

MAX_QUERY = 200
"""How many characters are looked for at most: each word of them is looked for in the whole history."""
LEAD = 60
"""How many characters of a message stand before its first match."""
MAX_EXCERPT = 300
"""How many characters of a message are shown at most; whatever is looked for fits in there after the lead."""
CUT = "…"


@dataclass(frozen=True, slots=True)
class Match:
    """A message that answers a search, and the part of its text in which what was looked for first stands."""

    item: Item
    excerpt: str


class Query:
    """What a person looks for, in any case, and however its letters are encoded."""

    def __init__(self, typed: str) -> None:
        looked_for = folded(typed[:MAX_QUERY])
        self.whole = looked_for.strip()
        self.words = tuple(dict.fromkeys(looked_for.split()))
        """The words that a message has to have, in any order, each also as a part of a longer one."""

    def match(self, item: Item, pieces: Sequence[FoldedPiece] | None = None) -> Match | None:
        """Return how an item answers, or None if it does not; the pieces are those of its text, if they are there."""
        text = FoldedText(item.text, pieces)
        if not all(word in text.text for word in self.words):
            return None
        return Match(item, self._excerpt_of(text))

    def _excerpt_of(self, text: FoldedText) -> str:
        first = text.text.find(self.whole)
        if first < 0:
            first = min(map(text.text.find, self.words))
        start = max(0, text.span_of(first, first + 1)[0] - LEAD)
        end = start + MAX_EXCERPT
        return (CUT if start else "") + text.original[start:end] + (CUT if end < len(text.original) else "")
