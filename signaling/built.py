"""Knows what the build makes of a site: compressed files, and the snapshot of a Python that has everything imported.

Each lies in `static/built/` under the digest of what it was made from. So nothing there can be out of date: what has
changed since has another digest, and is served as it is, and Python starts without a snapshot.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

FOLDER = "built"
ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""Content codings (RFC 9110 §8.4.1) by the ending of their files, the smaller one first."""
SNAPSHOT_ENDING = ".snapshot"
DIGITS = 32

ARCHIVE_PATH = "/app.zip"
"""Where the archive of the app's source stands in Pyodide's file system."""
SNAPSHOT_PROGRAM = f"""
import sys
sys.path.insert(0, {ARCHIVE_PATH!r})
import random
import client_py.app, segno
"""
"""What runs before the snapshot is made. A snapshot holds memory and no files: what is imported here needs none."""


def digest(content: bytes) -> str:
    """Give the name under which the build knows a content."""
    return hashlib.sha256(content).hexdigest()[:DIGITS]


def snapshot_name(runtime: str, archive: bytes) -> str:
    """Give the file name of the snapshot of an app on a runtime (the text of its VERSION)."""
    return digest("\n".join((runtime, SNAPSHOT_PROGRAM, digest(archive))).encode()) + SNAPSHOT_ENDING


def encoded(folder: Path, content: bytes) -> Mapping[str, Path]:
    """Give the files that hold a content compressed, by their content coding."""
    files = {coding: folder / (digest(content) + ending) for coding, ending in ENCODINGS.items()}
    return {coding: path for coding, path in files.items() if path.is_file()}
