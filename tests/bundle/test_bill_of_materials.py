"""The bill of materials fits its schema, and names all that somebody gets who installs the wheel."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from bundle.bill_of_materials import BILL, SERVE_LOCK, bill_of, main
from bundle.pyodide import pinned
from tests.project import ROOT

WHEEL = "p2p_chat-1.2.3-py3-none-any.whl"


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    """The bill of a wheel with today's pins."""
    read: dict[str, Any] = json.loads(bill_of(WHEEL))
    return read


def test_bill_fits_schema(bill: dict[str, Any]) -> None:
    """A scanner can read it."""
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None


def test_bill_is_of_the_wheel(bill: dict[str, Any]) -> None:
    """It says of which release it is, and that everything in it belongs to that."""
    assert bill["metadata"]["component"]["purl"] == "pkg:pypi/p2p-chat@1.2.3"
    [needs] = [each for each in bill["dependencies"] if each["ref"] == "p2p-chat"]
    assert sorted(needs["dependsOn"]) == sorted(each["bom-ref"] for each in bill["components"])


def test_bill_names_every_package(bill: dict[str, Any]) -> None:
    """Each pin of the lock file is there in its version."""
    pins = [line.split()[0] for line in SERVE_LOCK.read_text(encoding="utf-8").splitlines() if line[:1].isalnum()]
    named = [f"{each['name']}=={each['version']}" for each in bill["components"] if "pkg:pypi" in each["purl"]]
    assert sorted(named) == sorted(pins)


def test_package_of_some_systems_is_optional(bill: dict[str, Any]) -> None:
    """As tzdata, which is for Windows: a hole in it concerns nobody else."""
    scopes = {each["name"]: each["scope"] for each in bill["components"] if "scope" in each}
    assert (scopes["tzdata"], scopes["starlette"]) == ("optional", "required")


def test_bill_names_the_runtime(bill: dict[str, Any]) -> None:
    """Pyodide is in the wheel itself, so it is named too, with the hash of what npm was asked for."""
    [runtime] = [each for each in bill["components"] if each["purl"].startswith("pkg:npm/pyodide@")]
    version, integrity = pinned(ROOT).split()
    [digest] = runtime["hashes"]
    assert (runtime["version"], digest["alg"]) == (version, "SHA-512")
    assert base64.b64encode(bytes.fromhex(digest["content"])).decode() == integrity.removeprefix("sha512-")


def test_bill_stands_beside_the_wheel(tmp_path: Path) -> None:
    """The bill is of the wheel that was built last, and what uploads the folder takes both."""
    (tmp_path / "p2p_chat-1.2.2-py3-none-any.whl").touch()
    os.utime(tmp_path / "p2p_chat-1.2.2-py3-none-any.whl", (1, 1))
    (tmp_path / WHEEL).touch()
    assert main(tmp_path) == 0
    assert json.loads((tmp_path / BILL).read_text(encoding="utf-8"))["metadata"]["component"]["version"] == "1.2.3"


def test_missing_wheel_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing written is no success."""
    assert main(tmp_path) == 1
    assert "no wheel" in capsys.readouterr().err
