from __future__ import annotations

import pytest

from client_py.application import TICK_SECONDS
from client_py.core.drafts import MAX_DRAFT_CHARACTERS
from client_py.core.notices import StatusChanged
from client_py.core.status_line import Status, StatusLine
from protocol.codes import CloseCode
from protocol.http import REFRESH_PATH
from tests.client_py.page_stage import NOW, TOKEN, Stage, login_answer, refusal, stage_at
from tests.client_py.ui.view_context import DAY
from tests.fakes.ports import settle

CHECKED = ("online", "networkchange", "pageshow", "visibilitychange")
"""The events after which connections may have been cut."""


# Entering and leaving


async def test_room_is_entered_with_the_token_of_now() -> None:
    """It is the one that was renewed meanwhile, and there is none after the end of the login."""
    stage = await stage_at("/chat/den")
    token = stage.rooms[0].callbacks.token
    assert token() == TOKEN
    stage.log_in("alice", "newer", lifetime=9_000)
    stage.document.fire("storage")
    assert token() == "newer"
    stage.application.sign_out()
    assert token() == ""


async def test_room_is_left_for_the_lobby() -> None:
    """Its visit ends, and the next one knows of it as the one before."""
    stage = await stage_at("/")
    stage.application.open_room("den")
    assert (stage.location.path, stage.screen) == ("/chat/den", "room")
    assert (stage.calls(), stage.rooms[0].after) == ([("den", "start")], None)
    stage.click("lobby")
    assert (stage.location.path, stage.screen) == ("/", "lobby")
    assert stage.calls() == [("den", "stop")]
    assert stage.recent_rooms == ["den"]
    stage.application.open_room("den")
    assert stage.calls() == [("den", "start")]
    assert stage.rooms[1].after is stage.rooms[0]


async def test_room_is_entered_once_the_last_one_has_closed() -> None:
    """What the last visit has yet to write comes first; the page shows the next room meanwhile."""
    stage = await stage_at("/chat/den")
    stage.databases.database.open_for_writing.clear()
    stage.rooms[0].send("the last word")
    stage.application.open_room("hall")
    await settle()
    assert stage.calls() == [("den", "start", "stop"), ("hall", "start")]
    assert stage.document.title == "hall · P2P Chat"
    assert len(stage.sockets.opened) == 1
    stage.databases.database.open_for_writing.set()
    await settle()
    assert len(stage.sockets.opened) == 2
    assert stage.failures == []


async def test_person_goes_back_and_forward() -> None:
    """Each step shows what stands at its address, and leaves what stood at the one before."""
    stage = await stage_at("/")
    stage.application.open_room("den")
    stage.application.open_room("hall")
    stage.calls()
    stage.location.go_back()
    assert stage.calls() == [("hall", "stop"), ("den", "start")]
    assert stage.rooms[2].after is stage.rooms[1]
    stage.location.go_back()
    assert (stage.screen, stage.calls()) == ("lobby", [("den", "stop")])
    stage.location.go_forward()
    assert (stage.screen, stage.calls()) == ("room", [("den", "start")])
    assert [room.name for room in stage.rooms] == ["den", "hall", "den", "den"]


async def test_room_is_entered_again_at_its_own_address() -> None:
    """Where a step of the history leads to the room that is shown, its visit ends and another begins."""
    stage = await stage_at("/chat/den")
    stage.application.open_room("den")
    assert stage.calls() == [("den", "start", "stop"), ("den", "start")]
    assert stage.rooms[1].after is stage.rooms[0]


# What the server says in a room


async def refused_in_den() -> Stage:
    """Open den, where the server takes the token no longer."""
    stage = await stage_at("/chat/den")
    stage.sockets.opened[0].callbacks.closed(CloseCode.UNAUTHENTICATED)
    stage.calls()
    return stage


async def test_refused_token_asks_for_the_password_over_the_conversation() -> None:
    """The room is not left; it goes on with the new token once the password was right."""
    stage = await refused_in_den()
    assert (stage.screen, stage.is_asking_for_password, stage.calls()) == ("room", True, [])
    stage.http.answers = [refusal(), login_answer("newer")]
    for _ in range(2):
        stage.document.by_test_id("password-again").value = "long enough"
        stage.document.by_test_id("password-prompt").one(tag="form").fire("submit")
        assert stage.document.by_test_id("login-again").disabled
        await settle()
    assert stage.http.requests[-1][0] == "/api/login"
    assert (stage.screen, stage.is_asking_for_password, stage.calls()) == ("room", False, [("den", "login_renewed")])
    assert stage.sockets.opened[-1].subprotocols[-1].endswith("newer")
    assert stage.failures == []


async def test_wrong_password_is_said_over_the_conversation() -> None:
    """Where it was asked for."""
    stage = await refused_in_den()
    stage.http.answers = [refusal()]
    stage.application.sign_in("alice", "wrong")
    await settle()
    assert (stage.screen, stage.is_asking_for_password) == ("room", True)
    assert stage.document.by_test_id("login-again-fault").text


