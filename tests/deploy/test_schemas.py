"""What other programs read is what they understand, by the schemas that they publish."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import ROOT

CHECKED = {
    "deploy/compose.yaml": "compose-spec",
    ".github/dependabot.yml": "dependabot",
    ".github/workflows/ci.yml": "github-workflows",
    ".github/workflows/audit.yml": "github-workflows",
    ".github/workflows/pages.yml": "github-workflows",
}
CHECK_SECONDS = 60


def complaints(path: Path, schema: str) -> str:
    """Return what a schema has against a file; nothing where it fits."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
    process = subprocess.run(command, capture_output=True, text=True, check=False, timeout=CHECK_SECONDS)  # noqa: S603
    return "" if process.returncode == 0 else process.stdout + process.stderr


@pytest.mark.parametrize(("name", "schema"), CHECKED.items())
def test_file_fits_its_schema(name: str, schema: str) -> None:
    """The program that reads it knows every key in it, and the kind of its value."""
    assert complaints(ROOT / name, schema) == ""


@pytest.mark.parametrize(("name", "schema"), CHECKED.items())
def test_schema_finds_planted_mistake(tmp_path: Path, name: str, schema: str) -> None:
    """The schema is really asked: a key that nobody knows is a mistake."""
    planted = tmp_path / Path(name).name
    planted.write_text((ROOT / name).read_text(encoding="utf-8") + "\nno-such-key: {}\n", encoding="utf-8")
    assert "no-such-key" in complaints(planted, schema)


def test_every_workflow_is_checked() -> None:
    """A new workflow is checked too."""
    found = {str(path.relative_to(ROOT)) for path in (ROOT / ".github" / "workflows").iterdir()}
    assert found == {name for name in CHECKED if name.startswith(".github/workflows/")}
