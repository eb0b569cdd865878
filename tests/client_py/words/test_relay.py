from __future__ import annotations

import pytest

from client_py.core.peer.ice_servers import RelayChoice
from client_py.words.phrases import Phrase
from client_py.words.relay import DIRECT, IN_VAIN, NOT_OFFERED, RELAYED, relay_hint


@pytest.mark.parametrize(
    ("choice", "phrase"),
    [
        (RelayChoice(only=False), DIRECT),
        (RelayChoice(only=False, offered=False), NOT_OFFERED),
        (RelayChoice(only=True, offered=True), RELAYED),
        (RelayChoice(only=True, offered=False), IN_VAIN),
    ],
)
def test_choice_says_what_it_means(choice: RelayChoice, phrase: Phrase) -> None:
    """It depends on what the server offers."""
    assert relay_hint(choice) == phrase
