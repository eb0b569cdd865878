from __future__ import annotations

import pytest

from client_py.core.navigation import Lobby, NoPlace, RoomPlace, path_of, place_of


@pytest.mark.parametrize("path", ["/", "", "/nowhere", "/chat"])
def test_any_other_path_leads_to_the_lobby(path: str) -> None:
    """Only `/chat/…` is a room."""
    assert place_of(path) == Lobby()


@pytest.mark.parametrize("path", ["/chat/den", "/chat/den/", "/chat/%64en"])
def test_path_leads_to_a_room(path: str) -> None:
    """A slash at the end and an escaped letter make no difference."""
    assert place_of(path) == RoomPlace("den")


@pytest.mark.parametrize("path", ["/chat/", "/chat/two%20words", "/chat/" + 65 * "a"])
def test_path_of_an_impossible_room_leads_nowhere(path: str) -> None:
    """The server would refuse such a name."""
    assert place_of(path) == NoPlace()


def test_room_has_a_path_that_leads_back_to_it() -> None:
    """What goes into the address bar comes out of it."""
    assert place_of(path_of("den-1_x")) == RoomPlace("den-1_x")