async def test_expired_login_asks_at_the_form_elsewhere() -> None:
    """The lobby has no conversation to ask over; the password leads to where the address says."""
    stage = await refused_in_den()
    stage.application.open_lobby()
    assert stage.screen == "form"
    assert "has expired" in stage.document.by_id("sign-in-notice").text
    stage.http.answers = [login_answer("newer")]
    stage.application.sign_in("alice", "long enough")
    await settle()
    assert (stage.screen, stage.calls()) == ("lobby", [("den", "stop")])


async def test_renewal_that_is_refused_in_the_lobby_asks_at_the_form() -> None:
    """Nothing goes on there."""
    stage = await stage_at("/")
    stage.http.answers = [refusal()]
    stage.clock.advance(4_000)
    await settle()
    assert stage.screen == "form"
    assert "has expired" in stage.document.by_id("sign-in-notice").text


async def test_refused_token_gives_way_to_that_of_another_tab() -> None:
    """Another tab has renewed it: the room goes on with the new one."""
    stage = await stage_at("/chat/den")
    stage.log_in("alice", "newer", lifetime=9_000)
    stage.sockets.opened[0].callbacks.closed(CloseCode.UNAUTHENTICATED)
    await settle()
    assert stage.calls() == [("den", "start", "token_changed", "login_renewed")]
    assert (stage.screen, stage.is_asking_for_password) == ("room", False)
    assert stage.sockets.opened[1].subprotocols[-1].endswith("newer")


async def test_warning_of_a_room_is_passed_on() -> None:
    """It is for the console."""
    stage = await stage_at("/chat/den")
    stage.rooms[0].callbacks.warn("odd")
    assert stage.warnings == ["odd"]


# Checks


@pytest.mark.parametrize("event", CHECKED)
async def test_room_is_checked(event: str) -> None:
    """Where connections may have been cut, the room looks."""
    stage = await stage_at("/chat/den")
    stage.document.fire(event)
    assert stage.rooms[0].calls.count("checked") == 1


async def test_browser_asks_before_the_page_loses_what_waits() -> None:
    """Where nothing is kept beyond the page, also once the room is left; where all is kept, it goes without a word."""
    stage = await stage_at("/chat/den")
    stage.rooms[0].send("anyone?")
    await settle()
    assert not stage.document.fire("beforeunload")
    stage.rooms[0].set_keeping(False)
    await settle()
    assert stage.document.fire("beforeunload")
    stage.application.open_lobby()
    assert stage.document.fire("beforeunload")


async def test_room_that_is_not_kept_is_there_when_it_is_entered_again() -> None:
    """It was left for the lobby, and what waits in it still waits."""
    stage = await stage_at("/chat/den")
    stage.rooms[0].set_keeping(False)
    await settle()
    stage.rooms[0].send("anyone?")
    await settle()
    stage.application.open_lobby()
    stage.application.open_room("den")
    await settle()
    message = stage.document.by_test_id("message")
    assert message.get("data-delivery") == "queued"
    assert stage.document.fire("beforeunload")
    assert stage.failures == []


async def test_browser_asks_before_the_page_loses_a_draft() -> None:
    """Where it is not kept, or not as a whole, since it is longer than what is."""
    stage = await stage_at("/chat/den")
    composer = stage.document.by_test_id("composer")
    composer.type("half a sen")
    assert not stage.document.fire("beforeunload")
    composer.type("x" * (MAX_DRAFT_CHARACTERS + 1))
    assert stage.document.fire("beforeunload")
    composer.type("half a sen")
    stage.rooms[0].set_keeping(False)
    await settle()
    assert stage.document.fire("beforeunload")
    composer.type("")
    assert not stage.document.fire("beforeunload")


@pytest.mark.parametrize("event", [*CHECKED, "pagehide"])
async def test_draft_is_kept_before_the_page_may_end(event: str) -> None:
    """A page that is seen no longer may not be told when it ends; the next one puts the draft back."""
    stage = await stage_at("/chat/den")
    stage.document.by_test_id("composer").type("half a sen")
    assert "half a sen" not in str(stage.store)
    stage.document.fire(event)
    assert "half a sen" in str(stage.store)
    after = Stage("/chat/den")
    after.store.update(stage.store)
    await after.start()
    assert after.document.by_test_id("composer").value == "half a sen"


@pytest.mark.parametrize("event", CHECKED)
async def test_login_is_renewed_when_the_page_wakes(event: str) -> None:
    """The time for it may have come while no timer ran."""
    stage = await stage_at("/")
    stage.http.requests.clear()
    stage.http.answers = [login_answer("newer")]
    stage.clock.sleep(4_000)
    stage.document.fire(event)
    await settle()
    assert [path for path, _body, _token in stage.http.requests] == [REFRESH_PATH]


