from __future__ import annotations

import pytest

from client_py.core.preferences import HUES
from client_py.core.shown_names import MAX_KNOWN, ShownName, ShownNames


def names(**wishes: str) -> ShownNames:
    """Return the names of a room that ada is in, with ben and cleo."""
    known = ShownNames("ada")
    known.note(["ben", "cleo"])
    for account, name in wishes.items():
        known.learn(account, name, 3)
    return known


def test_person_is_called_by_their_account_until_they_want_otherwise() -> None:
    """And again once they want nothing any more."""
    known = names(ben="Benjamin B.")
    assert (known.of("ben"), known.of("cleo"), known.of("dan")) == (
        ShownName("Benjamin B."),
        ShownName("cleo"),
        ShownName("dan"),
    )
    known.learn("ben", "", 0)
    assert known.of("ben") == ShownName("ben")


def test_own_name_in_another_form_is_no_others() -> None:
    """A capital is what many want."""
    assert names(ben="Ben").of("ben") == ShownName("Ben")


@pytest.mark.parametrize("name", ["Cleo", "cl.eo", "c1eo", "ADA", "аda"])  # noqa: RUF001 - a Cyrillic letter
def test_name_that_looks_like_anothers_is_shown_with_the_account(name: str) -> None:
    """Of somebody in the room, or one's own."""
    assert names(ben=name).of("ben") == ShownName(name, "ben")


def test_name_that_looks_like_what_another_is_called_is_shown_with_the_account() -> None:
    """With both, since nobody can tell who had it first; and also where it is what one is called oneself."""
    known = names(ben="The Gardener", cleo="the gardener")
    assert known.of("ben") == ShownName("The Gardener", "ben")
    assert known.of("cleo") == ShownName("the gardener", "cleo")
    known = names(ben="Countess")
    known.call_self("Countess!")
    assert known.of("ben") == ShownName("Countess", "ben")


def test_colour_is_one_that_the_page_has() -> None:
    """Another page may have more."""
    known = names(ben="Ben")
    assert (known.hue_of("ben"), known.hue_of("cleo"), known.hue_of("dan")) == (3, 0, 0)
    known.learn("ben", "Ben", HUES + 1)
    assert known.hue_of("ben") == 0


def test_names_are_bounded() -> None:
    """Somebody may come again and again under another account; one's own name is not forgotten."""
    known = names()
    known.call_self("Countess")
    for number in range(2 * MAX_KNOWN):
        known.learn(f"guest{number}", "Countess", 1)
    assert known.of("guest0") == ShownName("guest0")
    assert known.of(f"guest{2 * MAX_KNOWN - 1}") == ShownName("Countess", f"guest{2 * MAX_KNOWN - 1}")
    assert len(known._wishes) <= MAX_KNOWN
