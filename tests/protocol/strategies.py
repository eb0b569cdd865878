"""Strategies that make every message, from the same annotations that the codec reads."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from protocol.errors import MalformedMessage
from protocol.fields import Items, Range, Text

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def messages(message_types: Mapping[str, type[Any]]) -> st.SearchStrategy[Any]:
    """Make any message of one direction."""
    return st.one_of([values(cls) for cls in message_types.values()])


def values(annotation: Any) -> st.SearchStrategy[Any]:
    """Make any value of an annotation, within its bounds."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if is_dataclass(annotation):
        return _instances(annotation)
    if origin is Annotated:
        return _bounded(arguments[0], arguments[1])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of([values(part) for part in arguments])
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    return st.from_type(annotation)


def _bounded(scalar: Any, bound: Text | Range | Items) -> st.SearchStrategy[Any]:
    if isinstance(bound, Items):
        return st.lists(values(get_args(scalar)[0]), min_size=bound.least, max_size=bound.least + 3).map(tuple)
    if isinstance(bound, Range):
        number = st.integers if scalar is int else st.floats
        return number(int(bound.least), int(bound.most))
    if bound.pattern:
        return st.from_regex(bound.pattern, fullmatch=True).filter(bound.admits)
    return st.text(max_size=30).filter(bound.admits)


def _instances(cls: Any) -> st.SearchStrategy[Any]:
    hints = get_type_hints(cls, include_extras=True)
    made = st.fixed_dictionaries({field.name: values(hints[field.name]) for field in fields(cls)})
    return made.map(lambda arguments: _built(cls, arguments)).filter(lambda built: built is not None)


def _built(cls: Any, arguments: dict[str, Any]) -> Any:
    """Return an instance, or None where the fields are fine one by one and not together."""
    try:
        return cls(**arguments)
    except MalformedMessage:
        return None
