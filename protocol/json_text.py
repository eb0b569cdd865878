"""Reads JSON text from outside: strictly, and never deeper than the parser can bear.

Python's own parser recurses, and relies on RecursionError to end that. In WebAssembly the stack of the engine may be
used up before Python has counted so far; what is left of the page then cannot go on. So depth is looked at first, in
passes that run in C and do not recurse.
"""

from __future__ import annotations

import json
from itertools import accumulate
from typing import NoReturn

from protocol.errors import MalformedMessage

MAX_DEPTH = 32
"""Levels of arrays and objects in one another; our own messages have four, and Pyodide bears some thousand."""

MAX_CONTAINERS = 1_000
"""Arrays and objects in one text; our own have half as many at most. Each costs a page more than a thousand letters."""

MAX_KEYS = 1_000
"""Of one object. Where Python starts from a snapshot, every page hashes alike: who chooses keys that collide makes the
work grow with the square of their number."""

_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_OTHERS = bytes(byte for byte in range(256) if byte not in _STEPS)


def parse_json(text: str, *, max_containers: int = MAX_CONTAINERS) -> object:
    """Return the value of a JSON text (RFC 8259), or raise MalformedMessage that says what is wrong with it.

    Refused are also NaN and Infinity, a key that stands twice in an object, and too many arrays and objects, in one
    another or in all. A number may still be as large as its text says, and a float infinite: its bounds are those of
    its field.
    """
    _look_at_brackets(text, max_containers)
    try:
        return _JSON.decode(text)
    except ValueError as error:  # an integer of more digits than int() takes is one too
        raise MalformedMessage("it is not JSON") from error


def parse_json_or_none(text: str) -> object:
    """Return the value of a JSON text, for who makes no difference between `null` and what parse_json() refuses."""
    try:
        return parse_json(text)
    except MalformedMessage:
        return None


def _look_at_brackets(text: str, max_containers: int) -> None:
    """Refuse what has too many of them, in one another or in all, those in strings left aside.

    What is no JSON may be refused for the wrong reason, but nothing passes in which the parser comes deeper before it
    finds that out.
    """
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    outside = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    brackets = outside.encode("ascii", "ignore").translate(None, _OTHERS)
    levels = accumulate(map(_STEPS.__getitem__, brackets[: 2 * max_containers]))
    if any(map(MAX_DEPTH.__lt__, levels)):
        raise MalformedMessage(f"it is nested deeper than {MAX_DEPTH} levels")
    if brackets.count(b"[") + brackets.count(b"{") > max_containers:
        raise MalformedMessage(f"it has more than {max_containers} arrays and objects")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(pairs) > MAX_KEYS:
        raise MalformedMessage(f"an object has more than {MAX_KEYS} keys")
    value = dict(pairs)
    if len(value) != len(pairs):
        raise MalformedMessage("a key stands twice in one object")
    return value


def _refuse_constant(name: str) -> NoReturn:
    # Python's parser takes NaN and Infinity, which are not JSON (RFC 8259 §6).
    raise MalformedMessage(f"{name} is not JSON")


_JSON = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)
"""Made once: given hooks, json.loads() makes one for every text, and that takes longer than to parse a short one."""
