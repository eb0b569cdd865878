from __future__ import annotations

import pytest

from client_py.ui.text_direction import LOOKED_AT, MANY_LINES, direction_of

MANY = "\n" * MANY_LINES


@pytest.mark.parametrize("text", ["hello", "שלום", "hello\nאבג", "12:30 مرحبا", "hello" + MANY[1:]])
def test_lines_have_their_own_directions(text: str) -> None:
    """The browser finds them."""
    assert direction_of(text) == "auto"


@pytest.mark.parametrize("text", ["", "12:30 🍅 \n", MANY])
def test_text_without_a_letter_has_no_direction(text: str) -> None:
    """It follows the page."""
    assert direction_of(text) is None


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("hello", "ltr"),
        ("שלום", "rtl"),
        ("مرحبا hello", "rtl"),
        ("hello مرحبا", "ltr"),
        ("12:30, (…) – مرحبا", "rtl"),
        ("\n\n\tאבג\nhello", "rtl"),
    ],
)
def test_first_letter_decides_for_many_lines(text: str, direction: str) -> None:
    """What is neither of the two directions is passed over, as digits and punctuation are."""
    assert direction_of(text + MANY) == direction


def test_only_the_beginning_is_looked_at() -> None:
    """A text of 256 KiB that shows no direction costs no more than a short one."""
    assert direction_of(" " * (LOOKED_AT - 1) + "ש") == "auto"
    assert direction_of(" " * LOOKED_AT + "ש") is None
