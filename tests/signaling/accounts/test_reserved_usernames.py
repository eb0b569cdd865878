from __future__ import annotations

import pytest

from protocol.usernames import username_fault
from protocol.versions import stand_in
from signaling.accounts.authenticator import DEMO_PASSWORDS
from signaling.accounts.reserved_usernames import RESERVED, is_reserved


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_reserved_name_is_reserved_in_any_case(name: str) -> None:
    """Nobody can be the server, its people, or a word for others, however it is written."""
    assert username_fault(name) is None
    assert all(map(is_reserved, (name, name.upper(), name.title(), f"_{name}_", ".".join(name))))


@pytest.mark.parametrize(
    "name",
    [
        "adm1n",
        "ADM1N",
        "adrnin",
        "r00t",
        "p2p-chat",
        "AII",
        "\uff52oot",
        "\u0430\u04cf\u04cf",
        "admin\u02bc",
        "\ua78croot",
        "al\u00b7l",
    ],
)
def test_name_that_looks_reserved_is(name: str) -> None:
    """A digit or a letter of another script in its place makes no other name of it."""
    assert is_reserved(name)


@pytest.mark.parametrize("name", ["Ann", "adminton", "rooted", "Алла", "me2", "ivan", *DEMO_PASSWORDS])
def test_other_names_are_free(name: str) -> None:
    """A name that only begins like a reserved one, or is one in no script, is anybody's."""
    assert not is_reserved(name)


def test_stand_in_is_reserved() -> None:
    """What the first version of the protocol is told in place of a name is nobody's own."""
    assert is_reserved(stand_in("Zoë"))
    assert is_reserved(stand_in("Zoë").upper())
    assert not is_reserved("name-of-the-rose")
