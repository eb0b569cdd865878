"""The page of people who come by a link: as guests, as who they are, and as guests who stay."""

from __future__ import annotations

import json

import pytest

from client_py.core.conversation.delivery import Direction
from client_py.core.conversation.items import Item, Text
from client_py.core.conversation.notices import ItemAdded
from client_py.core.conversation_list import ConversationRow, format_rows
from client_py.core.invitation_links import Invitation, fragment_of
from client_py.core.notices import Member, MembersChanged, RetentionChanged
from client_py.core.retention import Retention
from client_py.core.room_links import parse_links
from client_py.drivers.account import LOGIN_KEY
from client_py.drivers.conversation_list import CONVERSATIONS_KEY
from client_py.drivers.former_guest_store import FORMER_GUESTS_KEY
from client_py.drivers.opened_links import OPENED_KEY
from client_py.drivers.retention import NOT_KEPT, WISH_KEY
from client_py.drivers.room_links import LINKS_KEY
from client_py.ports.server import Response
from protocol.http import GUEST_ACCOUNT_PATH, GUESTS_PATH, INVITATION_PATH, INVITATIONS_PATH
from tests.client_py.page_stage import NOW, Stage, login_answer, stage_at
from tests.fakes.ports import settle

NAME = "Ben~bcdfgh"
FRAGMENT = fragment_of(Invitation("s" * 22, "t" * 22))
INVITER = Response(200, json.dumps({"inviter": "ada", "room": "den", "expires_at": int(NOW) + 60}))
CAME = login_answer("guest", NAME, room="den")
BECAME = login_answer("account", "Benjamin", room="den", formerly=NAME)


def refused(code: str, status: int = 403) -> Response:
    """Return what the server says to what it refuses."""
    return Response(status, json.dumps({"error": {"code": code}}))


async def invited(*answers: Response, path: str = "/chat/den", fragment: str = FRAGMENT) -> Stage:
    """Open a link in a browser in which nobody is signed in."""
    stage = Stage(path, person=None)
    stage.location.fragment = fragment
    stage.http.answers = list(answers)
    return await stage.start()


async def come(stage: Stage, name: str = "Ben") -> None:
    """Type a name, and join."""
    stage.document.by_test_id("guest-name").type(name)
    stage.document.by_test_id("guest").one(tag="form").fire("submit")
    await settle()


async def guest() -> Stage:
    """Come as a guest."""
    stage = await invited(INVITER, CAME)
    await come(stage)
    assert stage.screen == "room"
    return stage


async def keep_name(stage: Stage, *answers: Response, username: str = "Benjamin") -> None:
    """Ask for an account."""
    stage.http.answers = list(answers)
    stage.document.by_test_id("kept-username").type(username)
    stage.document.by_test_id("kept-password").type("long enough")
    stage.document.html.one(id="keep-name-panel").one(tag="form").fire("submit")
    await settle()


async def test_who_opens_a_link_talks_after_typing_a_name() -> None:
    """The link leaves the address bar, who invites is told, and the room opens; its secret stays with it."""
    stage = await invited(INVITER)
    assert (stage.location.path, stage.location.fragment) == ("/chat/den", "")
    assert stage.screen == "ada invites you to den"
    stage.http.answers = [CAME]
    await come(stage)
    assert [path for path, _, _ in stage.http.requests] == [INVITATION_PATH, GUESTS_PATH]
    assert json.loads(stage.http.requests[1][1]) == {"name": "Ben", "invitation": "t" * 22, "room": None}
    assert "s" * 22 not in str(stage.http.requests)
    assert (stage.screen, [(room.name, room.username) for room in stage.rooms]) == ("room", [("den", NAME)])
    assert parse_links(stage.store[LINKS_KEY + NAME])["den"].secret == "s" * 22
    assert OPENED_KEY not in stage.tab
    assert stage.failures == []


