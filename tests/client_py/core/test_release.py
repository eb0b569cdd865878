from __future__ import annotations

import tomllib

from client_py.core.release import VERSION, WORKS
from tests.project import ROOT


def test_version_is_that_of_the_package() -> None:
    """People name it when they report something."""
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == VERSION


def test_works_of_others_say_where_they_come_from() -> None:
    """MPL-2.0 §3.2: who has the program is told where its source is."""
    assert all(work.licence for work in WORKS)
    assert all(work.address for work in WORKS[1:])
