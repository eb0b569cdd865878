# ruff: noqa: RUF001 - characters that are taken for others are what this is about

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.ui.room.search_excerpts import CUT, LEAD, MAX_EXCERPT, excerpt_of, split_matches

TEXTS = st.text(st.sampled_from("ab cB(.é\n\u0301ßİ’'\u00ad"), max_size=40)


def marked(text: str, query: str) -> str:
    """Write the matches in brackets."""
    return "".join(f"[{piece.text}]" if piece.is_match else piece.text for piece in split_matches(text, query))


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("The tomatoes are ripe", "tomato", "The [tomato]es are ripe"),
        ("Tomato, tomato", " TOMATO ", "[Tomato], [tomato]"),
        ("a (b) and (b", "(b)", "a [(b)] and (b"),
        ("ripe tomatoes", " ripe tomatoes ", "[ripe tomatoes]"),
        ("tomatoes are ripe", "ripe tomatoes", "[tomatoes] are [ripe]"),
        ("nothing", "else", "nothing"),
        ("nothing", "  ", "nothing"),
        ("", "x", ""),
        ("Im cafe\u0301 dort", "CAFÉ", "Im [cafe\u0301] dort"),
        ("Don’t, I don't", "don't", "[Don’t], I [don't]"),
        ("nach İstanbul", "istanbul", "nach [İstanbul]"),
        ("Ｔｏｍａｔｏ", "tomato", "[Ｔｏｍａｔｏ]"),
        ("ﬁne", "fi ne", "[ﬁ][ne]"),
        ("ßs", "s", "[ß][s]"),
        ("aßb", "as sb", "[aß][b]"),
        ("a\u00adb", "ab", "[a\u00adb]"),
    ],
)
def test_matches_are_marked(text: str, query: str, expected: str) -> None:
    """The query is found as it is, in whatever case; or else its words are."""
    assert marked(text, query) == expected


@given(TEXTS, TEXTS)
def test_pieces_are_the_text(text: str, query: str) -> None:
    """Nothing is lost or added, and no piece is empty."""
    pieces = list(split_matches(text, query))
    assert "".join(piece.text for piece in pieces) == text
    assert all(piece.text for piece in pieces)


def test_excerpt_of_a_short_message_is_the_message() -> None:
    """What is short is not cut."""
    assert excerpt_of("The tomatoes are ripe", "ripe") == "The tomatoes are ripe"


def test_excerpt_begins_a_little_before_the_first_match() -> None:
    """In a long message, what was looked for would else be out of sight."""
    excerpt = excerpt_of("x" * 5000 + "tomato" + "y" * 5000, "Tomato")
    assert excerpt == CUT + "x" * LEAD + "tomato" + "y" * (MAX_EXCERPT - LEAD - 6) + CUT


def test_excerpt_holds_a_long_match_to_its_end() -> None:
    """Who looks for a whole paragraph sees it marked."""
    query = "z" * 1000
    assert excerpt_of(f"before {query} after", query) == f"before {query}{CUT}"


def test_excerpt_without_a_match_is_the_beginning() -> None:
    """The view does not need to know how the history is searched."""
    assert excerpt_of("x" * 400, "y") == "x" * MAX_EXCERPT + CUT
