"""Packs the Python source that the browser is given. It is read here, and never imported."""

from __future__ import annotations

import importlib.util
import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from signaling.errors import SiteIncomplete

APP_PACKAGES = ("client_py", "protocol", "segno")
"""What the browser's Python imports."""
BARE_PACKAGES = frozenset({"segno"})
"""Packages of which only modules are used: what the package itself would import is left out. Segno's draws pictures
into files, and needs the standard library's XML, HTTP and mail for that."""

ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest that a ZIP can say: the archive depends on what is in it, not on when it was checked out."""
ZIP_UNIX = 3
"""APPNOTE.TXT §4.4.2; else it would say on which system it was made."""


def app_archive(packages: Iterable[str]) -> bytes:
    """Return a ZIP of the Python source of some packages, the same bytes for the same source, on every machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, source in _sources(packages):
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            entry.create_system = ZIP_UNIX
            # Stored, since zlibs differ in what they make of the same bytes; the build compresses it as a whole.
            archive.writestr(entry, source, zipfile.ZIP_STORED)
    return buffer.getvalue()


def _sources(packages: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for package in packages:
        folder = _package_folder(package)
        for path in sorted(folder.rglob("*.py")):
            name = f"{package}/{path.relative_to(folder).as_posix()}"
            is_left_out = package in BARE_PACKAGES and path == folder / "__init__.py"
            yield name, b"" if is_left_out else path.read_bytes()


def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SiteIncomplete(f"The Python package {package}")
    return Path(spec.submodule_search_locations[0])
