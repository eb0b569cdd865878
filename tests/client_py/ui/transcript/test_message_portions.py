from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.ui.transcript.hyperlinks import split_links
from client_py.ui.transcript.message_portions import PORTION_CHARACTERS, PORTION_LINES, Portion, cut_into_portions

LINK = "https://example.org/page"
RUNS = st.tuples(
    st.sampled_from(["a", "\n", "a\n", "é ", "\n\n b", f" {LINK} "]), st.integers(1, 2 * PORTION_CHARACTERS)
)
TEXTS = st.lists(RUNS, max_size=5).map(lambda runs: "".join(text * count for text, count in runs))


def portions_of(text: str) -> list[Portion]:
    """Return the portions of a message."""
    return list(cut_into_portions(split_links(text)))


def texts_of(text: str) -> list[str]:
    """Return them as text."""
    return ["".join(part.text for part in portion.parts) for portion in portions_of(text)]


@given(TEXTS)
def test_portions_joined_are_the_text(text: str) -> None:
    """Nothing of it is lost, added or moved, and no portion is empty."""
    texts = texts_of(text)
    assert "".join(texts) == text
    assert all(texts)
    assert [portion.length for portion in portions_of(text)] == list(map(len, texts))


@given(TEXTS)
def test_portions_are_bounded(text: str) -> None:
    """In characters and in lines, where no link is longer than a portion."""
    assert all(
        len(portion) <= PORTION_CHARACTERS and portion.count("\n") <= PORTION_LINES for portion in texts_of(text)
    )


@pytest.mark.parametrize("line", ["a\n", "\n", "שלום\n", "word " * 100 + "\n"])
def test_portions_end_with_a_line(line: str) -> None:
    """Each can be laid out by itself, and looks as if it were not."""
    *portions, _ = portions_of(line * 1_000)
    assert portions
    assert all(portion.ends_line for portion in portions)


def test_line_that_is_too_long_is_cut() -> None:
    """What follows such a portion belongs to the same line."""
    portions = portions_of("x" * (PORTION_CHARACTERS + 1) + "\n" + "y" * PORTION_CHARACTERS)
    told = [(portion.length, portion.ends_line) for portion in portions]
    assert told == [(PORTION_CHARACTERS, False), (2, True), (PORTION_CHARACTERS, False)]


@pytest.mark.parametrize("before", [PORTION_CHARACTERS - 30, PORTION_CHARACTERS - 5, PORTION_CHARACTERS])
def test_link_stays_whole(before: int) -> None:
    """Cut in two, its first half would lead elsewhere."""
    portions = portions_of("x" * (before - 1) + f" {LINK} and more")
    assert [part.text for portion in portions for part in portion.parts if part.is_link] == [LINK]


def test_link_that_is_longer_than_a_portion_is_one() -> None:
    """It is one line."""
    link = "https://example.org/" + "x" * (2 * PORTION_CHARACTERS)
    assert texts_of(f"see {link} there") == ["see ", link, " there"]
