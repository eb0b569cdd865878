from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.core.navigation import Lobby, NoPlace, Place, RoomPlace, path_of, place_of


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/", Lobby()),
        ("", Lobby()),
        ("/chat", Lobby()),
        ("/elsewhere", Lobby()),
        ("/chat/den", RoomPlace("den")),
        ("/chat/den/", RoomPlace("den")),
        ("/chat/d%65n", RoomPlace("den")),
    ],
)
def test_addresses_name_places(path: str, place: Place) -> None:
    """A room has an address of its own; every other one is the lobby."""
    assert place_of(path) == place


@pytest.mark.parametrize("path", ["/chat/", "/chat/no%20room", "/chat/a/b", "/chat/" + "a" * 65, "/chat/%00"])
def test_addresses_may_name_no_room(path: str) -> None:
    """A name that no room can have is told as such."""
    assert isinstance(place_of(path), NoPlace)


@given(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True))
def test_paths_lead_to_their_room(room: str) -> None:
    """Every room is found again under its path."""
    assert place_of(path_of(room)) == RoomPlace(room)


@given(st.text())
def test_any_path_names_some_place(path: str) -> None:
    """No address brings the page down."""
    assert isinstance(place_of("/chat/" + path), RoomPlace | NoPlace)
