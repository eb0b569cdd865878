"""Touches the files that the browser is given: reads them once, at the start, and knows their addresses."""

from __future__ import annotations

import base64
import hashlib
import html
import importlib.util
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from signaling.built import FOLDER as BUILT_FOLDER
from signaling.built import SNAPSHOT_ENDING, digest, encoded, snapshot_name
from signaling.errors import SiteIncomplete

APP_ARCHIVE = "app.zip"
APP_PACKAGES = ("client_py", "protocol", "segno")
"""What the browser's Python imports. Their source is read and never imported here."""

PAGE = "index.html"
RUNTIME_FOLDER = "pyodide"
RUNTIME_VERSION = "VERSION"
RUNTIME_LOCK = "pyodide-lock.json"
RUNTIME_FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", RUNTIME_LOCK)
"""All that a browser asks for, or a plain start of Pyodide. The runtime's own pages and consoles are not served."""

MEDIA_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".wasm": "application/wasm",  # compiled while it streams in only under this type
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
    ".zip": "application/zip",
}
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest that a ZIP can say: the archive depends on what is in it, not on when it was checked out."""
ZIP_UNIX = 3
"""APPNOTE.TXT §4.4.2; else it would say on which system it was made."""
RELEASE_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Asset:
    """A file to serve: small ones from memory, so that they stay what their address says; large ones from the disk."""

    media_type: str
    etag: str
    content: bytes | Path
    encoded: Mapping[str, Path] = field(default_factory=dict)
    """The same content compressed, by content coding, the smaller one first."""


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that is served as it is: the page, the assets of one release, and the runtime of one version."""

    page: Asset
    release: str
    assets: Mapping[str, Asset]
    runtime_version: str
    runtime: Mapping[str, Asset]

    @property
    def assets_path(self) -> str:
        """Where the assets are, with a slash at the end; another release has another path."""
        return _assets_path(self.release)

    @property
    def runtime_path(self) -> str:
        """Where the runtime is, with a slash at the end; another version has another path."""
        return _runtime_path(self.runtime_version)


def static_folder() -> Path:
    """Give the folder of the page's files: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "static"
    return installed if installed.is_dir() else package.parent / "static"


def load_site(static: Path, packages: Iterable[str] = APP_PACKAGES) -> Site:
    """Read a site; SiteIncomplete if something is missing from it."""
    built = static / BUILT_FOLDER
    version, runtime = _runtime(static / RUNTIME_FOLDER, built)
    contents = _static_files(static) | {APP_ARCHIVE: app_archive(packages)}
    template = contents.pop(PAGE, None)
    if template is None:
        raise SiteIncomplete(str(static / PAGE))
    assets = {name: _asset(name, content, built) for name, content in contents.items()}
    snapshot, integrity = _add_snapshot(assets, built, snapshot_name(runtime_pin(static), contents[APP_ARCHIVE]))
    release = _release(contents)
    values = {
        "assets": _assets_path(release),
        "pyodide": _runtime_path(version),
        "lock": html.escape(_lock_without_packages(static)),
        "snapshot": _assets_path(release) + snapshot if snapshot else "",
        "integrity": integrity,
    }
    return Site(_asset(PAGE, _filled_in(template, values), built), release, assets, version, runtime)


def runtime_pin(static: Path) -> str:
    """Give the version and integrity of the runtime, as `build_hook.py` has written them beside it."""
    return (static / RUNTIME_FOLDER / RUNTIME_VERSION).read_text(encoding="utf-8")


def _assets_path(release: str) -> str:
    return f"/assets/{release}/"


def _runtime_path(version: str) -> str:
    return f"/pyodide/{version}/"


def _filled_in(template: bytes, values: Mapping[str, str]) -> bytes:
    """Put the values into the places of the page that name them in double braces."""
    for name, value in values.items():
        template = template.replace(f"{{{{{name}}}}}".encode(), value.encode())
    return template


def app_archive(packages: Iterable[str]) -> bytes:
    """Give a ZIP of the Python source of some packages, the same bytes for the same source, on every machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for package in packages:
            folder = _package_folder(package)
            for path in sorted(folder.rglob("*.py")):
                entry = zipfile.ZipInfo(f"{package}/{path.relative_to(folder).as_posix()}", ZIP_EPOCH)
                entry.create_system = ZIP_UNIX
                # Stored, since zlibs differ in what they make of the same bytes; the build compresses it as a whole.
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_STORED)
    return buffer.getvalue()


def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SiteIncomplete(f"The Python package {package}")
    return Path(spec.submodule_search_locations[0])


def _static_files(static: Path) -> dict[str, bytes]:
    """Give every file under a folder by its path in it, but the runtime and what is hidden."""
    files = {}
    for path in sorted(static.rglob("*")):
        name = path.relative_to(static)
        made = name.parts[0] in (RUNTIME_FOLDER, BUILT_FOLDER)
        if path.is_file() and not made and not any(part.startswith(".") for part in name.parts):
            files[name.as_posix()] = path.read_bytes()
    return files


def _runtime(folder: Path, built: Path) -> tuple[str, dict[str, Asset]]:
    for name in (RUNTIME_VERSION, *RUNTIME_FILES):
        if not (folder / name).is_file():
            raise SiteIncomplete(str(folder / name))
    version = runtime_pin(folder.parent).split()[0]
    return version, {name: _file(name, folder / name, f'"{version}"', built) for name in RUNTIME_FILES}


def _lock_without_packages(static: Path) -> str:
    """Give a lock file that says of which runtime it is, and no more: nothing is loaded that the whole one lists."""
    lock = json.loads((static / RUNTIME_FOLDER / RUNTIME_LOCK).read_text(encoding="utf-8"))
    return json.dumps({"info": lock["info"], "packages": {}}, separators=(",", ":"))


def _add_snapshot(assets: dict[str, Asset], built: Path, file_name: str) -> tuple[str, str]:
    """Put the memory of a Python that has the app imported among the assets, if the build has made one of this app.

    Gives its name, and by what a browser knows that it is whole (Subresource Integrity). No two builds make the same
    bytes, so the name is that of the content.
    """
    path = built / file_name
    if not path.is_file():
        return "", ""
    content = path.read_bytes()
    name = f"python-{_digest(content)}{SNAPSHOT_ENDING}"
    assets[name] = _file(name, path, f'"{_digest(content)}"', built)
    return name, f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


def _file(name: str, path: Path, etag: str, built: Path) -> Asset:
    """Give a file that is too large to be held in memory."""
    return Asset(_media_type(name), etag, path, encoded(built, path.read_bytes()))


def _asset(name: str, content: bytes, built: Path) -> Asset:
    return Asset(_media_type(name), f'"{_digest(content)}"', content, encoded(built, content))


def _media_type(name: str) -> str:
    return MEDIA_TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")


def _release(contents: Mapping[str, bytes]) -> str:
    return _digest("\n".join(f"{name} {_digest(contents[name])}" for name in sorted(contents)).encode())


def _digest(content: bytes) -> str:
    return digest(content)[:RELEASE_DIGITS]
