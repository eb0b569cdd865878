"""One strict codec for every message: frozen dataclasses inside, JSON text with a `type` outside.

A decoder is built once for each dataclass from its annotations, so that a message's shape is declared in one place.
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from protocol.errors import LocalProtocolError, MalformedMessage, MessageTooBig, UnknownMessage
from protocol.fields import Items, Range, Text
from protocol.json_text import parse_json

Message = TypeVar("Message")
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""Made once, since `json.dumps` makes a new one for every message that is not written in its own defaults."""

Decoder = Callable[[object, str], Any]
"""Takes a JSON value and its path (for the error), gives the typed value or raises MalformedMessage."""


class Codec(Generic[Message]):
    """Turns the messages of one direction into JSON text and back; refuses everything that it does not know.

    A lenient one ignores unknown fields, so that the other side may be newer. It refuses an unknown type with
    UnknownMessage as the strict one does, and its caller ignores that.
    """

    def __init__(self, types: Mapping[str, type[Any]], max_bytes: int, *, lenient: bool = False) -> None:
        self.types = dict(types)
        self.max_bytes = max_bytes
        self._names = {cls: name for name, cls in types.items()}
        self._decoders = {name: _decoder(cls, lenient=lenient) for name, cls in types.items()}

    def encode(self, message: Message) -> str:
        """Return the JSON text of a message; LocalProtocolError if the other end would refuse it."""
        name = self._names[type(message)]
        body = _to_json(message)
        try:
            self._decoders[name](body, name)
            text = _JSON.encode({"type": name, **body})
            _check_size(text, self.max_bytes)
        except (MalformedMessage, MessageTooBig) as error:
            raise LocalProtocolError(str(error)) from error
        return text

    def decode(self, text: str) -> Message:
        """Return the message that a JSON text stands for, or raise a RemoteProtocolError that says what is wrong."""
        _check_size(text, self.max_bytes)
        value = _parse(text)
        name = value.pop("type", None)
        if not isinstance(name, str):
            raise MalformedMessage("it has no type")
        if name not in self._decoders:
            raise UnknownMessage(name)
        return cast("Message", self._decoders[name](value, name))


class Body(Generic[Message]):
    """The shape of one HTTP body: like a message, but its address says what it is, and so it has no `type`."""

    def __init__(self, cls: type[Message], max_bytes: int, *, lenient: bool = False) -> None:
        self.max_bytes = max_bytes
        self._decode = _decoder(cls, lenient=lenient)

    def to_json(self, body: Message) -> dict[str, Any]:
        """Return the JSON value of a body; unlike in a message, an optional field stands there as null."""
        return {wire_name(field): _to_json(getattr(body, field.name)) for field in fields(cast("Any", body))}

    def encode(self, body: Message) -> str:
        """Return the JSON text of a body."""
        return _JSON.encode(_to_json(body))

    def decode(self, text: str) -> Message:
        """Return the body that a JSON text stands for, or raise a RemoteProtocolError that says what is wrong."""
        _check_size(text, self.max_bytes)
        return cast("Message", self._decode(_parse(text), "the body"))


def _check_size(text: str, max_bytes: int) -> None:
    # A character is one byte at least: most of what is too big is refused without being encoded first.
    size = len(text) if len(text) > max_bytes else len(text.encode(errors="surrogatepass"))
    if size > max_bytes:
        raise MessageTooBig(size, max_bytes)


def _parse(text: str) -> dict[str, object]:
    value = parse_json(text)
    if not isinstance(value, dict):
        raise MalformedMessage("it is not an object")
    return value


def wire_name(field: Field[Any]) -> str:
    """Return the key by which a dataclass field travels."""
    return str(field.metadata.get("wire", field.name))


def _to_json(value: Any) -> Any:
    """Return the JSON value of a message; fields at their default None are left out."""
    if is_dataclass(value):
        return {
            key: _to_json(item)
            for name, key, can_be_left_out in _wire_fields(value.__class__)
            if (item := getattr(value, name)) is not None or not can_be_left_out
        }
    if isinstance(value, tuple):
        return [_to_json(item) for item in value]
    return value


@cache
def _wire_fields(cls: type[Any]) -> list[tuple[str, str, bool]]:
    """Return every field of a dataclass: its name, its key, and whether it is left out where it is None."""
    return [(field.name, wire_name(field), field.default is None) for field in fields(cls)]


def _decoder(annotation: Any, *, lenient: bool) -> Decoder:
    """Build the decoder of a type: a dataclass, a bounded or plain scalar, a literal, an optional, a tuple."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if is_dataclass(annotation):
        return _dataclass_decoder(cast("type[Any]", annotation), lenient=lenient)
    if origin is Annotated:
        return _bounded_decoder(_decoder(arguments[0], lenient=lenient), arguments[1])
    if origin is Literal:
        return _choice_decoder(arguments)
    if origin in (Union, types.UnionType):
        part = next(part for part in arguments if part is not types.NoneType)
        return _optional_decoder(_decoder(part, lenient=lenient))
    if origin is tuple:
        return _tuple_decoder(_decoder(arguments[0], lenient=lenient))
    return _scalar_decoder(annotation)


def _dataclass_decoder(cls: type[Any], *, lenient: bool) -> Decoder:
    hints = get_type_hints(cls, include_extras=True)
    decoders = {wire_name(field): (field.name, _decoder(hints[field.name], lenient=lenient)) for field in fields(cls)}
    required = {wire_name(field) for field in fields(cls) if field.default is MISSING}

    def decode(value: object, path: str) -> Any:
        if not isinstance(value, dict):
            raise MalformedMessage(f"{path} is not an object")
        unknown = value.keys() - decoders.keys()
        if unknown and not lenient:
            raise MalformedMessage(f"{path} has no field {min(unknown)[:40]!r}")
        if missing := required - value.keys():
            raise MalformedMessage(f"{path} lacks the field {min(missing)!r}")
        arguments = {}
        for key, item in value.items():
            if key not in unknown:
                name, decoder = decoders[key]
                arguments[name] = decoder(item, f"{path}.{key}")
        return cls(**arguments)

    return decode


def _bounded_decoder(decoder: Decoder, bound: Text | Range | Items) -> Decoder:
    def decode(value: object, path: str) -> Any:
        item = decoder(value, path)
        if not bound.admits(item):
            raise MalformedMessage(f"{path} must be {bound}")
        return item

    return decode


def _choice_decoder(choices: tuple[str, ...]) -> Decoder:
    def decode(value: object, path: str) -> Any:
        if not isinstance(value, str) or value not in choices:
            raise MalformedMessage(f"{path} must be one of {', '.join(choices)}")
        return value

    return decode


def _optional_decoder(decoder: Decoder) -> Decoder:
    def decode(value: object, path: str) -> Any:
        return None if value is None else decoder(value, path)

    return decode


def _tuple_decoder(decoder: Decoder) -> Decoder:
    def decode(value: object, path: str) -> Any:
        if not isinstance(value, list):
            raise MalformedMessage(f"{path} is not a list")
        return tuple(decoder(item, f"{path}[{index}]") for index, item in enumerate(value))

    return decode


def _scalar_decoder(scalar: type) -> Decoder:
    # JSON has one kind of number, so a float may come without a point; and what Python takes for 1, True, is no number.
    accepted = (int, float) if scalar is float else (scalar,)

    def decode(value: object, path: str) -> Any:
        if not isinstance(value, accepted) or (isinstance(value, bool) and scalar is not bool):
            raise MalformedMessage(f"{path} is not of type {scalar.__name__}")
        return value

    return decode
