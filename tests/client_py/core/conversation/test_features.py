from __future__ import annotations

import pytest

from client_py.core.conversation.features import Abilities


@pytest.mark.parametrize(
    ("abilities", "taken"),
    [
        (Abilities(), {"text"}),
        (Abilities(1, frozenset({"reaction"})), {"text"}),
        (Abilities(2), {"text", "unheard-of"}),
        (Abilities(2, frozenset({"reaction"})), {"text", "unheard-of", "reaction"}),
        (Abilities(3, frozenset({"something"})), {"text", "unheard-of"}),
    ],
)
def test_device_takes_what_it_has_named(abilities: Abilities, taken: set[str]) -> None:
    """A kind that needs a feature waits for a page that names it; any other goes to all but an old page."""
    assert {kind for kind in ("text", "reaction", "unheard-of") if abilities.takes(kind)} == taken
