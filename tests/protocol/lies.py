"""Makes lies about every field of every message, from the same annotations that the codec reads.

A lie is the text of a message that is honest but for one value. Some lies break a bound, and are refused; others are
the least or the most that a bound admits, and have to be borne.
"""

from __future__ import annotations

import itertools
import json
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from protocol.codec import wire_name
from protocol.errors import MalformedMessage
from protocol.fields import Items, Range, Text

HONEST_TEXTS = ("a" * 16, "a.a")
"""One of them matches each pattern."""
OTHER_TYPES: tuple[Any, ...] = (None, True, 0, -1, 1.5, 10**30, "", "a", [], [[]], {}, {"": {}})
"""For a field of any type; where one is of the right type after all, it is a value like another."""
TEXTS = ("\0", "a\nb", "\ud800", "é", "\u202e", "<b>", "../..", "__proto__", "null", "' OR 1=1")
TOO_DEEP = 40
Json = Any
Path = tuple[str | int, ...]
"""Of keys and indices, from the message inwards."""


@dataclass(frozen=True, slots=True)
class Lie:
    """The text of a message with one value that is not honest."""

    about: str
    """Which field of which type, and what it is given."""
    text: str


def lies(message_types: Mapping[str, type[Any]]) -> Iterator[Lie]:
    """Return lies about every field of these messages, about what they are, and about which fields they have."""
    for name, cls in message_types.items():
        for honest in honest_values(cls):
            message = {"type": name, **honest}
            yield from _about_the_whole(name, message)
            for path, annotation in _places(cls, honest):
                for value in _wrong_values(annotation):
                    text = _written(_replaced(message, path, value))
                    yield Lie(f"{name}.{'.'.join(map(str, path))} = {_shown(value)}", text)


def honest_values(annotation: Any) -> list[Json]:
    """Return the JSON of honest values of an annotation: one, or several where not all fields go together."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if is_dataclass(annotation):
        return _honest_objects(annotation)
    if origin is Annotated:
        return [_honest_within(arguments[0], arguments[1])]
    if origin is Literal:
        return [arguments[0]]
    if origin in (Union, types.UnionType):
        return honest_values(next(part for part in arguments if part is not types.NoneType))
    if origin is tuple:
        return [[honest_values(arguments[0])[0]]]
    return [{str: HONEST_TEXTS[0], int: 1, float: 1.5, bool: True}[annotation]]


def _honest_within(scalar: Any, bound: Text | Range | Items) -> Json:
    if isinstance(bound, Text):
        return next(text for text in HONEST_TEXTS if bound.admits(text))
    return honest_values(scalar)[0]


def _honest_objects(cls: Any) -> list[Json]:
    """Return an object with each largest choice of optional fields that go together."""
    hints = get_type_hints(cls, include_extras=True)
    optional = [field for field in fields(cls) if field.default is not MISSING]
    required = [field for field in fields(cls) if field.default is MISSING]
    found: list[set[str]] = []
    for size in range(len(optional), -1, -1):
        for chosen in itertools.combinations(optional, size):
            names = {field.name for field in chosen}
            stand_ins = {field.name: () for field in (*required, *chosen)}
            if not any(names <= larger for larger in found) and _go_together(cls, stand_ins):
                found.append(names)
    return [
        {
            wire_name(field): honest_values(hints[field.name])[0]
            for field in fields(cls)
            if field.default is MISSING or field.name in names
        }
        for names in found
    ]


def _go_together(cls: Any, arguments: dict[str, Any]) -> bool:
    try:
        cls(**arguments)
    except MalformedMessage:
        return False
    return True


def _about_the_whole(name: str, message: Json) -> Iterator[Lie]:
    """Lie about the type, leave a field out, say one twice, and add one."""
    text = _written(message)
    for value in OTHER_TYPES:
        yield Lie(f"{name}.type = {_shown(value)}", _written(message | {"type": value}))
    for field in message:
        yield Lie(f"{name} without {field}", _written({key: message[key] for key in message if key != field}))
        twice = json.dumps({field: message[field]})
        yield Lie(f"{name} with {field} twice", f"{text[:-1]},{twice[1:]}")
    yield Lie(f"{name} with a field more", _written(message | {"more": 1}))
    yield Lie(f"{name} nested deep", _written(message | {"more": json.loads("[" * TOO_DEEP + "]" * TOO_DEEP)}))
    yield Lie(f"{name} cut short", text[:-1])
    yield Lie(f"{name} with more after it", text + "{}")


def _places(cls: Any, value: Json, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Return where values stand within an honest object, and their annotations."""
    hints = get_type_hints(cls, include_extras=True)
    for field in fields(cls):
        key = wire_name(field)
        if key in value:
            yield from _places_of(hints[field.name], value[key], (*path, key))


def _places_of(annotation: Any, value: Json, path: Path) -> Iterator[tuple[Path, Any]]:
    yield path, annotation
    inner = _inside(annotation)
    if is_dataclass(inner):
        yield from _places(inner, value, path)
    elif get_origin(inner) is tuple:
        yield from _places_of(get_args(inner)[0], value[0], (*path, 0))


def _inside(annotation: Any) -> Any:
    """Return an annotation without its bound, and without that it is optional."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _inside(arguments[0])
    if origin in (Union, types.UnionType):
        return _inside(next(part for part in arguments if part is not types.NoneType))
    return annotation


def _wrong_values(annotation: Any) -> Iterator[Json]:
    """Return what a field is given in place of what is honest."""
    yield from OTHER_TYPES
    bound = _bound(annotation)
    match bound:
        case Text(max_bytes):
            yield from TEXTS
            yield from ("a" * max_bytes, "a" * (max_bytes + 1), "é" * (max_bytes // 2 + 1))
        case Range(least, most):
            yield from (_number(least), _number(most), least - 1, most + 1, -(2**53), 2**53, 1e308)
        case Items(least, most):
            item = honest_values(get_args(_inside(annotation))[0])[0]
            yield from ([item] * least, [item] * min(most, 200), [item] * (most + 1))
        case None if _inside(annotation) is str:
            yield from TEXTS


def _bound(annotation: Any) -> Text | Range | Items | None:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        bound: Text | Range | Items = arguments[1]
        return bound
    if origin in (Union, types.UnionType):
        return _bound(next(part for part in arguments if part is not types.NoneType))
    return None


def _number(value: float) -> float:
    return int(value) if value == int(value) else value


def _replaced(value: Json, path: Path, other: Json) -> Json:
    """Return a value with another one at a place."""
    if not path:
        return other
    first, rest = path[0], path[1:]
    if isinstance(value, list):
        return [_replaced(item, rest, other) if index == first else item for index, item in enumerate(value)]
    return value | {first: _replaced(value[first], rest, other)}


def _written(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"))


def _shown(value: Json) -> str:
    text = json.dumps(value)
    return text if len(text) <= 24 else f"{text[:20]}… ({len(text)})"
