"""Writes the page for a static host: files and nothing else, which find their server by `config.json`."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from protocol.http import ROOM_PATH_PREFIX, SETTINGS_PATH
from signaling.base_paths import normal_base_path
from signaling.client_addresses import is_loopback
from signaling.errors import InvalidOption
from signaling.origins import MAX_PORT, normal_origin
from signaling.site.app_archive import APP_PACKAGES
from signaling.site.caching import ASK_FIRST, FOREVER
from signaling.site.export_replacement import Content, write_files
from signaling.site.loading import FAVICON, MANIFEST, PAGE, WORKER, Asset, Site, load_site
from signaling.site.prebuilt import ENCODINGS
from signaling.site.security_headers import security_headers
from signaling.site.target import CONFIG, Target

MISSING_PAGE = "404.html"
"""What static hosts answer with where they have no file: for a room, that is the page."""
ANY_SECURE = "https: wss:"
"""The policy stands in the page, so that it has to allow whichever server `config.json` may name one day."""
COMPRESSED = (".zip", ".png", ".woff2")


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of it."""

    files: int
    starts_quickly: bool
    """Whether the build has made the snapshot of this Python, from which pages start in a second."""


def export_site(
    static: Path, out: Path, signaler: str, base_path: str = "/", packages: Iterable[str] = APP_PACKAGES
) -> Exported:
    """Write the page into a folder of its own, so that any static host can serve it at a base path.

    `signaler` is the address of the server: its origin, and its base path if it has one. ExportError if that, the path
    or the folder is unfit, and SiteIncomplete if the page itself is. Two exports of the same are the same bytes.
    """
    address = read_signaler(signaler)
    target = Target(read_base_path(base_path), _connections(address))
    site = load_site(static, packages, target)
    files = dict(_files(site, target, address))
    write_files(out, files)
    return Exported(len(files), "python.snapshot" in site.assets)


def read_signaler(text: str) -> str:
    """Return an origin as browsers write it, and the path without a slash at its end, for a page that came by https."""
    scheme, separator, rest = text.strip().partition("://")
    host, _, below = rest.partition("/")
    origin, path = normal_origin(scheme + separator + host), normal_base_path(below)
    if origin is None or path is None:
        rule = (
            "must be an address like https://chat.example.org or https://example.org/p2p-chat, with a port from 1 to "
            f"{MAX_PORT} or none"
        )
        raise InvalidOption("--signaler", rule)
    parts = urlsplit(origin)
    # A policy has no way to write an IPv6 address (CSP Level 3 §2.3.1), and any https would do for one.
    if parts.scheme == "http" and not (is_loopback(parts.hostname or "") and "[" not in parts.netloc):
        raise InvalidOption("--signaler", "must begin with https://, but for localhost and 127.0.0.1")
    return origin + path.removesuffix("/")


def read_base_path(text: str) -> str:
    """Return a path with a slash at both ends."""
    path = normal_base_path(text)
    if path is None:
        raise InvalidOption("--base-path", "must be a path of letters, digits, “-”, “_”, “~” and “.”, like /p2p-chat/")
    return path


def _connections(address: str) -> str:
    """Return what the page may connect to; where the server is on this machine, any port of that will do."""
    parts = urlsplit(address)
    own = f" http://{parts.hostname}:* ws://{parts.hostname}:*" if parts.scheme == "http" else ""
    return ANY_SECURE + own


def _files(site: Site, target: Target, address: str) -> Iterator[tuple[str, Content]]:
    """Yield the files in the order of writing: the page when all is there that it asks for, and then its worker."""
    for name, asset in site.assets.items():
        yield from _variants(site.address(name).removeprefix(site.base), asset)
    for name, asset in site.runtime.items():
        yield from _variants((site.runtime_path + name).removeprefix(site.base), asset)
    if FAVICON in site.assets:
        yield FAVICON, site.assets[FAVICON].content
    yield ".nojekyll", b""  # without it, GitHub Pages leaves out what begins with an underscore
    yield "robots.txt", f"User-agent: *\nDisallow: {site.base}{ROOM_PATH_PREFIX.removeprefix('/')}\n".encode()
    yield "_headers", _headers(site, target).encode()
    yield "_redirects", _redirects(site.base).encode()
    # Nothing compressed beside it, which would be handed out still when the file was changed.
    yield CONFIG, (json.dumps({"signaler": address}, indent=2) + "\n").encode()
    yield from _variants(MANIFEST, site.manifest)
    for name, asset in ((MISSING_PAGE, site.page), (PAGE, site.page), (WORKER, site.worker)):
        yield from _variants(name, asset)


def _variants(name: str, asset: Asset) -> Iterator[tuple[str, Content]]:
    """Yield a file after its compressed forms: those of the build, or where there are none, what Python can make."""
    for coding, path in sorted(asset.encoded.items()):
        yield name + ENCODINGS[coding], path
    if not asset.encoded and PurePosixPath(name).suffix not in COMPRESSED:
        yield name + ENCODINGS["gzip"], gzip.compress(asset.read(), mtime=0)
    yield name, asset.content


def _headers(site: Site, target: Target) -> str:
    """Return the headers, as Netlify and Cloudflare Pages read them."""
    policy = security_headers(site.inline_scripts, site.inline_styles, target.connections)
    caching = {
        **dict.fromkeys(("assets/*", "pyodide/*"), FOREVER),
        **dict.fromkeys(("", PAGE, "chat/*", SETTINGS_PATH.removeprefix("/"), WORKER, MANIFEST, CONFIG), ASK_FIRST),
    }
    rules = {"*": policy, **{path: {"Cache-Control": value} for path, value in caching.items()}}
    blocks = (
        f"{site.base}{path}\n" + "".join(f"  {name}: {value}\n" for name, value in headers.items())
        for path, headers in rules.items()
    )
    return "\n".join(blocks)


def _redirects(base: str) -> str:
    """Return the rewriting rules, as Netlify and Cloudflare Pages read them.

    A rule with index.html at its end would have Cloudflare Pages send the browser to the lobby.
    """
    settings = base + SETTINGS_PATH.removeprefix("/")
    return f"{base}favicon.ico {base}{FAVICON} 302\n{base}chat/* {base} 200\n{settings} {base} 200\n"
