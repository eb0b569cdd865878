from __future__ import annotations

import json

import pytest

from client_py.core.server.kept_login import Kept, Login, format_login, parse_login, read_kept

LOGIN = Login("jwt", "ada", 1_000.0)
OF_THE_FIRST_RELEASE = json.dumps({"token": "jwt", "username": "ada", "expires_at": 1_000.0})


def test_login_is_read_as_it_was_written() -> None:
    """It counts until there is another logout than the one that it was written after."""
    assert read_kept(format_login(LOGIN, ""), "") == Kept(LOGIN, "")
    assert read_kept(format_login(LOGIN, "first"), "first") == Kept(LOGIN, "first")
    assert read_kept(format_login(LOGIN, "first"), "second") == Kept(None, "second")
    assert read_kept(format_login(LOGIN, ""), "first") == Kept(None, "first")


def test_login_of_the_first_release_is_taken_over() -> None:
    """Nobody is logged out by an update; but what such a page writes back after a logout counts for nothing."""
    assert read_kept(OF_THE_FIRST_RELEASE, "") == Kept(LOGIN, "")
    assert read_kept(OF_THE_FIRST_RELEASE, "first") == Kept(None, "first")


def test_nothing_is_kept_at_first() -> None:
    """An empty store has no login and no logout."""
    assert read_kept("", "") == Kept()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"token": "jwt", "username": "ada"}',
        '{"token": "", "username": "ada", "expires_at": 1}',
        '{"token": "jwt", "username": "a b", "expires_at": 1}',
        '{"token": "jwt", "username": "ada", "expires_at": "soon"}',
    ],
)
def test_parse_login_refuses_what_is_none(text: str) -> None:
    """What a browser has kept may be of another version, or spoilt: then nobody is signed in."""
    assert parse_login(text) is None
    assert read_kept(text, "") == Kept()


GOOD = '{"token":"jwt","username":"ada","expires_at":1000}'


@pytest.mark.parametrize(
    "text",
    [
        "[" * 9_000,
        GOOD.replace("1000", "1e999"),
        GOOD.replace("1000", "9" * 400),
        GOOD.replace("1000", "-1"),
        GOOD.replace("1000", '"1000"'),
        GOOD.replace("jwt", "no token"),
        GOOD.replace("jwt", "j" * 5_000),
        GOOD.replace('"jwt"', "7"),
        GOOD.replace("ada", "\\ud800da"),
    ],
    ids=lambda text: text[:40],
)
def test_parse_login_refuses_what_nobody_can_use(text: str) -> None:
    """A token that no subprotocol can be, and an end that no timer and no calendar has, make a page fail later on."""
    assert parse_login(GOOD) == Login("jwt", "ada", 1000)
    assert parse_login(text) is None


def test_login_of_a_guest_is_kept_with_its_room() -> None:
    """And that of an account with what it was called there as a guest; what is neither is left out."""
    guest = Login("jwt", "ben~bcdfgh", 1_000.0, "den")
    account = Login("jwt", "ben", 1_000.0, "den", "ben~bcdfgh")
    for login in (guest, account):
        assert read_kept(format_login(login, ""), "") == Kept(login)
    assert parse_login(GOOD[:-1] + ',"room":"a b","formerly":7}') == Login("jwt", "ada", 1_000)
    assert "room" not in json.loads(format_login(LOGIN, ""))