async def test_reload_before_the_name_asks_for_it_again() -> None:
    """The link has left the address bar, and stays in the tab."""
    stage = await invited(INVITER)
    again = Stage("/chat/den", person=None)
    again.tab.update(stage.tab)
    again.http.answers = [INVITER]
    await again.start()
    assert again.screen == "ada invites you to den"


async def test_who_is_signed_in_joins_as_who_they_are() -> None:
    """No name is asked for, and the secret is kept; a link that is opened later counts too."""
    stage = Stage("/chat/den")
    stage.location.fragment = FRAGMENT
    await stage.start()
    assert (stage.screen, stage.rooms[0].username, stage.location.fragment) == ("room", "alice", "")
    assert parse_links(stage.store[LINKS_KEY + "alice"])["den"].secret == "s" * 22
    stage.location.open_fragment(fragment_of(Invitation("v" * 22)))
    assert stage.location.fragment == ""
    assert parse_links(stage.store[LINKS_KEY + "alice"])["den"].secret == "v" * 22
    assert [path for path, _, _ in stage.http.requests] == ["/api/refresh"]


async def test_link_is_pasted_at_home() -> None:
    """It leads to its room, with what it carries; one that is not whole says so."""
    stage = await stage_at("/")
    name = stage.document.by_test_id("room-name")
    name.type("den#top")
    stage.document.by_test_id("join-room").parent.parent.fire("submit")  # type: ignore[union-attr]
    assert (stage.screen, "not complete" in stage.document.html.text) == ("start", True)
    name.type(f"https://chat.example/chat/Den#{FRAGMENT}")
    stage.document.by_test_id("join-room").parent.parent.fire("submit")  # type: ignore[union-attr]
    await settle()
    assert (stage.screen, stage.location.path) == ("room", "/chat/den")
    assert parse_links(stage.store[LINKS_KEY + "alice"])["den"].secret == "s" * 22


async def test_broken_link_is_said_to_be_one() -> None:
    """At the form to who is not signed in, and in the room to who is; once."""
    stage = await invited(fragment="top")
    assert stage.screen == "form"
    assert "not complete" in stage.document.by_id("sign-in-notice").text
    stage = Stage("/chat/den")
    stage.location.fragment = "top"
    await stage.start()
    assert stage.screen == "room"
    assert "not complete" in stage.document.html.one(class_="undo").text
    assert not stage.document.by_test_id("undo").is_shown()


async def test_link_without_guests_asks_to_log_in() -> None:
    """And says to what one is invited."""
    stage = await invited(fragment="s" * 22)
    assert stage.screen == "form"
    assert stage.document.by_id("sign-in-notice").text.startswith("You are invited to den.")
    assert stage.http.requests == []
    stage.http.answers = [login_answer("jwt")]
    stage.application.sign_in("alice", "secret")
    await settle()
    assert stage.screen == "room"
    assert parse_links(stage.store[LINKS_KEY + "alice"])["den"].secret == "s" * 22


async def test_who_has_an_account_logs_in_instead() -> None:
    """By the form, which leads into the room."""
    stage = await invited(INVITER)
    stage.click("guest-login")
    assert stage.screen == "form"
    stage.http.answers = [login_answer("jwt")]
    stage.application.sign_in("alice", "secret")
    await settle()
    assert (stage.screen, stage.rooms[0].username) == ("room", "alice")


@pytest.mark.parametrize("code", ["invalid_invitation", "no_guests"])
@pytest.mark.parametrize("when", ["at once", "later"])
async def test_link_that_has_ended_leads_to_the_form(code: str, when: str) -> None:
    """Whether the server says it before the name is typed or after."""
    stage = await invited(refused(code) if when == "at once" else INVITER)
    if when == "later":
        stage.http.answers = [refused(code)]
        await come(stage)
    assert stage.screen in {"This link has ended", "This link needs an account"}
    stage.click("guest-login")
    assert stage.screen == "form"


async def test_name_that_is_refused_can_be_mended() -> None:
    """The link is good still."""
    stage = await invited(INVITER, refused("reserved_username", 409))
    await come(stage, "root")
    assert "reserved" in stage.document.by_test_id("guest-fault").text
    stage.http.answers = [CAME]
    await come(stage)
    assert stage.screen == "room"


