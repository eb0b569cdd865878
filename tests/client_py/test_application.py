from __future__ import annotations

from typing import NoReturn

import pytest

from client_py.core.status_line import Status
from client_py.drivers.conversation_list import RECENT_ROOMS_KEY
from client_py.drivers.relay_preference import RELAY_ONLY_KEY
from protocol.events import EVENTS, Limits, Welcome
from protocol.http import ICE_SERVERS_PATH
from protocol.requests import REQUESTS, Renew
from tests.client_py.page_stage import TOKEN, Stage, login_answer, refusal, stage_at
from tests.fakes.ports import settle

NO_ROOM = "/chat/no%20such%20room"
WELCOME = Welcome("me-0000000000000000", "resume", (), Limits(1, 1), token_expires_at=1_000_000)
STORE_LOOKED_AT = ("storage", "pageshow")
"""The events after which another tab may have written to localStorage."""


# Where the person is


@pytest.mark.parametrize("path", ["/", "/chat/den"])
async def test_form_is_shown_at_every_address(path: str) -> None:
    """Who is not signed in sees the form wherever they come in, and stays at that address."""
    stage = await stage_at(path, person=None)
    assert (stage.screen, stage.location.path, stage.rooms) == ("form", path, [])
    assert stage.conversations_kept() == {}
    assert stage.document.root().get("data-app") == "ready"


WRONG = {NO_ROOM: "There is no such room", "/nowhere": "There is nothing here"}


@pytest.mark.parametrize("path", WRONG)
async def test_wrong_address_is_said_before_anybody_signs_in(path: str) -> None:
    """Signing in there would lead to nothing; the way home leads to the form, and that to the list."""
    stage = await stage_at(path, person=None)
    assert (stage.screen, stage.location.path) == (WRONG[path], path)
    stage.document.by_id("stage").one(tag="button").fire("click")
    assert (stage.screen, stage.location.path) == ("form", "/")
    stage.http.answers = [login_answer(TOKEN)]
    stage.application.sign_in("alice", "secret")
    await settle()
    assert stage.screen == "start"
    assert stage.failures == []


@pytest.mark.parametrize("path", WRONG)
@pytest.mark.parametrize("outcome", ["signed in", "refused"])
async def test_what_was_submitted_early_at_a_wrong_address_is_answered(path: str, outcome: str) -> None:
    """The form is there before Python comes, and somebody may have been quicker than that."""
    stage = await stage_at(path, person=None)
    stage.http.answers = [login_answer(TOKEN) if outcome == "signed in" else refusal()]
    stage.application.sign_in("alice", "secret")
    assert stage.screen == "form"
    await settle()
    assert stage.screen == (WRONG[path] if outcome == "signed in" else "form")


@pytest.mark.parametrize("path", WRONG)
async def test_wrong_address_stays_one_when_the_login_ends(path: str) -> None:
    """In another tab, for one: the form stands at the end of the way home."""
    stage = await stage_at(path)
    stage.log_out()
    stage.document.fire("storage")
    assert stage.screen == WRONG[path]
    stage.document.by_id("stage").one(tag="button").fire("click")
    assert stage.screen == "form"


@pytest.mark.parametrize(
    ("path", "screen"),
    [("/", "start"), ("/chat/den", "room"), (NO_ROOM, "There is no such room"), ("/nowhere", "There is nothing here")],
)
async def test_address_says_what_is_shown(path: str, screen: str) -> None:
    """Who is signed in sees what the address stands for."""
    stage = await stage_at(path)
    assert (stage.screen, stage.location.path) == (screen, path)
    assert [(room.name, room.username) for room in stage.rooms] == ([("den", "alice")] if screen == "room" else [])
    assert stage.document.root().get("data-app") == "ready"
    assert stage.failures == []


@pytest.mark.parametrize("path", ["/chat/Den", "/Chat/den/", "/chat/d%65n"])
async def test_address_of_a_room_is_put_right(path: str) -> None:
    """What differs in nothing that a person sees is one room, at one address, in one step of the history."""
    stage = await stage_at("/")
    stage.location.push(path)
    stage.location.go_back()
    stage.location.go_forward()
    stage.document.fire("pagehide")
    assert (stage.screen, stage.location.path, stage.location.back) == ("room", "/chat/den", ["/"])
    assert ([room.name for room in stage.rooms], list(stage.conversations_kept())) == (["den"], ["den"])


