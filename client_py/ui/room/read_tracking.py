"""Tells the room whether its newest message is before the person's eyes."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from client_py.ports.page import Document
    from client_py.ui.actions import RoomActions


class ReadTracking:
    """Reading is a page that is seen and a transcript at its end; only changes are told, and the first is to yes."""

    def __init__(self, document: Document, at_end: Callable[[], bool], actions: RoomActions) -> None:
        self._document = document
        self._at_end = at_end
        self._actions = actions
        self._told = False
        self.glances = 0
        """How often the person has begun to read."""
        self._listeners = ExitStack()
        for event in ("visibilitychange", "focus", "blur"):
            self._listeners.callback(document.on(event, lambda _event: self.look()))

    @property
    def is_reading(self) -> bool:
        """Whether the person was reading when that was looked at last."""
        return self._told

    def look(self) -> None:
        """Look again, and tell if it is otherwise."""
        reading = self._document.visible and self._at_end()
        if reading is not self._told:
            self._told = reading
            self.glances += reading
            self._actions.reading_changed(reading)

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()
