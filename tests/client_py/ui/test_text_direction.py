from __future__ import annotations

import pytest

from client_py.ui.text_direction import LOOKED_AT, direction_of


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("hello", "ltr"),
        ("שלום", "rtl"),
        ("مرحبا hello", "rtl"),
        ("hello مرحبا", "ltr"),
        ("12:30, (…) – مرحبا", "rtl"),
        ("\n\n\tאבג\nhello", "rtl"),
        ("", None),
        ("12:30 🍅 \n", None),
    ],
)
def test_first_letter_decides(text: str, direction: str | None) -> None:
    """What is neither of the two directions is passed over, as digits and punctuation are."""
    assert direction_of(text) == direction


def test_only_the_beginning_is_looked_at() -> None:
    """A text of 256 KiB that shows no direction costs no more than a short one."""
    assert direction_of("\n" * (LOOKED_AT - 1) + "ש") == "rtl"
    assert direction_of("\n" * LOOKED_AT + "ש") is None
