"""The release of the page: the one that is running, and the one that its host has by now."""

from __future__ import annotations

from typing import Protocol


class Release(Protocol):
    """The page as its host serves it."""

    @property
    def current(self) -> str:
        """The name of the release that is running."""
        ...

    async def newest(self) -> str | None:
        """Return the name of the one that the page's host serves now; None if that cannot be told just now."""
        ...