@pytest.mark.parametrize("button", ["sign-in", "register"])
async def test_signing_in_leads_to_where_the_person_was_going(button: str) -> None:
    """The address that was opened is the one that is gone to, with an account of before or a new one."""
    stage = await stage_at("/chat/den", person=None)
    stage.http.answers = [login_answer(TOKEN)]
    stage.document.by_test_id("username").value = "alice"
    stage.document.by_test_id("password").value = "long enough"
    stage.document.by_id("sign-in-form").fire("submit", submitter=button)
    assert stage.status == Status.SIGNING_IN
    await settle()
    assert stage.http.requests[0][0] == ("/api/register" if button == "register" else "/api/login")
    assert (stage.screen, stage.location.path) == ("room", "/chat/den")


async def test_form_says_why_signing_in_failed() -> None:
    """What the server refuses is said at the form."""
    stage = await stage_at("/", person=None)
    stage.application.sign_in("alice", "secret")
    await settle()
    assert stage.screen == "form"
    assert "cannot be reached" in stage.document.by_test_id("auth-error").text


async def test_signing_out_leaves_the_room_and_keeps_the_address() -> None:
    """The room ends, and signing in again leads back into it."""
    stage = await stage_at("/chat/den")
    stage.click("logout")
    assert (stage.screen, stage.location.path) == ("form", "/chat/den")
    assert stage.calls() == [("den", "start", "stop")]
    await settle()
    stage.http.answers = [login_answer("other", "bob")]
    stage.application.sign_in("bob", "secret")
    await settle()
    assert stage.screen == "room"
    assert (stage.rooms[1].username, stage.rooms[1].after) == ("bob", None)


async def test_history_leads_nowhere_while_nobody_is_signed_in() -> None:
    """Going back shows the form there too."""
    stage = await stage_at("/chat/den", person=None)
    stage.location.push("/chat/hall")
    stage.location.go_back()
    assert (stage.screen, stage.rooms) == ("form", [])


# Other tabs


@pytest.mark.parametrize("event", STORE_LOOKED_AT)
async def test_logout_in_another_tab_leaves_the_room(event: str) -> None:
    """The page looks when it hears of it, and when it comes back from the history."""
    stage = await stage_at("/chat/den")
    stage.log_out()
    stage.document.fire(event)
    assert stage.screen == "form"
    assert "another tab" in stage.document.by_id("sign-in-notice").text
    assert stage.rooms[0].calls[-1] == "stop"
    await settle()
    assert stage.failures == []


@pytest.mark.parametrize("event", STORE_LOOKED_AT)
async def test_form_tells_who_signed_in_in_another_tab(event: str) -> None:
    """Nobody is signed in in this one, and so it stays."""
    stage = await stage_at("/chat/den", person=None)
    stage.log_in("bob")
    stage.document.fire(event)
    assert (stage.screen, stage.rooms) == ("form", [])
    assert stage.document.by_id("sign-in-notice").text.startswith("bob has signed in")


async def test_room_stays_while_someone_else_signs_in_in_another_tab() -> None:
    """One stays who one is."""
    stage = await stage_at("/chat/den")
    stage.log_in("bob", "bobs")
    stage.document.fire("storage")
    assert stage.screen == "room"
    assert "stop" not in stage.rooms[0].calls
    assert stage.rooms[0].callbacks.token() == TOKEN


@pytest.mark.parametrize("event", STORE_LOOKED_AT)
async def test_start_shows_what_another_tab_has_chosen(event: str) -> None:
    """The relay preference."""
    stage = await stage_at("/")
    stage.store[RELAY_ONLY_KEY] = "yes"
    assert not stage.is_relay_only
    stage.document.fire(event)
    assert stage.is_relay_only


@pytest.mark.parametrize("event", STORE_LOOKED_AT)
async def test_room_hears_what_another_tab_may_have_written(event: str) -> None:
    """The relay preference, and whether messages are kept, it looks at by itself."""
    stage = await stage_at("/chat/den")
    stage.calls()
    stage.store[RELAY_ONLY_KEY] = "yes"
    stage.document.fire(event)
    await settle()
    assert {"retention_requested", "relay_only_requested"} <= set(stage.rooms[0].calls)
    assert stage.is_relay_only


