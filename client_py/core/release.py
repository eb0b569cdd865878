"""Names this release of the page, and what others have made that goes with it."""

from __future__ import annotations

from dataclasses import dataclass

VERSION = "0.1.0"
"""As pyproject.toml has it; a test holds them together."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is in the page, and under which licence (SPDX)."""

    name: str
    licence: str
    address: str
    """Where its source is, as MPL-2.0 has it told."""


WORKS = (
    Work("P2P Chat", "MIT", ""),
    Work("Pyodide", "MPL-2.0", "github.com/pyodide/pyodide"),
    Work("CPython", "PSF-2.0", "github.com/python/cpython"),
    Work("Emscripten", "MIT", "github.com/emscripten-core/emscripten"),
    Work("segno", "BSD-3-Clause", "github.com/heuer/segno"),
)
"""The page's own, its runtime with what that is made of, and what draws QR codes."""
