from __future__ import annotations

import pytest

from client_py.core.navigation import (
    Elsewhere,
    Lobby,
    NoPlace,
    NoRoom,
    Place,
    RoomPlace,
    SettingsPlace,
    loopback_host,
    path_of,
    place_meant,
    place_of,
)

HOME = "https://chat.example/"


@pytest.mark.parametrize("path", ["/", "", "/index.html"])
def test_site_begins_with_the_lobby(path: str) -> None:
    """A static host may name the page's file."""
    assert place_of(path) == Lobby()


@pytest.mark.parametrize("path", ["/chat/den", "/chat/den/", "/chat/%64en", "/chat/Den", "/Chat/DEN", "/CHAT/den//"])
def test_path_leads_to_a_room(path: str) -> None:
    """Case, a slash at the end and an escaped letter make no difference, since a person sees none."""
    assert place_of(path) == RoomPlace("den")


@pytest.mark.parametrize(
    "path", ["/chat/", "/chat/two%20words", "/chat/a/b", "/chat/" + 65 * "a", "/chat/a%00", "/chat/den" + 2_048 * "/"]
)
def test_path_of_an_impossible_room_leads_to_none(path: str) -> None:
    """The server would refuse such a name; nobody makes such a link."""
    assert place_of(path) == NoRoom()


@pytest.mark.parametrize("path", ["/settings", "/settings/", "/Settings"])
def test_settings_have_an_address(path: str) -> None:
    """Case and a slash at the end make no difference there either."""
    assert place_of(path) == SettingsPlace()


@pytest.mark.parametrize("path", ["/nowhere", "/settings/more", "/chat", "/chats/den", "/api/login"])
def test_any_other_path_leads_nowhere(path: str) -> None:
    """It is not taken for the lobby, in which nobody would look for a mistake."""
    assert place_of(path) == NoPlace()


def test_room_has_a_path_that_leads_back_to_it() -> None:
    """What goes into the address bar comes out of it."""
    assert place_of(path_of("den-1_x")) == RoomPlace("den-1_x")


@pytest.mark.parametrize(
    "typed",
    [
        "den",
        "  Den ",
        "https://chat.example/chat/den",
        "https://chat.example/chat/Den/?x=1#top",
        "https://Chat.Example:443/chat/den",
        "chat.example/chat/den",
        "/chat/den",
        "/chat/den?x=1",
        "chat/den",
        "\uff44\uff45\uff4e",
        "http://chat.example/chat/den",
    ],
)
def test_room_is_meant_by_its_name_and_by_any_link_of_this_server(typed: str) -> None:
    """Somebody who was sent a link may paste all of it, or a part."""
    assert place_meant(typed, HOME) == RoomPlace("den")


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("https://other.example/chat/den", "other.example"),
        ("other.example/chat/den", "other.example"),
        ("https://chat.example:8443/chat/den", "chat.example:8443"),
        ("localhost:8000/chat/den", "localhost:8000"),
    ],
)
def test_link_of_another_server_is_of_another_server(typed: str, host: str) -> None:
    """A room of the same name here would be another one."""
    assert place_meant(typed, HOME) == Elsewhere(host)


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("", NoRoom()),
        ("two words", NoRoom()),
        ("https://chat.example/", Lobby()),
        ("https://chat.example/nowhere", NoPlace()),
        ("https://[chat/den", NoRoom()),
        ("https://chat.example:port/chat/den", NoRoom()),
        ("https://chat.example/chat/den#" + 2_048 * "a", NoRoom()),
    ],
)
def test_what_names_no_room_is_told_apart(typed: str, place: Place) -> None:
    """None of it is gone to."""
    assert place_meant(typed, HOME) == place


def test_link_of_a_site_below_a_path_is_of_this_site() -> None:
    """A static host may have several."""
    home = "https://pages.example/talk/"
    assert place_meant("https://pages.example/talk/chat/den", home) == RoomPlace("den")
    assert place_meant("chat/den", home) == RoomPlace("den")
    assert place_meant("https://pages.example/other/chat/den", home) == NoPlace()


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://127.0.0.1:3000/chat/den", "127.0.0.1"),
        ("http://127.1.2.3/chat/den", "127.1.2.3"),
        ("http://[::1]:3000/", "::1"),
        ("http://localhost/", "localhost"),
        ("http://chat.localhost:3000/", "chat.localhost"),
        ("https://chat.example/chat/den", ""),
        ("http://192.168.1.27:3000/", ""),
        ("http://127.0.0.1.example/", ""),
        ("/chat/den", ""),
    ],
)
def test_address_that_only_this_machine_knows_is_told(url: str, host: str) -> None:
    """A phone that reads it from a code would ask itself."""
    assert loopback_host(url) == host
