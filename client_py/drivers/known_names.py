"""Keeps what others want to be called, for as long as messages are kept: so they are called while they are away."""

from __future__ import annotations

from collections.abc import Mapping

from client_py.core.known_names import KnownName, format_names, parse_names, with_name
from client_py.drivers.retention import wishes_to_keep
from client_py.ports.storage import Store

NAMES_KEY = "p2pchat.names:"
"""Where they stand in localStorage, with who knows them after it; no tab has a copy of them."""


class KnownNames:
    """The names that the people of this browser know."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def of(self, account: str) -> Mapping[str, KnownName]:
        """Return what somebody knows of others."""
        return parse_names(self._store.get(NAMES_KEY + account))

    def learn(self, account: str, other: str, known: KnownName) -> None:
        """Remember what somebody has said, unless nothing is to be kept."""
        if wishes_to_keep(self._store, account):
            self._store.put(NAMES_KEY + account, format_names(with_name(self.of(account), other, known)))

    def forget(self, account: str) -> None:
        """Forget what somebody knows of others: nothing is to be kept any more."""
        self._store.remove(NAMES_KEY + account)