async def test_reload_keeps_the_guest() -> None:
    """By the login that the browser has; and other rooms are not theirs."""
    before = await guest()
    stage = Stage("/chat/den", person=None)
    stage.store.update(before.store)
    stage.tab.update(before.tab)
    stage.http.answers = [login_answer("newer", NAME, room="den")]
    await stage.start()
    assert (stage.screen, stage.rooms[0].username) == ("room", NAME)
    stage.location.push("/chat/hall")
    stage.location.go_back()
    stage.location.go_forward()
    assert stage.screen == "You are a guest in den"
    stage.document.by_id("stage").one(class_="place").one(tag="button").fire("click")
    assert (stage.screen, stage.location.path) == ("room", "/chat/den")
    assert stage.failures == []


async def test_guest_becomes_an_account_and_the_conversation_stays() -> None:
    """The room goes on under the new name, after what was open has come to its end; the list and the link go along."""
    stage = await guest()
    await keep_name(stage, BECAME)
    assert stage.http.requests[-1][0::2] == (GUEST_ACCOUNT_PATH, "guest")
    [before, after] = stage.rooms
    assert (before.is_stopped, after.username, after.after) == (True, "Benjamin", before)
    assert after.callbacks.formerly == NAME
    assert (stage.screen, stage.conversations) == ("room", ["den"])
    assert parse_links(stage.store[LINKS_KEY + "Benjamin"])["den"].secret == "s" * 22
    assert json.loads(stage.store[LOGIN_KEY])["username"] == "Benjamin"
    assert not [key for key in (*stage.store, *stage.tab) if NAME in key]
    assert stage.failures == []


async def test_guest_is_told_why_they_cannot_keep_a_name() -> None:
    """In the form where they asked, and they go on as a guest."""
    stage = await guest()
    await keep_name(stage, refused("account_exists", 409))
    assert "is taken" in stage.document.by_test_id("keep-name-fault").text
    assert [room.is_stopped for room in stage.rooms] == [False]
    await keep_name(stage, BECAME)
    assert stage.rooms[-1].username == "Benjamin"


async def test_account_whose_making_was_never_told_is_found() -> None:
    """The answer was lost; the same name and password open it."""
    stage = await guest()
    await keep_name(stage)
    assert "cannot be reached" in stage.document.by_test_id("keep-name-fault").text
    await keep_name(stage, refused("unauthenticated", 401), BECAME)
    assert [path for path, _, _ in stage.http.requests[-2:]] == [GUEST_ACCOUNT_PATH, "/api/login"]
    assert (stage.rooms[-1].username, stage.rooms[-1].callbacks.formerly) == ("Benjamin", NAME)


async def test_page_that_ended_before_it_heard_of_the_account_finds_the_conversation() -> None:
    """Its guest is none any more; who logs in to the account has what the guest had."""
    before = await guest()
    stage = Stage("/chat/den", person=None)
    stage.store.update(before.store)
    stage.store.put(CONVERSATIONS_KEY + NAME, format_rows({"den": ConversationRow("den", 5.0)}))
    stage.http.answers = [refused("unauthenticated", 401)]
    await stage.start()
    assert "visit as a guest has ended" in stage.document.by_id("sign-in-notice").text
    stage.http.answers = [BECAME]
    stage.application.sign_in("Benjamin", "long enough")
    await settle()
    assert (stage.screen, stage.rooms[0].callbacks.formerly) == ("room", NAME)
    assert list(stage.conversations_kept("Benjamin")) == ["den"]


async def test_guest_whose_visit_has_ended_is_told_in_the_room() -> None:
    """There is no password to ask for; the conversation stays until they go."""
    stage = await guest()
    stage.rooms[0].callbacks.login_refused("guest")
    assert stage.screen == "room"
    prompt = stage.document.by_test_id("password-prompt")
    assert "visit as a guest has ended" in prompt.text
    assert not stage.document.by_test_id("password-again").is_shown()
    stage.location.push("/")
    stage.location.go_back()
    assert "visit as a guest has ended" in stage.document.by_id("sign-in-notice").text


