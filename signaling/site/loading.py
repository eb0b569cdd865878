"""Touches the files that the browser is given: reads them once, at the start, and knows their addresses."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from signaling.errors import SiteIncomplete
from signaling.site.app_archive import APP_PACKAGES, app_archive
from signaling.site.integrity import Integrity, checksum, integrity_of
from signaling.site.prebuilt import FOLDER as BUILT_FOLDER
from signaling.site.prebuilt import digest, encoded, start_of
from signaling.site.target import OWN_SERVER, Target, page_values

PAGE = "index.html"
FAVICON = "favicon.svg"
INLINE_STYLE = "app.css"
INLINE_SCRIPT = "before-paint.js"
"""They stand in the page itself: both are needed before anything can be painted."""
WORKER = "service-worker.js"
MANIFEST = "manifest.webmanifest"
"""Says how the page is installed (Web App Manifest); a template, since its paths begin at the page's base."""
WORKER_PATH = "/service-worker.js"
"""At the top, since a service worker has power over what lies beside and below it."""
TEMPLATES = (PAGE, WORKER, MANIFEST)
RUNTIME_FOLDER = "pyodide"
RUNTIME_VERSION = "VERSION"
RUNTIME_LOCK = "pyodide-lock.json"
RUNTIME_LIBRARY = "python_stdlib.zip"
RUNTIME_KEPT = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
RUNTIME_FILES = (*RUNTIME_KEPT, RUNTIME_LIBRARY, RUNTIME_LOCK)
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
CATALOGS = "words/*.mo"
"""Compiled from client_py/words/*.po by bundle/words.py, which needs a library that a server does not have."""
ADDRESS_DIGITS = 16
_PLACE = re.compile(rb"\{\{(.+?)\}\}")


@dataclass(frozen=True, slots=True)
class Asset:
    """A file to serve: small ones from memory, so that they stay what their address says; large ones from the disk."""

    media_type: str
    digest: str
    content: bytes | Path
    encoded: Mapping[str, Path] = field(default_factory=dict)
    """The same content compressed, by content coding, the smallest first."""

    def read(self) -> bytes:
        """Return the content."""
        return self.content if isinstance(self.content, bytes) else self.content.read_bytes()

    @property
    def etag(self) -> str:
        """Its validator (RFC 9110 §8.8.3)."""
        return f'"{self.digest}"'


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that is served as it is: the page, its service worker, the assets, and the runtime of one version."""

    release: str
    """Names all of it; another release has another name."""
    page: Asset
    worker: Asset
    manifest: Asset
    assets: Mapping[str, Asset]
    runtime_version: str
    runtime: Mapping[str, Asset]
    inline_scripts: tuple[str, ...] = ()
    """The checksums of what stands in the page itself (CSP Level 3 §2.3.1)."""
    inline_styles: tuple[str, ...] = ()
    base: str = "/"

    @property
    def runtime_path(self) -> str:
        """Where the runtime is, with a slash at the end; another version has another path."""
        return _runtime_path(self.base, self.runtime_version)

    def address(self, name: str) -> str:
        """Return the path of an asset; with another content it has another one."""
        return _address(self.base, name, self.assets[name])


@dataclass(frozen=True, slots=True)
class Beginning:
    """From which files the page starts Python."""

    library: str
    program: str
    snapshot: str = ""
    integrity: str = ""
    """Lets a browser check that the snapshot is whole (Subresource Integrity)."""

    def values(self, addresses: Mapping[str, str]) -> dict[str, str]:
        """Return what the page's template asks for."""
        snapshot = addresses[self.snapshot] if self.snapshot else ""
        library, program = addresses[self.library], addresses[self.program]
        return {"library": library, "program": program, "snapshot": snapshot, "integrity": self.integrity}


