# ruff: noqa: RUF001 - characters that are taken for others are what this is about

from __future__ import annotations

from dataclasses import replace

import pytest

from client_py.core.conversation.delivery import Direction
from client_py.core.conversation.history_search import CUT, LEAD, MAX_EXCERPT, MAX_QUERY, Query
from client_py.core.conversation.items import Item, Text
from client_py.core.conversation.search_folding import folded_pieces

THEIRS = Item("theirs", Direction.INCOMING, "ben", Text("Grüße aus\nder Straße"), 1_700_000_000.0)


def written(text: str) -> Item:
    """Return a message."""
    return replace(THEIRS, body=Text(text))


def excerpt_of(text: str, query: str) -> str:
    """Return what is shown of a message that is found."""
    match = Query(query).match(written(text))
    assert match
    return match.excerpt


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
    assert (Query(query).match(THEIRS) is not None) is found


@pytest.mark.parametrize("query", ["CAFÉ", "don't", "don’t cafe\u0301"])
def test_search_finds_what_looks_the_same(query: str) -> None:
    """However the message and the query are written."""
    assert Query(query).match(written("Ｄｏｎ’ｔ go to the cafe\u0301"))


@pytest.mark.parametrize("query", ["", " ", "\n\t"])
def test_search_for_nothing_has_no_words(query: str) -> None:
    """White space alone asks for nothing."""
    assert Query(query).words == ()


def test_query_is_bounded() -> None:
    """Each word costs a walk through all that was ever said, and one that is there twice costs one."""
    assert Query("x" * 2 * MAX_QUERY).words == ("x" * MAX_QUERY,)
    assert Query("ripe Ripe tomatoes").words == ("ripe", "tomatoes")


def test_excerpt_of_a_short_message_is_the_message() -> None:
    """What is short is not cut."""
    assert excerpt_of("The tomatoes are ripe", "ripe") == "The tomatoes are ripe"


@pytest.mark.parametrize("filling", ["x", "ü", "ß"])
def test_excerpt_begins_a_little_before_the_first_match(filling: str) -> None:
    """In a long message, what was looked for would else be out of sight."""
    excerpt = excerpt_of(filling * 5000 + "tomato" + "y" * 5000, "Tomato")
    assert excerpt == CUT + filling * LEAD + "tomato" + "y" * (MAX_EXCERPT - LEAD - 6) + CUT


def test_excerpt_has_the_whole_query_if_that_stands_anywhere() -> None:
    """Rather than one of its words, though that stands before; else it has the first of the words."""
    text = "ripe" + "x" * 400 + "ripe tomatoes"
    assert excerpt_of(text, "ripe tomatoes").endswith("ripe tomatoes")
    assert excerpt_of(text, "tomatoes ripe") == text[:MAX_EXCERPT] + CUT


def test_excerpt_of_a_long_match_is_bounded() -> None:
    """The longest query fits in, but a letter may have marks without end."""
    query = "z" * MAX_QUERY
    assert query in excerpt_of("x" * 5000 + query + "y" * 5000, query)
    assert len(excerpt_of("a" + "\u0301\u0316" * 5000, "á")) == MAX_EXCERPT + len(CUT)


def test_message_that_was_folded_piece_by_piece_answers_alike() -> None:
    """As it is folded for a search that lets the page go on meanwhile."""
    message = written("ßé" * 5000 + "tomato")
    assert Query("tomato").match(message, tuple(folded_pieces(message.text))) == Query("tomato").match(message)
