"""In which browsers a test runs.

In both, where it is about what each of them does in its own way. Where it is about what our code does in either of
them, `make test` takes the one, and `make e2e-long` the other.
"""

from __future__ import annotations

from typing import Any

import pytest


def later(*values: object, name: str | None = None) -> Any:
    """Leave a case of a parametrized test to `make e2e-long`."""
    return pytest.param(*values, marks=pytest.mark.long, id=name)


IN_BOTH = pytest.mark.parametrize("kind", ["chromium", "firefox"])
CHROMIUM_FIRST = pytest.mark.parametrize("kind", ["chromium", later("firefox")])
FIREFOX_FIRST = pytest.mark.parametrize("kind", ["firefox", later("chromium")])
