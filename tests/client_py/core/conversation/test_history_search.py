from __future__ import annotations

import pytest

from client_py.core.conversation.delivery import Direction
from client_py.core.conversation.history_search import answers, search_words
from client_py.core.conversation.items import Item, Text

THEIRS = Item("theirs", Direction.INCOMING, "ben", Text("Grüße aus\nder Straße"), 1_700_000_000.0)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("grüße", True),
        ("STRASSE grü", True),
        ("aus der", True),
        ("der  aus ", True),
        ("rüß", True),
        ("grüße hello", False),
        ("gruse", False),
    ],
)
def test_search_finds_a_message_that_has_all_the_words(query: str, found: bool) -> None:  # noqa: FBT001 - a case
    """Words are looked for in any order and case, also as parts of longer ones and across lines."""
    assert answers(THEIRS, search_words(query)) is found


@pytest.mark.parametrize("query", ["", " ", "\n\t"])
def test_search_for_nothing_has_no_words(query: str) -> None:
    """White space alone asks for nothing."""
    assert search_words(query) == ()
