"""How a harness takes bytes apart: into lines, each of which is one input. A fuzzer moves, cuts and joins them."""

from __future__ import annotations

from collections.abc import Iterator

MAX_LINES = 64
"""Of one script: what takes more inputs than that to go wrong is for `make soak`, and would cost speed here."""


def lines(data: bytes) -> Iterator[str]:
    """Return the inputs of a script; what is no UTF-8 comes as lone surrogates, which no JSON of ours has."""
    for line in data.split(b"\n")[:MAX_LINES]:
        if line:
            yield line.decode(errors="surrogateescape")


def number(text: str, most: int) -> int:
    """Return the number that a text begins with, 0 where it begins with none, within 0 to `most`."""
    digits = ""
    for character in text[:7]:
        if character not in "0123456789":
            break
        digits += character
    return min(int(digits or "0"), most)
