from __future__ import annotations

import json

import pytest

from client_py.core.conversation_list import MAX_CONVERSATIONS
from client_py.core.invitation_links import Invitation
from client_py.core.room_links import (
    LEAST_SECONDS,
    GuestAccess,
    LinkState,
    RoomLink,
    bounded,
    counted,
    format_links,
    parse_links,
)
from protocol.http import Invitation as ServerInvitation
from protocol.http import ListedInvitation, ListedInvitations

NOW = 1_000_000
SECRET, TOKEN, NAME = "s" * 22, "t" * 22, "0" * 32
LINK = RoomLink(SECRET, TOKEN, NAME, NOW + 7 * 86_400)


def test_link_is_read_as_it_was_written() -> None:
    """With an invitation or without; in rooms whose names differ in case alone there is one."""
    links = {"den": LINK, "hall": RoomLink(SECRET)}
    assert parse_links(format_links(links)) == links
    assert list(parse_links(json.dumps({"Den": json.loads(format_links({"x": LINK}))["x"]}))) == ["den"]


@pytest.mark.parametrize("change", [{"guests": "short"}, {"guests": 7}, {"invitation_id": "x"}, {"expires_at": -1}])
def test_spoilt_invitation_leaves_the_secret(change: dict[str, object]) -> None:
    """Another one can be asked for, and the secret cannot."""
    row = json.loads(format_links({"den": LINK}))["den"] | change
    assert parse_links(json.dumps({"den": row})) == {"den": RoomLink(SECRET)}


@pytest.mark.parametrize(
    "text", [None, "", "[]", "{", '{"den": {}}', '{"a b": {}}', '{"den": 1}', json.dumps({"den": {"secret": "short"}})]
)
def test_what_is_no_link_is_left_out(text: str | None) -> None:
    """What a browser has kept may be of another version, or spoilt."""
    assert parse_links(text) == {}


def test_links_are_bounded() -> None:
    """The oldest goes first."""
    links = {f"room-{number}": LINK for number in range(MAX_CONVERSATIONS + 1)}
    assert list(bounded(links)) == list(links)[1:]


def test_link_carries_its_invitation_while_that_is_good() -> None:
    """One that has ended is not sent to anybody, and one that ends soon is followed by another."""
    assert LINK.invitation(NOW) == Invitation(SECRET, TOKEN)
    assert LINK.invitation(LINK.expires_at) == Invitation(SECRET)
    assert LINK.is_good(NOW)
    assert not LINK.is_good(LINK.expires_at - LEAST_SECONDS)
    assert not RoomLink(SECRET).is_good(NOW)


def test_link_takes_what_the_server_has_made() -> None:
    """Its secret stays."""
    made = ServerInvitation(TOKEN, NAME, "den", 8, LINK.expires_at)
    assert RoomLink(SECRET).with_guests(made) == LINK
    assert TOKEN not in repr(LINK)


@pytest.mark.parametrize(
    ("listed", "guests"),
    [
        (ListedInvitation(NAME, "den", 8, 3, NOW, NOW + 60), 3),
        (ListedInvitation(NAME, "den", 8, 8, NOW, NOW + 60), None),
        (ListedInvitation(NAME, "den", 8, 3, NOW, NOW), None),
        (ListedInvitation("1" * 32, "den", 8, 3, NOW, NOW + 60), None),
    ],
)
def test_who_has_come_is_counted(listed: ListedInvitation, guests: int | None) -> None:
    """An invitation that is used up, was ended or is not listed lets nobody in any more."""
    state = LinkState(Invitation(SECRET, TOKEN), GuestAccess.READY)
    now = counted(state, NAME, ListedInvitations((listed,)), NOW)
    assert (now and (now.guests, now.places, now.expires_at)) == (guests and (guests, 8, NOW + 60))
