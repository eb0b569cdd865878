from __future__ import annotations

import json

import pytest

from client_py.core.invitation_links import BrokenInvitation, Invitation, fragment_of
from client_py.core.server.access_faults import AccessFault, ServerRefused
from client_py.drivers.opened_links import OPENED_KEY, OpenedLinks
from client_py.ports.server import OriginRefused, Response
from protocol.http import INVITATION_PATH, InvitationDetails
from tests.fakes.ports import FakeHttp, FakeLocation, FakeStore

INVITATION = Invitation("s" * 22, "t" * 22)
FRAGMENT = fragment_of(INVITATION)
DETAILS = InvitationDetails("ada", "den", 1_000_000)


class Tab:
    """One tab, at an address."""

    def __init__(self, path: str = "/chat/den", fragment: str = FRAGMENT) -> None:
        self.location, self.tab, self.http = FakeLocation(path, fragment), FakeStore(), FakeHttp()
        self.links = OpenedLinks(self.location, self.tab, self.http)

    async def look(self, *answers: Response | OriginRefused) -> list[tuple[str, InvitationDetails | AccessFault]]:
        """Look whose invitation it is; return what is told."""
        told: list[tuple[str, InvitationDetails | AccessFault]] = []
        self.http.answers += answers
        await self.links.look("den", "t" * 22, lambda room, seen: told.append((room, seen)))
        return told


def test_link_leaves_the_address_bar_and_stays_in_the_tab() -> None:
    """A reload finds it there; another room has nothing of it."""
    tab = Tab()
    tab.links.take()
    assert (tab.location.path, tab.location.fragment) == ("/chat/den", "")
    assert tab.links.of("den") == INVITATION
    assert tab.links.of("hall") is None
    assert OpenedLinks(tab.location, tab.tab, tab.http).of("den") == INVITATION
    tab.links.take()
    assert tab.links.of("den") == INVITATION
    tab.links.forget()
    assert tab.links.of("den") is None


@pytest.mark.parametrize("path", ["/settings", "/chat/no%20room", "/nowhere"])
def test_fragment_of_no_room_is_dropped(path: str) -> None:
    """It has left the address bar all the same."""
    tab = Tab(path)
    tab.links.take()
    assert (tab.location.fragment, dict(tab.tab)) == ("", {})


def test_fragment_of_the_list_is_left_there() -> None:
    """It says what the page was opened for."""
    tab = Tab("/")
    fragment = tab.location.fragment
    tab.links.take()
    assert fragment
    assert (tab.location.fragment, dict(tab.tab)) == (fragment, {})


def test_broken_link_is_told_once() -> None:
    """Of the room that it is to; the next one that is whole counts in its place."""
    tab = Tab(fragment="top")
    tab.links.take()
    assert not tab.links.is_broken("hall")
    tab.links.keep("den", BrokenInvitation())
    assert tab.links.is_broken("den")
    assert not tab.links.is_broken("den")
    tab.links.keep("den", BrokenInvitation())
    tab.links.keep("den", INVITATION)
    assert not tab.links.is_broken("den")


@pytest.mark.parametrize("kept", ["", "[]", "{", '["den", "top"]', '["den", 7]'])
def test_what_is_kept_may_be_spoilt(kept: str) -> None:
    """Then nobody was invited."""
    tab = Tab()
    tab.tab.put(OPENED_KEY, kept)
    assert tab.links.of("den") is None


async def test_server_says_who_invites() -> None:
    """It is shown the part that is its own, and no other."""
    tab = Tab()
    body = json.dumps({"inviter": "ada", "room": "den", "expires_at": 1_000_000})
    assert await tab.look(Response(200, body)) == [("den", DETAILS)]
    assert tab.http.requests == [(INVITATION_PATH, json.dumps({"invitation": "t" * 22}), None)]


@pytest.mark.parametrize("code", ["invalid_invitation", "no_guests"])
async def test_server_says_that_a_link_has_ended(code: str) -> None:
    """Before the person has typed a name."""
    assert await Tab().look(Response(403, json.dumps({"error": {"code": code}}))) == [("den", ServerRefused(code))]


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [OriginRefused("https://elsewhere.example")],
        [Response(200, "{}")],
        [Response(429, '{"error": {"code": "rate_limited"}}')],
        [Response(404, '{"error": {"code": "not_found"}}')],
        [Response(502, "<html>")],
    ],
)
async def test_what_the_server_cannot_say_is_not_told(answers: list[Response | OriginRefused]) -> None:
    """The person is asked for a name all the same, also where the server is of an earlier release."""
    assert await Tab().look(*answers) == []
