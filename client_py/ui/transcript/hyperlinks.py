"""Splits a message into plain text and links; what it gives back, joined, is the message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Characters that turn the direction of writing end a link: they could make one address look like another.
_LINK = re.compile(
    r"\bhttps?://"
    r"(?:[^\W_]|\[[\da-f:.]+\])"  # a host begins with a letter or a digit, or is an IPv6 address
    r"[^\s<>\"\u200e\u200f\u202a-\u202e\u2066-\u2069]*",
    re.IGNORECASE,
)
_PUNCTUATION = frozenset(".,;:!?'*_…\u2019\u201d»")
_OPENING = {")": "(", "]": "[", "}": "{"}

MAX_LINKS = 200
"""Beyond this number, the links of a message stay plain text: each costs the page an element."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a message; a link's text is its address."""

    text: str
    is_link: bool = False


def split_links(text: str) -> Iterator[Part]:
    """Yield the parts of a message in their order, none of them empty; http and https only."""
    end = 0
    for _, found in zip(range(MAX_LINKS), _LINK.finditer(text), strict=False):
        address = _without_trailing_punctuation(found.group())
        if found.start() > end:
            yield Part(text[end : found.start()])
        yield Part(address, is_link=True)
        end = found.start() + len(address)
    if end < len(text):
        yield Part(text[end:])


def _without_trailing_punctuation(address: str) -> str:
    """Leave to the sentence what ends the sentence, and a bracket that was opened before the link."""
    unclosed = {closing: address.count(opening) - address.count(closing) for closing, opening in _OPENING.items()}
    end = len(address)
    while (last := address[end - 1]) in _PUNCTUATION or unclosed.get(last, 0) < 0:
        if last in unclosed:
            unclosed[last] += 1
        end -= 1
    return address[:end]