async def test_room_is_told_how_far_the_server_is_ahead() -> None:
    """As the answer to the login has shown."""
    stage = Stage("/chat/den")
    stage.http.answers = [login_answer(TOKEN, expires_in=3_600)]
    await stage.start()
    assert stage.rooms[0].callbacks.server_ahead() == NOW + 7_200 - 3_600 - NOW


@pytest.mark.parametrize("event", [*CHECKED, "storage"])
async def test_event_does_no_harm_without_a_room(event: str) -> None:
    """Neither before there was one, nor after."""
    stage = await stage_at("/")
    stage.document.fire(event)
    stage.application.open_room("den")
    stage.application.open_lobby()
    stage.calls()
    stage.document.fire(event)
    await settle()
    assert (stage.calls(), stage.failures) == ([], [])


@pytest.mark.parametrize("event", CHECKED)
async def test_today_is_another_day_when_the_page_wakes(event: str) -> None:
    """No timer ran at midnight."""
    stage = await stage_at("/chat/den")
    stage.rooms[0].send("hello")
    await settle()
    assert stage.days == ["Today"]
    stage.clock.sleep(DAY)
    stage.document.fire(event)
    assert stage.days == ["Yesterday"]


async def test_today_is_another_day_after_midnight() -> None:
    """Where the page has been awake, within a few seconds, and again at the next one."""
    stage = await stage_at("/chat/den")
    stage.rooms[0].send("hello")
    await settle()
    stage.clock.advance(DAY - NOW % DAY - 1)
    assert stage.days == ["Today"]
    stage.clock.advance(TICK_SECONDS + 1)
    assert stage.days == ["Yesterday"]
    stage.clock.advance(DAY)
    assert stage.days not in (["Today"], ["Yesterday"])


# Several open rooms, of which the page shows one; it has no way to keep another one open yet


async def two_rooms() -> Stage:
    """Open den, and hall beside it, which is shown."""
    stage = await stage_at("/chat/den")
    stage.application._enter_room("hall", "alice")
    await settle()
    stage.calls()
    return stage


@pytest.mark.parametrize("event", CHECKED)
async def test_every_open_room_is_checked(event: str) -> None:
    """Also those that are not shown."""
    stage = await two_rooms()
    stage.document.fire(event)
    assert [room.calls.count("checked") for room in stage.rooms] == [1, 1]


async def test_every_open_room_hears_of_the_store_and_the_relay() -> None:
    """What is kept for all rooms, each of them looks at."""
    stage = await two_rooms()
    stage.document.fire("storage")
    assert [call[1:] for call in stage.calls()] == [("retention_requested", "relay_only_requested")] * 2
    stage.application.set_relay_only(only=True)
    assert [call[1:] for call in stage.calls()] == [("relay_only_requested",)] * 2


async def test_every_open_room_asks_for_the_password_and_goes_on() -> None:
    """One answer serves all of them."""
    stage = await two_rooms()
    stage.sockets.opened[0].callbacks.closed(CloseCode.UNAUTHENTICATED)
    assert (stage.is_asking_for_password, stage.calls()) == (True, [])
    stage.http.answers = [login_answer("newer")]
    stage.application.sign_in("alice", "long enough")
    await settle()
    assert stage.calls() == [("den", "login_renewed"), ("hall", "login_renewed")]
    assert not stage.is_asking_for_password


async def test_notice_goes_to_the_screen_of_its_room() -> None:
    """What a room tells that is not shown does not show in another one."""
    stage = await two_rooms()
    stage.rooms[1].callbacks.show(StatusChanged(StatusLine(Status.CONNECTED)))
    stage.rooms[0].callbacks.show(StatusChanged(StatusLine(Status.OFFLINE)))
    assert stage.status == Status.CONNECTED


async def test_going_elsewhere_leaves_the_room_that_is_shown() -> None:
    """And no other one."""
    stage = await two_rooms()
    stage.application.open_lobby()
    assert stage.calls() == [("hall", "stop")]
    stage.document.fire("online")
    assert stage.calls() == [("den", "checked")]
    stage.application.open_room("garden")
    assert stage.calls() == [("garden", "start")]


async def test_leaving_another_room_keeps_the_one_that_is_shown() -> None:
    """The one that is shown stays where it is, and ends when the person goes elsewhere."""
    stage = await two_rooms()
    stage.application._leave_room("den")
    assert (stage.screen, stage.calls()) == ("room", [("den", "stop")])
    stage.application.open_lobby()
    assert stage.calls() == [("hall", "stop")]


async def test_signing_out_leaves_every_room() -> None:
    """None of them goes on under a login that has ended."""
    stage = await two_rooms()
    stage.application.sign_out()
    assert stage.calls() == [("den", "stop"), ("hall", "stop")]
    assert stage.screen == "form"
    stage.document.fire("online")
    assert stage.calls() == []