async def test_room_shows_the_server_a_renewed_token() -> None:
    """A token that was renewed, here or in another tab, reaches the WebSocket that was opened with the one before."""
    stage = await stage_at("/chat/den")
    [socket] = stage.sockets.opened
    socket.callbacks.opened()
    socket.callbacks.received(EVENTS.encode(WELCOME))
    stage.log_in("alice", "fresh", 9_000)
    stage.document.fire("storage")
    assert "token_changed" in stage.rooms[0].calls
    assert REQUESTS.decode(socket.sent[-1]) == Renew("fresh")


# Releases before


async def test_recent_rooms_of_the_release_before_are_conversations() -> None:
    """In the order in which they were visited."""
    stage = Stage("/")
    stage.store[RECENT_ROOMS_KEY] = '["hall", "den", "no room"]'
    await stage.start()
    assert stage.conversations == ["hall", "den"]


# Relay preference


async def test_lobby_asks_whether_there_is_a_relay() -> None:
    """With the token of the login."""
    stage = await stage_at("/")
    assert stage.http.requests[1:] == [(ICE_SERVERS_PATH, "", TOKEN)]


async def test_relay_preference_is_kept_for_every_room() -> None:
    """What is chosen in the lobby goes for the room that is entered next."""
    stage = await stage_at("/")
    stage.click("relay-only")
    assert (stage.is_relay_only, stage.store[RELAY_ONLY_KEY]) == (True, "yes")
    stage.application.open_room("den")
    await settle()
    assert stage.rooms[0].callbacks.relay_only()
    assert stage.is_relay_only


async def test_relay_preference_is_changed_in_a_room() -> None:
    """The room is told."""
    stage = await stage_at("/chat/den")
    stage.click("relay-only")
    assert stage.calls() == [("den", "start", "relay_only_requested")]
    assert (stage.is_relay_only, RELAY_ONLY_KEY in stage.store) == (True, True)
    stage.click("relay-only")
    assert (stage.is_relay_only, RELAY_ONLY_KEY in stage.store) == (False, False)


# Failures that nobody foresaw


async def test_failure_is_shown_in_the_room_and_reported() -> None:
    """The person is told, and the console has what it was."""
    stage = await stage_at("/chat/den")
    error = RuntimeError("nobody foresaw it")
    stage.application.failed(error)
    assert stage.status == Status.FAILED
    assert stage.document.by_test_id("status").text == "Something broke"
    assert stage.failures == [error]


async def test_failure_of_a_task_is_a_failure_of_the_page() -> None:
    """What runs in the background fails before the person's eyes too."""
    stage = await stage_at("/chat/den")
    stage.http.post = refuse_to_work  # type: ignore[method-assign]  # to see it fail
    stage.clock.advance(3_600)
    await settle()
    assert [str(error) for error in stage.failures] == ["nobody foresaw it"]
    assert stage.status == Status.FAILED


async def refuse_to_work(*_arguments: object, **_options: object) -> NoReturn:
    """Fail as no port does."""
    raise RuntimeError("nobody foresaw it")


@pytest.mark.parametrize(("path", "person"), [("/", "alice"), ("/chat/den", None)])
async def test_failure_without_a_room_is_reported(path: str, person: str | None) -> None:
    """There is no line to show it in."""
    stage = await stage_at(path, person=person)
    screen = stage.screen
    stage.application.failed(RuntimeError())
    assert (len(stage.failures), stage.screen) == (1, screen)


async def test_failure_is_reported_where_it_cannot_be_shown() -> None:
    """It is the view that is broken."""
    stage = await stage_at("/chat/den")
    error = RuntimeError()
    stage.document.by_test_id("status").replace_children = break_down  # type: ignore[method-assign]  # likewise
    with pytest.raises(RuntimeError, match="broken"):
        stage.application.failed(error)
    assert stage.failures == [error]


def break_down(*_children: object) -> NoReturn:
    """Fail as no element does."""
    raise RuntimeError("broken")
