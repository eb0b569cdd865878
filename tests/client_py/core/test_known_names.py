from __future__ import annotations

import pytest

from client_py.core.known_names import MAX_NAMES, KnownName, format_names, parse_names, with_name

BEN = KnownName("Benjamin", 3)


def test_names_are_read_as_they_were_written() -> None:
    """Of people in any script."""
    names = {"ben": BEN, "محمد": KnownName("", 8)}
    assert parse_names(format_names(names)) == names


@pytest.mark.parametrize(
    "text", [None, "", "odd", "[]", '{"ben": 1}', '{"ben": ["Ben"]}', '{"ben": ["Ben", 9]}', '{" ": ["Ben", 1]}']
)
def test_what_is_no_name_is_left_out(text: str | None) -> None:
    """Another program may have written it."""
    assert parse_names(text) == {}


def test_spoilt_name_takes_no_other_along() -> None:
    """And one is cleaned as if its owner had just said it."""
    assert parse_names('{"cleo": [7, 1], "ben": [" Benjamin\\u202e ", 3]}') == {"ben": BEN}


def test_last_names_are_remembered() -> None:
    """Who wants to be called by the account again is forgotten."""
    names = with_name({}, "ben", BEN)
    for number in range(MAX_NAMES):
        names = with_name(names, f"guest{number}", BEN)
    assert len(names) == MAX_NAMES
    assert "ben" not in names
    assert with_name({"ben": BEN}, "ben", KnownName("", 0)) == {}
