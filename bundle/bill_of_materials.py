"""Writes what the wheel in a folder is made of, as a CycloneDX bill of materials (ECMA-424) beside it.

Run as `python -m bundle.bill_of_materials FOLDER`, after the wheel was built.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Iterator
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.utils import parse_wheel_filename
from pip_requirements_parser import RequirementsFile  # type: ignore[import-untyped]  # it has no types

from bundle.pyodide import ROOT, pinned

BILL = "p2p_chat.cdx.json"
"""Scanners know such a file by the end of its name (CycloneDX, "Recognized file patterns"); it has no version in it, so
that a workflow can name it."""
SERVE_LOCK = ROOT / "requirements" / "serve.lock"


def bill_of(wheel: str, lock: Path = SERVE_LOCK) -> str:
    """Return the bill of materials of the wheel with this file name, as JSON.

    It lists what an installation by the lock file brings, and the Pyodide runtime that the wheel itself contains, which
    no scanner of Python packages would find.
    """
    name, version, _, _ = parse_wheel_filename(wheel)
    root = Component(
        name=name,
        version=str(version),
        type=ComponentType.APPLICATION,
        purl=PackageURL("pypi", None, name, str(version)),
        bom_ref=name,
    )
    bom = Bom(components=[*locked_components(lock), runtime_component()])
    bom.metadata.component = root
    bom.register_dependency(root, bom.components)
    return str(JsonV1Dot6(bom).output_as_string(indent=2)) + "\n"


def locked_components(lock: Path) -> Iterator[Component]:
    """Yield the packages of a lock file. One that only some platforms need is optional."""
    for requirement in RequirementsFile.from_file(str(lock)).requirements:
        name, version = requirement.name, requirement.get_pinned_version
        yield Component(
            name=name,
            version=version,
            type=ComponentType.LIBRARY,
            purl=PackageURL("pypi", None, name, version),
            bom_ref=f"pypi:{name}=={version}",  # a name may be there twice, for different Pythons
            scope=ComponentScope.OPTIONAL if requirement.marker else ComponentScope.REQUIRED,
        )


def runtime_component() -> Component:
    """Return the Pyodide runtime, with the hash that npm knows it by."""
    version, integrity = pinned(ROOT).split()
    digest = base64.b64decode(integrity.removeprefix("sha512-"), validate=True)
    return Component(
        name="pyodide",
        version=version,
        type=ComponentType.LIBRARY,
        purl=PackageURL("npm", None, "pyodide", version),
        bom_ref="npm:pyodide",
        hashes=[HashType(alg=HashAlgorithm.SHA_512, content=digest.hex())],
    )


def main(folder: Path) -> int:
    """Write the bill of the newest wheel in the folder; return 1 where there is none."""
    wheels = sorted(folder.glob("*.whl"), key=lambda wheel: wheel.stat().st_mtime_ns)
    if not wheels:
        sys.stderr.write(f"There is no wheel in {folder}.\n")
        return 1
    (folder / BILL).write_text(bill_of(wheels[-1].name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