def static_folder() -> Path:
    """Return the folder of the page's files: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "static"
    return installed if installed.is_dir() else package.parent / "static"


def load_site(static: Path, packages: Iterable[str] = APP_PACKAGES, target: Target = OWN_SERVER) -> Site:
    """Read a site, which will stand where `target` says; SiteIncomplete if something is missing from it."""
    built = static / BUILT_FOLDER
    version, runtime = _runtime(static / RUNTIME_FOLDER, built)
    contents = _static_files(static)
    if missing := {*TEMPLATES, INLINE_STYLE, INLINE_SCRIPT} - contents.keys():
        raise SiteIncomplete(str(static / min(missing)))
    templates = {name: contents.pop(name) for name in TEMPLATES}
    inline = {name: contents.pop(name) for name in (INLINE_STYLE, INLINE_SCRIPT)}
    assets = {name: _asset(name, content, built) for name, content in contents.items()}
    beginning = _add_beginning(assets, static, app_archive(packages))
    runtime_path = _runtime_path(target.base, version)
    addresses = {name: _address(target.base, name, asset) for name, asset in assets.items()}
    addresses |= {name: runtime_path + name for name in RUNTIME_FILES}
    kept = {addresses[name] for name in (*assets, *RUNTIME_KEPT, beginning.library)}
    integrity = _integrity(assets | runtime, addresses) if target.is_elsewhere else Integrity()
    scripts = tuple(checksum(text) for text in (inline[INLINE_SCRIPT], integrity.import_map.encode()) if text)
    styles = (checksum(inline[INLINE_STYLE]),)
    values = {"runtime": runtime_path, "lock": html.escape(_lock_without_packages(static))}
    values |= {"languages": html.escape(_languages(addresses))}
    values |= beginning.values(addresses) | page_values(target, integrity, addresses, scripts, styles)
    values |= {f"inline {name}": content.decode() for name, content in inline.items()}
    values |= {"kept": json.dumps({address: integrity.of(address) for address in sorted(kept)}, indent=2)}
    values |= {"release": _release(templates, addresses | values)}
    page, worker, manifest = (
        _asset(name, _filled_in(templates[name], addresses | values), built) for name in TEMPLATES
    )
    return Site(values["release"], page, worker, manifest, assets, version, runtime, scripts, styles, target.base)


def runtime_pin(static: Path) -> str:
    """Return the version and integrity of the runtime, as `bundle/pyodide.py` has written them beside it."""
    return (static / RUNTIME_FOLDER / RUNTIME_VERSION).read_text(encoding="utf-8")


def served_files(site: Site) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of everything that is served."""
    own = {PAGE: site.page, WORKER: site.worker, MANIFEST: site.manifest}
    for name, asset in {**own, **site.assets, **site.runtime}.items():
        yield name, asset.read()


def _integrity(files: Mapping[str, Asset], addresses: Mapping[str, str]) -> Integrity:
    return integrity_of({name: file.read() for name, file in files.items()}, addresses)


def _add_beginning(assets: dict[str, Asset], static: Path, archive: bytes) -> Beginning:
    """Put among the assets what Python starts from: what the build has made of just this app, or its sources."""
    built = static / BUILT_FOLDER
    start = start_of(built, runtime_pin(static), archive)
    if not start.is_whole:
        assets["app.zip"] = _asset("app.zip", archive, built)
        return Beginning(RUNTIME_LIBRARY, "app.zip")
    files = {"library.zip": start.library, "app.zip": start.program, "python.snapshot": start.snapshot}
    for name, path in files.items():
        assets[name] = _file(name, path, built)
    library, program, snapshot = files
    return Beginning(library, program, snapshot, checksum(start.snapshot.read_bytes()))


def _filled_in(template: bytes, values: Mapping[str, str]) -> bytes:
    """Put the values into the places that name them in double braces: `{{app.css}}` is an asset's address."""
    return _PLACE.sub(lambda place: values[place[1].decode()].encode(), template)


def _release(templates: Mapping[str, bytes], values: Mapping[str, str]) -> str:
    """Name the page, its service worker and all that they name."""
    parts = [*templates.values(), json.dumps(values, sort_keys=True).encode()]
    return _short(b"".join(digest(part).encode() for part in parts))


def _static_files(static: Path) -> dict[str, bytes]:
    """Return every file under a folder by its path in it, but the runtime and what is hidden."""
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
    return runtime_pin(folder.parent).split()[0], {name: _file(name, folder / name, built) for name in RUNTIME_FILES}


def _lock_without_packages(static: Path) -> str:
    """Return a lock file that says of which runtime it is, and no more: nothing is loaded that the whole one lists."""
    lock = json.loads((static / RUNTIME_FOLDER / RUNTIME_LOCK).read_text(encoding="utf-8"))
    return json.dumps({"info": lock["info"], "packages": {}}, separators=(",", ":"))


def _languages(addresses: Mapping[str, str]) -> str:
    """Say where the words of the page are in other languages than English, by language."""
    paths = {name: PurePosixPath(name) for name in addresses}
    catalogs = {path.stem: addresses[name] for name, path in paths.items() if path.match(CATALOGS)}
    return json.dumps(catalogs, separators=(",", ":"))


def _file(name: str, path: Path, built: Path) -> Asset:
    """Return a file that is too large to be held in memory."""
    content = path.read_bytes()
    return Asset(_media_type(name), _short(content), path, encoded(built, content))


def _asset(name: str, content: bytes, built: Path) -> Asset:
    return Asset(_media_type(name), _short(content), content, encoded(built, content))


def _runtime_path(base: str, version: str) -> str:
    return f"{base}pyodide/{version}/"


def _address(base: str, name: str, asset: Asset) -> str:
    return f"{base}assets/{asset.digest}/{name}"


def _media_type(name: str) -> str:
    return MEDIA_TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")


def _short(content: bytes) -> str:
    return digest(content)[:ADDRESS_DIGITS]
