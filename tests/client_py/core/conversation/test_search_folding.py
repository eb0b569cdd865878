# ruff: noqa: RUF001 - characters that are taken for others are what this is about

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.core.conversation.search_folding import MAX_MARKS, PIECE, FoldedText, folded

TEXTS = st.text(st.sampled_from("ab ’é\u0301ßİıﬁＡ한\u1100\u1161\u11a8\u00ad"), max_size=30)

ALIKE = [
    ("café", "cafe\u0301"),
    ("don't", "don’t"),
    ("don't", "DONʼT"),
    ('"so"', "“so”"),
    ("e-mail", "e‑mail"),
    ("e-mail", "E–Mail"),
    ("full width 12", "Ｆｕｌｌ　ｗｉｄｔｈ　１２"),
    ("istanbul", "İstanbul"),
    ("istanbul", "ISTANBUL"),
    ("isparta", "ısparta"),
    ("strasse", "STRAßE"),
    ("file", "ﬁle"),
    ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"),
    ("silbentrennung", "Silben\u00adtrennung"),
    ("no-break space", "no-break\u00a0space"),
]
"""What a person types, and what they look for by it."""


@pytest.mark.parametrize(("typed", "written"), ALIKE)
def test_texts_that_a_person_takes_for_the_same_are_alike(typed: str, written: str) -> None:
    """Whichever way a keyboard, an editor or another language has written them."""
    assert folded(typed) == folded(written)


@pytest.mark.parametrize(("one", "other"), [("cafe", "café"), ("grusse", "grüße"), ("uber", "über"), ("a", "å")])
def test_other_letters_stay_others(one: str, other: str) -> None:
    """An accent makes another letter in many languages."""
    assert folded(one) != folded(other)


@given(TEXTS)
def test_folding_again_changes_nothing(text: str) -> None:
    """So a query may be folded before or after it is cut into words."""
    assert folded(folded(text)) == folded(text)


@given(TEXTS)
def test_every_place_is_known_in_the_original(text: str) -> None:
    """What a place of the folded text was made from folds to something that has it."""
    searched = FoldedText(text)
    for place, character in enumerate(searched.text):
        start, end = searched.span_of(place, place + 1)
        assert character in folded(text[start:end])
    if searched.text:
        assert folded(text[slice(*searched.span_of(0, len(searched.text)))]) == searched.text


@pytest.mark.parametrize("filling", ["x", "ß", "e\u0301", "İ"])
def test_place_is_found_far_inside_a_long_text(filling: str) -> None:
    """Also after many pieces, where the lengths have long ceased to be the same."""
    text = filling * 3 * PIECE + "Nadel" + filling * PIECE
    searched = FoldedText(text)
    place = searched.text.index("nadel")
    start, end = searched.span_of(place, place + 5)
    assert text[start:end] == "Nadel"


@pytest.mark.parametrize("shift", range(3))
@pytest.mark.parametrize("text", ["e\u0301", "\u1112\u1161\u11ab", "\u09c7\u09be", "か\u3099"])
def test_letters_are_composed_wherever_a_piece_ends(text: str, shift: int) -> None:
    """A text is folded in pieces, of which none begins in the middle of a letter."""
    assert folded("ß" * (PIECE - shift) + text).endswith(folded(text))
    assert len(folded(text)) == 1


def test_marks_are_put_in_order_few_at_a_time() -> None:
    """The time that takes grows with the square of their number: all those of a hostile message would take minutes."""
    searched = FoldedText("a" + "\u0301\u0316" * 5_000)
    assert searched.text == folded(searched.original)
    places = [searched.span_of(place, place + 1) for place in range(len(searched.text))]
    assert max(end - start for start, end in places) <= PIECE + MAX_MARKS
