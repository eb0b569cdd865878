"""What the page keeps by name in the browser's stores, and holds by name as locks, has a name of its own."""

from __future__ import annotations

import ast
from collections import Counter

from tests.project import ROOT

PREFIX = "p2pchat."


def test_no_two_things_have_one_name() -> None:
    """Each would take the other for spoilt, and write over it."""
    names = Counter(
        node.value.value
        for path in (ROOT / "client_py").rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        and node.value.value.startswith(PREFIX)
        and node.value.value != PREFIX
    )
    assert len(names) > 10
    assert [name for name, count in names.items() if count > 1] == []
