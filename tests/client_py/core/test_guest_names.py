from __future__ import annotations

import pytest

from client_py.core.guest_names import MAX_NAMES, GuestNames, PersonName, format_names, parse_names

BEN, BEN_TOO, EVE = "Ben~bcdfgh", "ben~23456b", "Eve~zzzzzz"


def test_guest_is_called_by_name_and_not_by_suffix() -> None:
    """An account is called what it is called, and what is no name stays as it is."""
    names = GuestNames()
    assert names.of(BEN) == PersonName("Ben", is_guest=True)
    assert names.of("ada") == PersonName("ada")
    assert names.of("about ~ ten") == PersonName("about ~ ten")


def test_two_guests_of_one_name_are_told_apart() -> None:
    """In whatever case they write it; the first one keeps what they were called, also when they meet again."""
    names = GuestNames()
    names.meet(["ada", BEN, EVE, BEN])
    assert names.of(BEN).number == 1
    names.meet(["ada", BEN, EVE, BEN_TOO])
    assert [names.of(each).number for each in (BEN, BEN_TOO, EVE)] == [1, 2, 1]
    names.meet(["Ben~xxxxxx", BEN_TOO])
    assert names.of("Ben~xxxxxx").number == 1


def test_guest_who_has_an_account_is_called_by_its_name() -> None:
    """The conversation goes on under the name that it has known, and nobody of that name is in the way any more."""
    names = GuestNames()
    assert names.become(BEN, "Benjamin")
    assert not names.become(BEN, "Benjamin")
    assert names.of(BEN) == PersonName("Benjamin")
    names.meet([BEN, BEN_TOO])
    assert names.of(BEN_TOO).number == 1
    assert names.become(BEN, "Benny")
    assert names.accounts == {BEN: "Benny"}


def test_names_are_bounded() -> None:
    """Those that were heard of last stay."""
    names = GuestNames()
    for number in range(MAX_NAMES + 1):
        names.become(f"guest{number}~bcdfgh", "ada")
    assert len(names.accounts) == MAX_NAMES
    assert "guest0~bcdfgh" not in names.accounts


def test_names_are_read_as_they_were_written() -> None:
    """What is none is left out."""
    assert parse_names(format_names({BEN: "Zo\u00eb"})) == {BEN: "Zo\u00eb"}
    assert parse_names('{"Ben~bcdfgh": "a b", "ben": "ada", "Eve~zzzzzz": 7, "Eve~bbbbbb": "eve"}') == {
        "Eve~bbbbbb": "eve"
    }


@pytest.mark.parametrize("text", [None, "", "[]", "null", "{"])
def test_no_names_are_kept(text: str | None) -> None:
    """What a browser has kept may be spoilt."""
    assert parse_names(text) == {}
