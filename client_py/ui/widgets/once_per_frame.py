"""Puts work off until the page is drawn, so that it is done once for all that has happened since."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from client_py.ports.disposal import Dispose
    from client_py.ports.page import Document


class OncePerFrame:
    """Calls `act` before the next frame when asked, however often; until then, `is_due`."""

    def __init__(self, document: Document, act: Callable[[], None]) -> None:
        self.is_due = False
        self._document = document
        self._act = act
        self._call_off: Dispose = lambda: None

    def ask(self) -> None:
        """Have it done before the page is drawn next."""
        if not self.is_due:
            self.is_due = True
            self._call_off = self._document.next_frame(self._draw)

    def dispose(self) -> None:
        """Do nothing more."""
        self._call_off()

    def _draw(self) -> None:
        self.is_due = False
        self._act()
