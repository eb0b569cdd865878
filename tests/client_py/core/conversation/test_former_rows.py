from __future__ import annotations

import pytest

from client_py.core.conversation.database_rows import Key, Place
from client_py.core.conversation.former_rows import device_of, moved

GUEST, ACCOUNT = Place("ben~bcdfgh", "den"), Place("Ben", "den")


@pytest.mark.parametrize(
    ("rest", "there"),
    [
        (("message", 5, "id"), ("message", 5, "id")),
        (("message", 5, "ada:id"), ("message", 5, "ada:id")),
        (("position", "ben~bcdfgh:id"), ("position", "Ben:id")),
        (("position", "ada:id"), ("position", "ada:id")),
        (("id", "tab", "ben~bcdfgh:id"), ("id", "tab", "Ben:id")),
        (("id", "tab", "id"), ("id", "tab", "id")),
        (("outbox", "tab", "id"), ("outbox", "tab", "id")),
        (("receipt", "tab", "id"), ("receipt", "tab", "id")),
        (("mark", "tab", "ben~bcdfgh", "other"), ("mark", "tab", "Ben", "other")),
        (("mark", "tab", "ada", "other"), ("mark", "tab", "ada", "other")),
        (("device", "tab"), ("device", "tab")),
        (("later", "kind"), ("later", "kind")),
    ],
)
def test_row_of_a_guest_stands_under_the_account(rest: Key, there: Key) -> None:
    """With what else in its key names the guest; what is said of others stays."""
    assert moved((*GUEST.prefix, *rest), GUEST, ACCOUNT) == (*ACCOUNT.prefix, *there)


@pytest.mark.parametrize(
    ("rest", "device"),
    [
        (("message", 5, "id"), None),
        (("position", "ada:id"), None),
        (("id", "tab", "ada:id"), "tab"),
        (("outbox", "tab", "id"), "tab"),
        (("receipt", "tab", "id"), "tab"),
        (("mark", "tab", "ada", "other"), "tab"),
        (("device", "tab"), "tab"),
    ],
)
def test_row_says_to_which_device_it_belongs(rest: Key, device: str | None) -> None:
    """What belongs to none is the room's."""
    assert device_of((*GUEST.prefix, *rest)) == device
