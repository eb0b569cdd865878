"""Changes an input as no one would by chance: a value within the JSON of a line, or a whole line."""

from __future__ import annotations

import json
import random
from typing import Any

VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    1.5,
    -0.0,
    1e308,
    2**31,
    2**52,
    2**53,
    2**63,
    10**30,
    "",
    "a",
    "0123456789abcdef",
    "x" * 65,
    "é" * 20,
    "\0",
    "\ud800",
    "\U0001f600",
    "text",
    "offer",
    "answer",
    "__proto__",
    [],
    [[]],
    {},
    {"": {}},
)
"""What a field is given in place of its own."""


def mutated(data: bytes, seed: int) -> bytes:
    """Return an input with one change; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - nothing is kept secret by it
    lines = data.split(b"\n")
    index = chance.randrange(len(lines))
    if chance.random() < 0.25:
        return b"\n".join(_moved(lines, index, chance))
    lines[index] = _changed(lines[index], chance)
    return b"\n".join(lines)


def _moved(lines: list[bytes], index: int, chance: random.Random) -> list[bytes]:
    """Return the lines with one doubled, removed, or put elsewhere."""
    line = lines[index]
    kept = lines if chance.random() < 0.4 else lines[:index] + lines[index + 1 :]
    place = chance.randrange(len(kept) + 1)
    return kept[:place] + [line] * (chance.random() < 0.7) + kept[place:]


def _changed(line: bytes, chance: random.Random) -> bytes:
    """Return a line with another value somewhere in its JSON; one without JSON as it is."""
    start = line.find(b"{")
    if start < 0:
        return line
    try:
        value = json.loads(line[start:])
    except (ValueError, RecursionError):
        return line
    places = list(_places(value))
    if not places:
        return line
    holder, key = chance.choice(places)
    if isinstance(holder, dict) and chance.random() < 0.2:
        del holder[key]
    elif isinstance(holder[key], int | float) and chance.random() < 0.5:
        holder[key] += chance.choice((-1, 1))
    else:
        other_holder, other_key = chance.choice(places)
        holder[key] = chance.choice(VALUES) if chance.random() < 0.8 else other_holder[other_key]
    try:
        text = json.dumps(value, ensure_ascii=chance.random() < 0.5, separators=(",", ":"))
    except (ValueError, RecursionError):  # a value was put into itself
        return line
    return line[:start] + text.encode(errors="replace")


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return where values stand within a value: what holds each, and under which key."""
    inside: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value))
    return [place for key, item in inside for place in [(value, key), *_places(item)]]
