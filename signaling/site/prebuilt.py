"""Knows what the build makes of a site: compressed files, and what Python starts from quickly.

Each lies in `static/built/` under the digest of what it was made from. So nothing there can be out of date: what has
changed since has another digest, and is served as it is, and Python starts from its sources.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = "built"
ENCODINGS = {"br": ".br", "zstd": ".zst", "gzip": ".gz"}
"""Content codings (RFC 9110 §8.4.1, RFC 8878) by the ending of their files."""
DIGITS = 32


@dataclass(frozen=True, slots=True)
class Start:
    """Files from which Python starts with the application, on the runtime that they were made on."""

    snapshot: Path
    """The memory of a Python that has everything imported, as snapshot.mjs writes it and bootstrap.js reads it."""
    library: Path
    """As much of the standard library as the application imports, compiled, in a ZIP."""
    program: Path
    """The application, compiled, in a ZIP."""

    @property
    def is_whole(self) -> bool:
        """Whether all of them are there."""
        return all(path.is_file() for path in (self.snapshot, self.library, self.program))


def start_of(built: Path, runtime: str, archive: bytes) -> Start:
    """Name the files for an app on a runtime (the text of its VERSION)."""
    name = digest(f"{runtime}\n{digest(archive)}".encode())
    return Start(built / f"{name}.snapshot", built / f"{name}.library", built / f"{name}.program")


def digest(content: bytes) -> str:
    """Return the name under which the build knows a content."""
    return hashlib.sha256(content).hexdigest()[:DIGITS]


def encoded(folder: Path, content: bytes) -> Mapping[str, Path]:
    """Return the files that hold a content compressed, by their content coding, the smallest first."""
    files = {coding: folder / (digest(content) + ending) for coding, ending in ENCODINGS.items()}
    sizes = {coding: path.stat().st_size for coding, path in files.items() if path.is_file()}
    return {coding: files[coding] for coding in sorted(sizes, key=lambda coding: sizes[coding])}
