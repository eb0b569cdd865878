"""Decides below which path of its host a site stands, and which of its own paths a request means. No I/O."""

from __future__ import annotations

import re
from collections.abc import Collection

TOP = "/"
BASE_PATH = re.compile(r"/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*/)*")


def normal_base_path(text: str) -> str | None:
    """Return a path with a slash at both ends; None if it has characters that some browser or proxy rewrites."""
    path = f"/{text.strip('/')}/" if text.strip("/") else TOP
    return path if BASE_PATH.fullmatch(path) else None


def own_path(path: str, base: str, tops: Collection[str]) -> str:
    """Return what a path means to a site at a base path, whether or not a proxy has taken the base away.

    `tops` are the first segments of the site's own paths. By them, a room `/chat/kitchen` of a site at `/chat/`, which
    has lost its base on the way, is told from a page of that site.
    """
    rest = path.removeprefix(base)
    is_below = path.startswith(base) and rest.partition("/")[0] in tops
    return f"/{rest}" if is_below else path
