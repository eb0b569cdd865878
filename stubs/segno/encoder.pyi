"""The part of segno that the browser is given, which has no types of its own."""

from typing import NamedTuple

class Code(NamedTuple):
    matrix: tuple[bytearray, ...]

def encode(content: str, error: str | None = ..., *, micro: bool | None = ...) -> Code: ...
