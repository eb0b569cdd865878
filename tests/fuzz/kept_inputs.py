"""Keeps the inputs that every run plays: a file for each harness, an input on each line, as Python writes bytes."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"


def read(name: str) -> list[bytes]:
    """Return what is kept for a harness."""
    path = FOLDER / f"{name}.txt"
    found = [ast.literal_eval(line) for line in path.read_text(encoding="ascii").splitlines()] if path.exists() else []
    assert all(isinstance(each, bytes) for each in found)
    return found


def write(name: str, inputs: Iterable[bytes]) -> None:
    """Keep these inputs, and no others: the short ones first."""
    kept = sorted(set(inputs), key=lambda each: (len(each), each))
    text = "".join(f"{each!r}\n" for each in kept)
    (FOLDER / f"{name}.txt").write_text(text, encoding="ascii")


def unpack(inputs: Iterable[bytes], folder: Path) -> None:
    """Write inputs as the files that a fuzzer reads, by the names that it would give them."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in inputs:
        (folder / hashlib.sha1(each, usedforsecurity=False).hexdigest()).write_bytes(each)


def pack(folder: Path) -> list[bytes]:
    """Return the inputs in a fuzzer's files."""
    return [path.read_bytes() for path in folder.iterdir()]
