"""Cuts a long message into portions, each of which a browser lays out in a moment; joined, they are the message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from client_py.ui.transcript.hyperlinks import Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PORTION_CHARACTERS = 4_000
PORTION_LINES = 100
"""What a browser lays out in one go costs more than twice as much where it has twice as many lines: 20,000 empty ones
hold Firefox for 20 s."""


@dataclass(frozen=True, slots=True)
class Portion:
    """A portion of a message; a link is in one portion whole, or it would lead elsewhere."""

    parts: tuple[Part, ...]

    @property
    def length(self) -> int:
        """The number of its characters."""
        return sum(len(part.text) for part in self.parts)

    @property
    def ends_line(self) -> bool:
        """Whether what follows begins a line."""
        return self.parts[-1].text.endswith("\n")


def cut_into_portions(parts: Iterable[Part]) -> Iterator[Portion]:
    """Yield the portions of a message in their order, none of them empty; where it can be, one ends with a line."""
    portion: list[Part] = []
    characters, lines = PORTION_CHARACTERS, PORTION_LINES
    for part in _cut(parts):
        newlines = part.text.count("\n")
        if portion and (len(part.text) > characters or newlines > lines):
            yield Portion(tuple(portion))
            portion, characters, lines = [], PORTION_CHARACTERS, PORTION_LINES
        portion.append(part)
        characters -= len(part.text)
        lines -= newlines
    if portion:
        yield Portion(tuple(portion))


def _cut(parts: Iterable[Part]) -> Iterator[Part]:
    """Cut what is not a link into parts that are small enough."""
    for part in parts:
        if part.is_link:
            yield part
            continue
        start = 0
        while start < len(part.text):
            end = _end(part.text, start)
            yield Part(part.text[start:end])
            start = end


def _end(text: str, start: int) -> int:
    """Return where a part that begins at `start` ends."""
    limit = min(start + PORTION_CHARACTERS, len(text))
    end = start
    for _ in range(PORTION_LINES):
        line_end = text.find("\n", end, limit) + 1
        if not line_end:
            break
        end = line_end
    else:
        return end
    return limit if limit == len(text) or end == start else end
