"""The Pyodide runtime is brought once, whole, and as pinned; `tests/test_wheel.py` has the rest."""

import json
from pathlib import Path

import pytest

from bundle.pyodide import RUNTIME, install_runtime, is_current, pinned, replace
from tests.project import ROOT

PIN = "1.2.3 sha512-x\n"


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """What npm installs: the runtime, and more than a browser asks for."""
    package = tmp_path / "package"
    package.mkdir()
    for name in (*RUNTIME, "console.html"):
        (package / name).write_text(name, encoding="utf-8")
    return package


def test_runtime_replaces_another_version(tmp_path: Path, package: Path) -> None:
    """What an earlier version left goes; what a browser does not ask for never comes."""
    target = tmp_path / "pyodide"
    target.mkdir()
    (target / "leftover.wasm").touch()
    replace(target, package, PIN)
    assert {path.name for path in target.iterdir()} == {*RUNTIME, "VERSION"}


def test_runtime_is_current_as_pinned(tmp_path: Path, package: Path) -> None:
    """The version that VERSION names is the one that counts."""
    replace(tmp_path / "pyodide", package, PIN)
    assert is_current(tmp_path / "pyodide", PIN)
    assert not is_current(tmp_path / "pyodide", "1.2.4 sha512-y\n")


@pytest.mark.parametrize("name", [*RUNTIME, "VERSION"])
def test_runtime_is_not_current_in_part(tmp_path: Path, package: Path, name: str) -> None:
    """One missing file, and the runtime is brought again."""
    replace(tmp_path / "pyodide", package, PIN)
    (tmp_path / "pyodide" / name).unlink()
    assert not is_current(tmp_path / "pyodide", PIN)


def test_runtime_stays_where_it_is_current(tmp_path: Path, package: Path) -> None:
    """A tree that has its runtime is left alone: this one has no `package.json` for npm to start from."""
    lock = {"packages": {"node_modules/pyodide": {"version": "1.2.3", "integrity": "sha512-x"}}}
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "package-lock.json").write_text(json.dumps(lock), encoding="utf-8")
    replace(tmp_path / "static" / "pyodide", package, PIN)
    install_runtime(tmp_path)
    assert is_current(tmp_path / "static" / "pyodide", PIN)


def test_runtime_of_checkout_is_current() -> None:
    """Set-up brought what the lock file pins."""
    assert is_current(ROOT / "static" / "pyodide", pinned(ROOT))
