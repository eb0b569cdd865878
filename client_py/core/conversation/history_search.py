"""Decides which messages of a room's history answer a search."""

from __future__ import annotations

from collections.abc import Sequence

from client_py.core.conversation.folding import folded
from client_py.core.conversation.items import Item


def search_words(query: str) -> tuple[str, ...]:
    """Return the words that a message has to have, in any order and case, and however their letters are encoded."""
    return tuple(folded(query).split())


def answers(item: Item, words: Sequence[str]) -> bool:
    """Tell whether an item has all the words, each also as a part of a longer one."""
    text = folded(item.text)
    return all(word in text for word in words)
