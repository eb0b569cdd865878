# ruff: noqa: RUF001 - characters that are taken for others are what this is about

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.ui.room.search_excerpts import MAX_MARKED, split_matches

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


def test_few_matches_are_marked() -> None:
    """A letter that stands everywhere would have the page make an element for each."""
    pieces = list(split_matches("a " * 100, "a"))
    assert sum(piece.is_match for piece in pieces) == MAX_MARKED
    assert "".join(piece.text for piece in pieces) == "a " * 100
