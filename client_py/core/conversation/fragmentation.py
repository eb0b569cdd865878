"""Decides how the content of a long item is cut into the parts that frames have room for, and joins parts again."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import replace

from client_py.core.frames import MAX_ITEM_BYTES, PART_BYTES, ItemPart
from protocol.errors import MalformedMessage


def split_content(text: str) -> list[str]:
    """Return a content in as few parts as fit into frames; an empty one is one empty part."""
    parts: list[str] = []
    start = 0
    while start < len(text) or not parts:
        end = start + _fitting_length(text, start)
        parts.append(text[start:end])
        start = end
    return parts


def _fitting_length(text: str, start: int) -> int:
    """Return how many characters of a text, from a place on, fit into one part."""
    most = min(len(text) - start, PART_BYTES)

    def size(length: int) -> int:
        return len(json.dumps(text[start : start + length], ensure_ascii=False).encode())

    return most if size(most) <= PART_BYTES else bisect_right(range(most), PART_BYTES, key=size) - 1


class Reassembly:
    """The parts of one item, as far as they have come."""

    def __init__(self) -> None:
        self._parts: list[ItemPart] = []
        self.size = 0
        """Their content, in bytes of UTF-8."""

    @property
    def next_part(self) -> int:
        """Which part has to come now; parts follow each other, from the first."""
        return len(self._parts) + 1

    def add(self, part: ItemPart) -> ItemPart | None:
        """Take the next part; return the first one with the content of all, or None where more is to come.

        Raises MalformedMessage where it is of another item than those before it, or the item gets too long.
        """
        if self._parts and _identity(part) != _identity(self._parts[0]):
            raise MalformedMessage("the parts belong to different items")
        self.size += len(part.content.encode())
        if self.size > MAX_ITEM_BYTES:
            raise MalformedMessage(f"an item may have {MAX_ITEM_BYTES} bytes")
        self._parts.append(part)
        if part.part < part.parts:
            return None
        return replace(self._parts[0], content="".join(each.content for each in self._parts))


def _identity(part: ItemPart) -> tuple[str, str, int]:
    """Return what all parts of an item have in common."""
    return part.id, part.kind, part.parts
