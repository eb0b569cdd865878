"""Decides which device marks this browser keeps: what the server knows it by when someone logs in here again.

They outlive logging out, since that is when they are needed. No name is in them.
"""

from __future__ import annotations

from collections.abc import Sequence

from protocol.http import DEVICE_MARK, MAX_DEVICE_MARKS


def parse_device_marks(text: str) -> tuple[str, ...]:
    """Return the marks that a browser has kept, the latest first, without what is spoilt or of another version."""
    return tuple(mark for mark in text.split() if is_device_mark(mark))[:MAX_DEVICE_MARKS]


def write_device_marks(marks: Sequence[str]) -> str:
    """Write marks as a browser keeps them."""
    return "\n".join(marks)


def with_device_mark(marks: Sequence[str], mark: str) -> tuple[str, ...]:
    """Return what is kept when the server has given a new mark: it replaces the one of the same device."""
    others = (other for other in marks if _device_of(other) != _device_of(mark))
    return (mark, *others)[:MAX_DEVICE_MARKS]


def is_device_mark(value: object) -> bool:
    """Tell whether a value looks like a mark; whether it is a good one, only the server can say."""
    return isinstance(value, str) and DEVICE_MARK.admits(value)


def _device_of(mark: str) -> str:
    return mark.partition(".")[0]
