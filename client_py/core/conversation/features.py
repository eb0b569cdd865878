"""Decides what may be sent to a device, by what it has said of itself on the channel in use."""

from __future__ import annotations

from dataclasses import dataclass

from client_py.core.conversation.items import FEATURES, TEXT, feature_of
from client_py.core.frames import FIRST_VERSION_WITH_ITEMS, VERSION


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a device takes. Before it has said anything, that is what every page takes: text."""

    version: int = 1
    features: frozenset[str] = frozenset()
    """Those that it has named."""

    @property
    def names(self) -> tuple[str, ...]:
        """The features, in an order."""
        return tuple(sorted(self.features))

    @property
    def has_items(self) -> bool:
        """Whether it takes items of any kind, and features."""
        return self.version >= FIRST_VERSION_WITH_ITEMS

    def shared_with(self, version: int, features: frozenset[str]) -> Abilities:
        """Return what both sides can do; of two versions the lower is spoken."""
        return Abilities(min(self.version, version), self.features & features)

    def with_features(self, names: frozenset[str]) -> Abilities:
        """Return the same, with more features."""
        return Abilities(self.version, self.features | names)

    def takes(self, kind: str) -> bool:
        """Tell whether an item of a kind may be sent to it."""
        if not self.has_items:
            return kind == TEXT
        feature = feature_of(kind)
        return feature is None or feature in self.features


PROFILE = "profile"
"""Takes what a person wants to be called."""

OURS = Abilities(VERSION, frozenset({*FEATURES, PROFILE}))
"""What this page can do."""
