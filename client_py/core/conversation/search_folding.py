"""Makes texts alike that a person takes for the same, for searching only: what is stored stays as it was typed.

A letter with its accent is one character or two, by the keyboard; an apostrophe is straight or curly, by the editor;
and letters have widths and cases. Unicode's NFKC and case folding make most of that one (UAX #15, and chapter 3.13).
"""

# ruff: noqa: RUF001 - characters that are taken for others are what this is about

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from unicodedata import category, normalize

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

PIECE = 128
"""How many characters are folded at once: few, as a place of the original is found by folding them one by one, and as
the time that it takes to put marks into their order grows with the square of their number."""
MAX_MARKS = 30
"""How many marks of one letter are folded with it, more than any language has (UAX #15, chapter 13)."""
_JAMO = range(0x1160, 0x1200)
"""Vowels and final consonants of Hangul, which are composed though they are no marks."""


def folded(text: str) -> str:
    """Return what a text is compared by."""
    return text.lower() if text.isascii() else "".join(piece.text for piece in folded_pieces(text))


@dataclass(frozen=True, slots=True)
class FoldedPiece:
    """A piece of a text as it is compared, and how many characters of the original it was made from."""

    text: str
    length: int


def folded_pieces(text: str) -> Iterator[FoldedPiece]:
    """Fold a text piece by piece, for those who cannot wait until a long one is folded."""
    for piece in _pieces(text):
        yield FoldedPiece(_folded_piece(piece), len(piece))


def _folded_piece(text: str) -> str:
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

    def __init__(self, original: str, pieces: Sequence[FoldedPiece] | None = None) -> None:
        if pieces is None:
            pieces = tuple(folded_pieces(original))
        self.original = original
        self._starts = list(accumulate((piece.length for piece in pieces), initial=0))
        self._folded_starts = list(accumulate((len(piece.text) for piece in pieces), initial=0))
        self.text = "".join(piece.text for piece in pieces)
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
        spans = list(_characters(self.original, self._starts[piece], self._starts[piece + 1]))
        lengths = (len(_folded_character(self.original[start:end])) for start, end in spans)
        return list(accumulate(lengths, initial=self._folded_starts[piece])), spans


@lru_cache(maxsize=2_048)
def _folded_character(character: str) -> str:
    return folded(character)


def _pieces(text: str) -> Iterator[str]:
    """Cut a text where a character begins, unless that has too many marks."""
    start = 0
    while start < len(text):
        end = start + PIECE
        while end < min(len(text), start + PIECE + MAX_MARKS) and _goes_on(text[end]):
            end += 1
        yield text[start:end]
        start = end


def _characters(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for place in range(start + 1, end):
        if not _goes_on(text[place]):
            yield begin, place
            begin = place
    yield begin, end


def _goes_on(character: str) -> bool:
    """Tell whether a character belongs to the one before it."""
    return category(character).startswith("M") or ord(character) in _JAMO or character in SAME[""]
