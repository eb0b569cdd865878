"""Touches the folder of an export: replaces what an earlier export has written there, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from signaling.errors import FolderNotOurs, FolderUnwritable

MARKER = ".p2p-chat-export.json"
"""Lists the files that are ours."""
PART = ".p2p-chat-export.part"
"""A file until it is whole."""

Content = bytes | Path


def write_files(out: Path, files: Mapping[str, Content]) -> None:
    """Bring a folder to hold these files, written in their order; those of an earlier export go at the end.

    Each file is replaced at once, so that a server may read there meanwhile. FolderNotOurs, and nothing has changed, if
    something else is there; FolderUnwritable if the system does not let us.
    """
    with _refused_in_words(out):
        earlier = _written_earlier(out)
        for name in sorted(files.keys() - earlier):
            if (out / name).exists():
                raise FolderNotOurs(out, f"{name} was not written by an export")
        out.mkdir(parents=True, exist_ok=True)
        # Whatever interrupts us, the next export knows what is ours.
        _mark(out, earlier | files.keys())
        for name, content in files.items():
            _put(out, name, content)
        for name in sorted(earlier - files.keys()):
            _remove(out, name)
        _mark(out, files.keys())


def _written_earlier(out: Path) -> set[str]:
    if not out.exists():
        return set()
    if not out.is_dir():
        raise FolderNotOurs(out, "it is no folder")
    if not any(out.iterdir()):
        return set()
    if not (out / MARKER).is_file():
        raise FolderNotOurs(out, f"it is not empty, and has no {MARKER}")
    try:
        names = json.loads((out / MARKER).read_bytes())["files"]
    except (ValueError, KeyError, TypeError):
        raise FolderNotOurs(out, f"{MARKER} in it cannot be read") from None
    if not isinstance(names, list) or not all(isinstance(name, str) and _lies_inside(name) for name in names):
        raise FolderNotOurs(out, f"{MARKER} in it names what is no file of an export")
    return set(names)


def _lies_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts


def _mark(out: Path, names: Collection[str]) -> None:
    _put(out, MARKER, (json.dumps({"files": sorted(names)}, indent=2) + "\n").encode())


def _put(out: Path, name: str, content: Content) -> None:
    """Put a whole file in its place; one that is there already keeps its time, by which browsers may know it."""
    target, part = out / name, out / PART
    new = content if isinstance(content, bytes) else content.read_bytes()
    if target.is_file() and target.read_bytes() == new:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(new)
    part.replace(target)


def _remove(out: Path, name: str) -> None:
    """Remove a file, and the folders that were there for it alone."""
    (out / name).unlink(missing_ok=True)
    for folder in (out / name).parents:
        if folder == out or not folder.is_dir() or any(folder.iterdir()):
            return
        folder.rmdir()


@contextmanager
def _refused_in_words(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FolderUnwritable(out, error.strerror or str(error)) from error
