"""Decides by which checksums browsers check the files of an exported page (Subresource Integrity). No I/O."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

SCRIPTS = ("bootstrap.js", "intake.js", "pyodide.mjs", "pyodide.asm.mjs")
"""All that the page runs beside what stands in it."""
AGAIN = "#again"
"""Ends a module's address when bootstrap.js imports it once more, after it failed."""


@dataclass(frozen=True, slots=True)
class Integrity:
    """What browsers check the page's own files by (Subresource Integrity); on the server itself, nothing.

    A server stands by all that it hands out. A static host may be many caches, of which one may be behind or broken.
    """

    checksums: Mapping[str, str] = field(default_factory=dict)
    """By address."""
    import_map: str = ""
    """Has modules checked that scripts import (HTML §8.1.6.1)."""

    def of(self, address: str) -> str:
        """Return a file's checksum, or nothing."""
        return self.checksums.get(address, "")


def integrity_of(contents: Mapping[str, bytes], addresses: Mapping[str, str]) -> Integrity:
    """Return the checks of these files, which stand at these addresses."""
    checksums = {addresses[name]: checksum(content) for name, content in contents.items()}
    modules = {addresses[name]: checksums[addresses[name]] for name in SCRIPTS if name in contents}
    modules |= {address + AGAIN: digest for address, digest in modules.items()}
    return Integrity(checksums, json.dumps({"integrity": modules}, separators=(",", ":")))


def checksum(content: bytes) -> str:
    """Return the checksum as browsers take it (Subresource Integrity §3.1)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"
