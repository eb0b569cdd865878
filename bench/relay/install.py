"""Installs the servers that ours is measured beside: from npm and PyPI, as their lock files say, into `build/`."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from bundle.npm import install_packages

PEERS = Path(__file__).with_name("peers")
FOLDER = PEERS.parents[2] / "build" / "bench-relay"
MODULES = FOLDER / "node_modules"
PYTHON = FOLDER / "venv" / "bin" / "python"
REQUIREMENTS = "requirements.lock"


def install() -> None:
    """Install what is not there yet in the versions of the lock files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in PEERS.iterdir():
        if path.suffix in {".py", ".mjs"}:
            shutil.copy(path, FOLDER)  # beside what they import
    install_packages(PEERS, FOLDER)
    if not _is_current():
        _install_from_pypi()


def bun() -> Path | None:
    """Return Bun's program, which npm installs as an optional dependency of the package; None if it has none here."""
    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system(), "")
    machine = {"x86_64": "x64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    program = MODULES / "@oven" / f"bun-{system}-{machine}" / "bin" / "bun"
    return program if program.exists() else None


def _install_from_pypi() -> None:
    venv.create(FOLDER / "venv", with_pip=True, clear=True)
    locked = FOLDER / REQUIREMENTS
    pip = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--quiet",
        "--require-hashes",
        "--no-deps",
    ]
    subprocess.run([*pip, "-r", str(PEERS / REQUIREMENTS)], check=True, stdout=sys.stderr)  # noqa: S603 - pip
    shutil.copy(PEERS / REQUIREMENTS, locked)


def _is_current() -> bool:
    copy = FOLDER / REQUIREMENTS
    return copy.exists() and copy.read_bytes() == (PEERS / REQUIREMENTS).read_bytes()
