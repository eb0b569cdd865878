# ruff: noqa: RUF001 - characters that are taken for others are what this is about

from __future__ import annotations

from dataclasses import replace

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
        ("gru\u0308ße", True),
        ("ｄｅｒ", True),
    ],
)
def test_search_finds_a_message_that_has_all_the_words(query: str, found: bool) -> None:  # noqa: FBT001 - a case
    """Words are looked for in any order and case, also as parts of longer ones and across lines."""
    assert answers(THEIRS, search_words(query)) is found


@pytest.mark.parametrize("query", ["CAFÉ", "don't", "don’t cafe\u0301"])
def test_search_finds_what_looks_the_same(query: str) -> None:
    """However the message and the query are written."""
    written = replace(THEIRS, body=Text("Ｄｏｎ’ｔ go to the cafe\u0301"))
    assert answers(written, search_words(query))


@pytest.mark.parametrize("query", ["", " ", "\n\t"])
def test_search_for_nothing_has_no_words(query: str) -> None:
    """White space alone asks for nothing."""
    assert search_words(query) == ()
