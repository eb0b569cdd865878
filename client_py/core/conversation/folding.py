"""Makes texts alike that a person takes for the same, for searching only: what is stored stays as it was typed.

A letter with its accent is one character or two, by the keyboard; an apostrophe is straight or curly, by the editor;
and letters have widths and cases. Unicode's NFKC and case folding make most of that one (UAX #15, and chapter 3.13).
"""

# ruff: noqa: RUF001 - characters that are taken for others are what this is about

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate, pairwise
from unicodedata import combining, normalize

SAME = {
    "'": "’‘‛ʼʹ′`´",
    '"': "“”„‟″«»",
    "-": "‐‑‒–—―−",
    "": "\u00ad\u200b\u2060\ufeff",
}
"""What is typed for what: quotation marks, hyphens and dashes, and nothing for what nobody sees."""

_BEFORE = tuple((one, typed) for typed, others in SAME.items() for one in others)
_ANY_BEFORE = re.compile(f"[{''.join(SAME.values())}]")
_AFTER = (("i\u0307", "i"), ("ı", "i"))
"""What folding leaves of the Turkish letters, which only Turkish keyboards have."""

PIECE = 512
"""How many characters are folded at once: few, as a place of the original is found by folding them one by one."""
_JAMO = range(0x1160, 0x1200)
"""Vowels and final consonants of Hangul, which are composed though they are no marks."""


def folded(text: str) -> str:
    """Return what a text is compared by."""
    if text.isascii():
        return text.lower()
    if _ANY_BEFORE.search(text):
        for one, typed in _BEFORE:
            text = text.replace(one, typed)
    text = normalize("NFKC", text).casefold()
    for one, typed in _AFTER:
        text = text.replace(one, typed)
    return normalize("NFKC", text)


class FoldedText:
    """A text as it is compared, which knows of each place where that is in the original."""

    def __init__(self, original: str) -> None:
        self._original = original
        self._starts = [0, *_cuts(original), len(original)]
        pieces = [folded(original[start:end]) for start, end in pairwise(self._starts)]
        self._folded_starts = [0]
        for piece in pieces:
            self._folded_starts.append(self._folded_starts[-1] + len(piece))
        self.text = "".join(pieces)
        self._characters: dict[int, tuple[list[int], list[tuple[int, int]]]] = {}
        """By piece, where each of its characters begins when it is folded, and from where to where it originally is."""

    def span_of(self, start: int, end: int) -> tuple[int, int]:
        """Return the part of the original that a part of the folded text, which is not empty, was made from."""
        return self._character_at(start)[0], self._character_at(end - 1)[1]

    def _character_at(self, place: int) -> tuple[int, int]:
        """Return from where to where the original has the character, with its marks, that a place was made from."""
        piece = bisect_right(self._folded_starts, place) - 1
        if piece not in self._characters:
            self._characters[piece] = self._characters_of(piece)
        begins, spans = self._characters[piece]
        return spans[bisect_right(begins, place) - 1]

    def _characters_of(self, piece: int) -> tuple[list[int], list[tuple[int, int]]]:
        spans = list(_characters(self._original, self._starts[piece], self._starts[piece + 1]))
        lengths = (len(_folded_character(self._original[start:end])) for start, end in spans)
        return list(accumulate(lengths, initial=self._folded_starts[piece])), spans


@lru_cache(maxsize=2_048)
def _folded_character(character: str) -> str:
    return folded(character)


def _cuts(text: str) -> Iterator[int]:
    """Cut a text where a character begins."""
    cut = PIECE
    while cut < len(text):
        if not _goes_on(text[cut]):
            yield cut
            cut += PIECE
        else:
            cut += 1


def _characters(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for place in range(start + 1, end):
        if not _goes_on(text[place]):
            yield begin, place
            begin = place
    yield begin, end


def _goes_on(character: str) -> bool:
    """Tell whether a character belongs to the one before it."""
    return combining(character) != 0 or ord(character) in _JAMO or character in SAME[""]