async def test_guest_whose_visit_has_ended_goes_to_the_form() -> None:
    """By one button."""
    stage = await guest()
    stage.rooms[0].callbacks.login_refused("guest")
    stage.click("guest-ended")
    assert stage.screen == "form"


async def test_link_is_shown_with_the_room_and_made_when_it_is_asked_for() -> None:
    """The server hears of the room, and not of its secret; a guest asks for none."""
    stage = await stage_at("/chat/den")
    [written, *_] = stage.document.html.every(data_testid="invite-link")
    secret = parse_links(stage.store[LINKS_KEY + "alice"])["den"].secret
    assert written.text == f"https://chat.example/chat/den#{secret}"
    body = {"invitation": "t" * 22, "id": "0" * 32, "room": "den", "places": 8, "expires_at": int(NOW) + 700_000}
    stage.http.answers = [Response(201, json.dumps(body))]
    stage.application.ask_link("den")
    await settle()
    assert written.text == f"https://chat.example/chat/den#{secret}.g{'t' * 22}"
    assert stage.http.requests[-1][:2] == (INVITATIONS_PATH, json.dumps({"room": "den", "places": 8}))
    stage.application.renew_link("den")
    await settle()
    assert secret not in written.text
    stage.application.count_link("hall")
    await settle()
    assert stage.failures == []


async def test_people_read_names_and_no_suffixes() -> None:
    """A guest is called one, two of a name are told apart, and who has an account by now is called by that."""
    stage = await stage_at("/chat/den")

    def peers() -> list[str]:
        return [peer.one(class_="name").text for peer in stage.document.html.every(data_testid="peer")]

    stage.rooms[0].callbacks.show(MembersChanged((Member("1", NAME), Member("2", "ben~zzzzzz"))))
    assert peers() == ["Ben (guest)", "ben (guest 2)"]
    body = Text("Good morning")
    stage.rooms[0].callbacks.show(ItemAdded(Item("a" * 16, Direction.INCOMING, NAME, body, NOW)))
    titles = [element.get("title") or "" for element in stage.document.html.every()]
    assert "Ben (guest)" in titles
    assert [title for title in titles if "~" in title] == []
    stage.rooms[0].callbacks.show(MembersChanged((Member("1", NAME, "Benjamin"), Member("2", "ben~zzzzzz"))))
    assert peers() == ["Benjamin", "ben (guest 2)"]
    again = Stage("/chat/den")
    again.store.update(stage.store)
    await again.start()
    again.rooms[0].callbacks.show(MembersChanged((Member("1", NAME),)))
    assert [peer.one(class_="name").text for peer in again.document.html.every(data_testid="peer")] == ["Benjamin"]


async def test_nothing_of_links_and_names_stays_where_nothing_is_to_be_kept() -> None:
    """Like what was said."""
    stage = await stage_at("/chat/den")
    show = stage.rooms[0].callbacks.show
    show(MembersChanged((Member("1", NAME, "Benjamin"),)))
    stage.store.put(WISH_KEY + "alice", NOT_KEPT)
    show(RetentionChanged(Retention(kept=False)))
    show(MembersChanged((Member("1", NAME, "Benny"),)))
    assert not [key for key in stage.store if key.startswith((LINKS_KEY, FORMER_GUESTS_KEY))]


async def test_form_comes_back_to_the_link_after_logging_out() -> None:
    """Somebody who has logged out is asked as a guest again by the next link."""
    stage = await guest()
    stage.click("logout")
    await settle()
    assert stage.screen == "form"
    stage.http.answers = [INVITER]
    stage.location.open_fragment(FRAGMENT)
    await settle()
    assert stage.screen == "ada invites you to den"
    stage.location.push("/")
    stage.location.go_back()
    stage.application.come("Ben")
    assert stage.screen in {"form", "ada invites you to den"}
