from __future__ import annotations

import pytest

from client_py.core.conversation.display_names import MAX_DISPLAY_NAME_CHARACTERS, display_name_of, look_alike


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Ann", "Ann"),
        ("  Ann \n\t Marie ", "Ann Marie"),
        ("A\u030angstro\u0308m", "Ångström"),
        ("نوال", "نوال"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # noqa: RUF001 - Persian
        ("👩\u200d🚀 Ann", "👩\u200d🚀 Ann"),
        ("ann\u202egnp.exe", "anngnp.exe"),
        ("a\u0000n\u0007n", "ann"),
        ("a\u0301\u0301\u0301\u0301\u0301\u0301\u0301", "á\u0301\u0301\u0301\u0301"),
        ("\u3164\u2800\u115f", ""),
        ("\u200d\u200c", ""),
        ("...", ""),
        ("   ", ""),
        ("", ""),
        ("x" * 1_000, "x" * MAX_DISPLAY_NAME_CHARACTERS),
        ("x" * 39 + " yz", "x" * 39),
    ],
)
def test_display_name_is_cut_and_cleaned(typed: str, shown: str) -> None:
    """Whatever comes, what is shown is one short line of letters, or nothing."""
    assert display_name_of(typed) == shown
    assert display_name_of(shown) == shown


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("ben", "Ben"),
        ("ben", "bеn"),  # noqa: RUF001 - a Cyrillic letter
        ("ben", "b.e.n"),
        ("ben", "ben\u200d"),
        ("bén", "ben"),
        ("Ian", "lan"),
        ("bill", "bi11"),
        ("max", "rnax"),
        ("willow", "vvillow"),
        ("anna", "αnna"),  # noqa: RUF001 - a Greek alpha
        ("Зоя", "зоя"),
    ],
)
def test_names_look_alike(name: str, other: str) -> None:
    """What a glance takes for the same is the same."""
    assert look_alike(name, other)
    assert look_alike(other, name)


@pytest.mark.parametrize(("name", "other"), [("ben", "bea"), ("ann", "anna"), ("李", "王"), ("zoe", "зоя")])
def test_names_are_told_apart(name: str, other: str) -> None:
    """Names of different people stay different."""
    assert not look_alike(name, other)
