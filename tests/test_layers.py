"""Who may know whom: the imports of every module are held to the table below."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.project import ROOT, project_files

PACKAGES = ("protocol", "signaling", "client_py")
BROWSER_MODULES = {"js", "pyodide", "pyodide_js"}

# Clock, chance, sockets and the system reach a pure module as inputs, so that a test can hand in its own.
IMPURE = frozenset(
    {
        "asyncio",
        "os",
        "random",
        "secrets",
        "select",
        "selectors",
        "socket",
        "ssl",
        "subprocess",
        "threading",
        "time",
        "uuid",
    }
)


@dataclass(frozen=True)
class Layer:
    """What the modules of one layer may import, besides the standard library and each other."""

    allowed: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    open_to_libraries: bool = False

    def admits(self, module: str) -> bool:
        """Whether the layer may import `module`, named in full."""
        root = module.partition(".")[0]
        if any(lies_under(module, package) for package in self.allowed):
            return True
        if root in BROWSER_MODULES or root in PACKAGES:
            return False
        if root in sys.stdlib_module_names:
            return root not in self.forbidden
        return self.open_to_libraries


def layer(*allowed: str, forbidden: frozenset[str] = frozenset(), open_to_libraries: bool = False) -> Layer:
    """One row of the table."""
    return Layer(frozenset(allowed), forbidden, open_to_libraries)


# What each folder of the server answers to others: it may import these, itself, and what everyone there may.
EVERYONE = (
    "protocol",
    "signaling.errors",
    "signaling.base_paths",
    "signaling.client_addresses",
    "signaling.host_names",
    "signaling.lookalikes",
    "signaling.origins",
)
FOLDERS = {
    "accounts": ("configuration", "http", "monitoring", "rate_limits", "storage"),
    "cluster": ("monitoring", "rooms"),
    "configuration": (),
    "http": ("monitoring", "rate_limits", "site"),
    "monitoring": ("rate_limits.budgets",),
    "process": ("configuration", "http", "monitoring", "rate_limits", "sockets"),
    "rate_limits": ("configuration", "monitoring"),
    "rooms": ("monitoring",),
    "sessions": ("accounts", "http", "monitoring", "rate_limits", "rooms", "sockets"),
    "site": (),
    "sockets": ("http", "monitoring", "rate_limits", "site.security_headers"),
    "storage": ("configuration", "monitoring"),
}
"""By folder. None of them knows the wiring: `app`, `cli`."""

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PURE = tuple(name.removeprefix("signaling.") for name in PYPROJECT["tool"]["coverage"]["run"]["source_pkgs"])
"""Modules of the server that decide without I/O, clock or chance; of the server they know each other alone. What
pyproject.toml has covered in full is this, and the Makefile takes their tests from there too."""


def server_layers() -> dict[str, Layer]:
    """Return the rows of the server: its wiring, its folders, and in them what is pure."""
    rows = {"signaling": layer("signaling", "protocol", open_to_libraries=True)}
    rows["signaling.errors"] = layer("protocol", forbidden=IMPURE)
    reach = {}
    for folder, others in FOLDERS.items():
        reach[folder] = (*EVERYONE, *(f"signaling.{name}" for name in (folder, *others)))
        # What `bundle/site.py` imports of `site`: a wheel is built without the server's libraries.
        rows[f"signaling.{folder}"] = layer(*reach[folder], open_to_libraries=folder != "site")
    for name in PURE:
        known = reach.get(name.partition(".")[0], EVERYONE)
        pure = [f"signaling.{other}" for other in PURE if any(lies_under(f"signaling.{other}", each) for each in known)]
        # msgspec makes values, and touches nothing.
        rows[f"signaling.{name}"] = layer("protocol", "signaling.errors", "msgspec", *pure, forbidden=IMPURE)
    return rows


def lies_under(module: str, package: str) -> bool:
    """Whether `module` is `package` or something in it."""
    return module == package or module.startswith(f"{package}.")


SHARED_BY_CORE = tuple(f"client_py.core.{name}" for name in ("backoff", "channels", "frame_budgets", "frames"))

# The longest name that a module lies under is its layer; what lies directly in client_py/ gets the standard library.
LAYERS = {
    "protocol": layer("protocol", forbidden=IMPURE),
    **server_layers(),
    "client_py": layer(),
    "client_py.ports": layer("client_py.ports", "protocol"),
    # What lies directly in core/ joins the three parts below, which know nothing of each other.
    "client_py.core": layer("client_py.core", "protocol", forbidden=IMPURE),
    **{
        f"client_py.core.{shared}": layer(*SHARED_BY_CORE, "protocol", forbidden=IMPURE)
        for shared in ("backoff", "channels", "frame_budgets", "frames")
    },
    **{
        f"client_py.core.{part}": layer(f"client_py.core.{part}", *SHARED_BY_CORE, "protocol", forbidden=IMPURE)
        for part in ("conversation", "peer", "server")
    },
    "client_py.drivers": layer("client_py.drivers", "client_py.core", "client_py.ports", "protocol"),
    # The ports that it implements speak of descriptions and candidates, which are protocol.webrtc's.
    "client_py.browser": layer(
        "client_py.browser",
        "client_py.ports",
        "protocol.json_text",
        "protocol.webrtc",
        *BROWSER_MODULES,
    ),
    "client_py.words": layer("client_py.words", "client_py.core", "client_py.ports", "protocol", forbidden=IMPURE),
    "client_py.ui": layer("client_py.ui", "client_py.words", "client_py.core", "client_py.ports", "protocol", "segno"),
    "client_py.open_rooms": layer("client_py.core", "client_py.drivers", "client_py.ports", "client_py.ui"),
    "client_py.application": layer(
        "client_py.open_rooms",
        "client_py.settings",
        "client_py.core",
        "client_py.drivers",
        "client_py.ports",
        "client_py.ui",
        "client_py.words",
        "protocol",
    ),
    "client_py.settings": layer(
        "client_py.core", "client_py.drivers", "client_py.ports", "client_py.ui", "client_py.words", "protocol"
    ),
    "client_py.app": layer("client_py", "protocol", *BROWSER_MODULES),
}

# In two parts each, because this file is held to the rule as well.
REGISTRY_HOSTS = [
    f"{name}.{domain}"
    for name, domain in (("pypi", "org"), ("pythonhosted", "org"), ("registry.npmjs", "org"), ("deb.debian", "org"))
]
# A quote, or the parenthesis of CSS's url(), right before an origin; `//` alone takes the page's scheme.
FOREIGN_ORIGIN = re.compile(r"""["'`(]\s*((?:https?:|wss?:)?//[^\s"'`)]+)""")
# Names an XML vocabulary, and is never fetched.
NAMESPACE = re.compile(r"http://www\.w3\.org/[\w/]+")


def layer_of(module: str) -> Layer:
    """The layer of one of our modules."""
    return LAYERS[max((name for name in LAYERS if lies_under(module, name)), key=len)]


def module_name(path: Path) -> str:
    """What the file at `path`, relative to the root of the tree, is imported as."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_module(root: Path, name: str) -> bool:
    """Whether the tree at `root` holds a module or package of this name."""
    path = root.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or path.is_dir()


def imports(root: Path, path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of all that the file at `path` imports, wherever in it."""
    package = module_name(path) if path.name == "__init__.py" else module_name(path.parent)
    for node in ast.walk(ast.parse((root / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = absolute(package, node)
            for alias in node.names:
                member = f"{source}.{alias.name}"
                yield node.lineno, member if is_module(root, member) else source


def absolute(package: str, node: ast.ImportFrom) -> str:
    """Return the full name of what follows `from`, in a module of `package`."""
    if node.level == 0:
        return node.module or ""
    ancestors = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*ancestors, node.module] if node.module else ancestors)


def violations(root: Path) -> list[str]:
    """Every import in the tree at `root` that the table does not allow."""
    return [
        f"{path}:{line} may not import {target}"
        for package in PACKAGES
        for path in sorted(file.relative_to(root) for file in (root / package).rglob("*.py"))
        for line, target in imports(root, path)
        if not layer_of(module_name(path)).admits(target)
    ]


def foreign_origins(text: str) -> list[str]:
    """The addresses of other origins that a static file names where a browser would load them."""
    return [origin for origin in FOREIGN_ORIGIN.findall(text) if not NAMESPACE.fullmatch(origin)]


PLANTED = (
    "protocol/codec",
    "signaling/app",
    "signaling/accounts/store",
    "signaling/cluster/spanning_rooms",
    "signaling/http/responses",
    "signaling/rooms/effects_driver",
    "signaling/rooms/registry",
    "signaling/sockets/keepalive",
    "client_py/ports/time",
    "client_py/core/peer/link",
    "client_py/core/room",
    "client_py/ui/page",
)


def plant(root: Path, path: str, source: str) -> None:
    """Write a module, and a tree around it for its imports to be resolved in."""
    for name in PLANTED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).with_suffix(".py").touch()
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(source, encoding="utf-8")


def test_modules_keep_to_their_layers() -> None:
    """No module of ours imports what its layer may not know."""
    assert violations(ROOT) == []


def test_every_folder_of_the_server_has_a_row() -> None:
    """A new folder is missed here, and so are a row of one and a pure module that are no more."""
    folders = {path.parent.name for path in (ROOT / "signaling").glob("*/__init__.py")}
    assert folders == FOLDERS.keys()
    assert all(is_module(ROOT, f"signaling.{name}") for name in PURE)


@pytest.mark.parametrize("package", PACKAGES)
def test_layers_are_looked_for_where_they_are(package: str) -> None:
    """A renamed package is missed here, instead of being held to nothing."""
    assert list((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize(
    ("path", "source", "target"),
    [
        ("protocol/x.py", "import click", "click"),
        ("protocol/x.py", "import socket", "socket"),
        ("protocol/x.py", "from client_py.core.peer import link", "client_py.core.peer.link"),
        ("protocol/x.py", "from signaling.app import app", "signaling.app"),
        ("signaling/x.py", "import client_py", "client_py"),
        ("signaling/x.py", "from js import document", "js"),
        ("signaling/deep/x.py", "def f():\n    from pyodide.ffi import create_proxy", "pyodide.ffi"),
        ("client_py/x.py", "import protocol.codec", "protocol.codec"),
        ("client_py/ports/x.py", "from client_py.core.peer.link import Link", "client_py.core.peer.link"),
        ("client_py/ports/x.py", "from ..core.peer import link", "client_py.core.peer.link"),
        ("client_py/core/x.py", "import time as clock", "time"),
        ("client_py/core/x.py", "from asyncio import Queue", "asyncio"),
        ("client_py/core/x.py", "import os.path", "os.path"),
        ("client_py/core/x.py", "import segno", "segno"),
        ("client_py/core/x.py", "from .. import ports", "client_py.ports"),
        ("client_py/core/x.py", "from ..ports.time import Clock", "client_py.ports.time"),
        ("client_py/core/conversation/x.py", "from client_py.core.peer.link import Link", "client_py.core.peer.link"),
        ("client_py/core/conversation/x.py", "from client_py.core import room", "client_py.core.room"),
        ("client_py/core/peer/x.py", "from client_py.core.conversation import items", "client_py.core.conversation"),
        ("client_py/core/server/x.py", "from client_py.core.peer.link import Link", "client_py.core.peer.link"),
        ("client_py/core/channels.py", "from client_py.core.peer.link import Link", "client_py.core.peer.link"),
        ("client_py/core/__init__.py", "from ..ui import page", "client_py.ui.page"),
        ("client_py/core/deep/x.py", "from ...ui.page import Page", "client_py.ui.page"),
        ("client_py/core/x.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import js", "js"),
        ("client_py/drivers/x.py", "from client_py.ui import page", "client_py.ui.page"),
        ("client_py/drivers/x.py", "import js", "js"),
        ("client_py/browser/x.py", "from client_py.core.peer import link", "client_py.core.peer.link"),
        ("client_py/browser/x.py", "import protocol.codec", "protocol.codec"),
        ("signaling/accounts/x.py", "from signaling.rooms import registry", "signaling.rooms.registry"),
        ("signaling/accounts/x.py", "from signaling import app", "signaling.app"),
        ("signaling/configuration/x.py", "from signaling.accounts.store import X", "signaling.accounts.store"),
        ("signaling/http/x.py", "from signaling.rooms import registry", "signaling.rooms.registry"),
        ("signaling/monitoring/x.py", "from signaling.rooms import registry", "signaling.rooms.registry"),
        ("signaling/rooms/x.py", "from ..cluster import spanning_rooms", "signaling.cluster.spanning_rooms"),
        ("signaling/rooms/x.py", "from signaling.http import responses", "signaling.http.responses"),
        ("signaling/rooms/x.py", "import signaling.sockets.keepalive", "signaling.sockets.keepalive"),
        ("signaling/rooms/registry.py", "import asyncio", "asyncio"),
        ("signaling/rooms/registry.py", "from . import effects_driver", "signaling.rooms.effects_driver"),
        ("signaling/rooms/effects.py", "from signaling.monitoring.logs import log", "signaling.monitoring.logs"),
        ("signaling/cluster/remote_connections.py", "import redis", "redis"),
        ("signaling/cluster/spanning_rooms.py", "import time", "time"),
        ("signaling/sockets/x.py", "from signaling.rooms import registry", "signaling.rooms.registry"),
        ("signaling/storage/x.py", "from signaling.accounts import store", "signaling.accounts.store"),
        ("signaling/sessions/session.py", "import starlette", "starlette"),
        ("signaling/errors.py", "import starlette", "starlette"),
        ("signaling/site/loading.py", "from signaling.app import app", "signaling.app"),
        ("signaling/site/target.py", "import starlette", "starlette"),
        ("client_py/ui/x.py", "from client_py.drivers import link", "client_py.drivers"),
        ("client_py/ui/x.py", "from pyodide.ffi import JsProxy", "pyodide.ffi"),
        ("client_py/ui/x.py", "from client_py.application import Application", "client_py.application"),
        ("client_py/application.py", "import js", "js"),
        ("client_py/application.py", "from client_py.browser.interop import log_failure", "client_py.browser.interop"),
        ("client_py/application.py", "from client_py.app import App", "client_py.app"),
        ("client_py/app.py", "from signaling import app", "signaling.app"),
        ("client_py/app.py", "import starlette", "starlette"),
    ],
)
def test_layers_refuse_import(tmp_path: Path, path: str, source: str, target: str) -> None:
    """A planted violation is found, and named by its full name, however the import is written."""
    plant(tmp_path, path, source)
    [violation] = violations(tmp_path)
    assert violation.startswith(f"{path}:")
    assert violation.endswith(f" {target}")


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("protocol/x.py", "import json\nfrom .codec import decode"),
        ("signaling/x.py", "import asyncio\nimport starlette\nfrom protocol import codec\nfrom . import app"),
        (
            "client_py/ports/x.py",
            "from typing import Protocol\nfrom protocol.codec import decode\nfrom .time import Clock",
        ),
        ("signaling/rooms/effects_driver.py", "import asyncio\nfrom .registry import Rooms"),
        ("signaling/cluster/spanning_rooms.py", "import msgspec\nfrom signaling.rooms.registry import Rooms"),
        ("signaling/sessions/x.py", "import starlette\nfrom signaling.accounts import store"),
        ("client_py/core/x.py", "import enum\nfrom . import link\nfrom protocol import codec"),
        ("client_py/drivers/x.py", "import asyncio\nfrom client_py import ports\nfrom ..core.link import Link"),
        ("client_py/browser/x.py", "import js\nfrom pyodide.ffi import create_proxy\nfrom .. import ports"),
        ("client_py/browser/y.py", "from protocol.webrtc import Candidate"),
        ("client_py/ui/x.py", "import segno\nfrom client_py.core import link"),
        ("client_py/application.py", "from .core import room\nfrom .drivers import link\nfrom .ui import page"),
        ("client_py/app.py", "import js\nfrom client_py import core, ports\nfrom .ui.page import Page"),
    ],
)
def test_layers_admit_import(tmp_path: Path, path: str, source: str) -> None:
    """What the table allows is not refused."""
    plant(tmp_path, path, source)
    assert violations(tmp_path) == []


def test_files_name_no_registry() -> None:
    """Where packages come from is settled by each machine, not by a file of ours."""
    offenders = [
        f"{path}: {host}"
        for path in project_files()
        for host in REGISTRY_HOSTS
        if host.encode() in (ROOT / path).read_bytes().lower()
    ]
    assert offenders == []


def test_static_files_load_nothing_from_elsewhere() -> None:
    """The page works without the rest of the internet, and tells nobody else that it was opened."""
    pages = [path for path in project_files() if path.parts[0] == "static" and path.suffix in {".js", ".html", ".css"}]
    assert [f"{path}: {origin}" for path in pages for origin in foreign_origins((ROOT / path).read_text("utf-8"))] == []


@pytest.mark.parametrize(
    "text",
    [
        'import { loadPyodide } from "https://cdn.example/pyodide.mjs";',
        "fetch('//cdn.example/x')",
        "new WebSocket(`wss://other.example/ws`)",
        "body { background: url(http://cdn.example/x.png) }",
    ],
)
def test_foreign_origin_is_found(text: str) -> None:
    """A planted address of another origin is found."""
    assert foreign_origins(text)


@pytest.mark.parametrize(
    "text",
    [
        "// https://www.w3.org/TR/webrtc/ says why",
        'document.createElementNS("http://www.w3.org/2000/svg", "svg")',
        "import('/static/bootstrap.js')",
        "new WebSocket(`${scheme}//${location.host}/ws`)",
    ],
)
def test_own_origin_is_let_be(text: str) -> None:
    """Comments, XML vocabularies and addresses of our own are no offence."""
    assert foreign_origins(text) == []
