"""Keeps the preferences of whoever is signed in, in localStorage, where every tab reads and writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from client_py.core.preferences import Preferences, format_appearance, format_preferences, parse_preferences
from client_py.ports.storage import Store

PREFERENCES_KEY = "p2pchat.preferences:"
"""Where they stand in localStorage, with whose they are after it."""
APPEARANCE_KEY = "p2pchat.appearance"
"""What of them shows before it is known who is signed in; static/before-paint.js reads it."""


class PreferenceStorage:
    """The preferences of one person after the other; `show` is told whenever they change, here or in another tab."""

    def __init__(self, store: Store, show: Callable[[Preferences], None]) -> None:
        self._store = store
        self._show = show
        self._username = ""
        self.current = Preferences()
        """Those of who is signed in; where nobody is, what holds as long as nothing is chosen."""

    def load(self, username: str) -> None:
        """Read this person's preferences."""
        if self._username != username:
            self._username = username
            self._take(self._kept)

    def unload(self) -> None:
        """Let go of them: nobody is signed in any more. The page keeps its looks."""
        self._username = ""
        self.current = Preferences()

    def change(self, **choices: Any) -> None:
        """Choose some of them anew, by the names of their fields; another tab may have chosen others meanwhile."""
        if self._username:
            preferences = replace(self._kept, **choices)
            self._store.put(PREFERENCES_KEY + self._username, format_preferences(preferences))
            self._take(preferences)

    def follow(self) -> None:
        """Take over what another tab has chosen."""
        if self._username and self._kept != self.current:
            self._take(self._kept)

    @property
    def _kept(self) -> Preferences:
        return parse_preferences(self._store.get(PREFERENCES_KEY + self._username))

    def _take(self, preferences: Preferences) -> None:
        self.current = preferences
        self._store.put(APPEARANCE_KEY, format_appearance(preferences))
        self._show(preferences)
