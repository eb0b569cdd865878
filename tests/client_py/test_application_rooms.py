from __future__ import annotations

from dataclasses import replace

import pytest

from client_py.application import OPENING_SECONDS, TICK_SECONDS
from client_py.core.conversation.notices import ItemAdded
from client_py.core.conversation_list import MAX_OPEN, ConversationRow, archived, format_rows, left
from client_py.core.drafts import MAX_DRAFT_CHARACTERS
from client_py.core.notices import RetentionChanged, StatusChanged
from client_py.core.retention import Retention
from client_py.core.status_line import Status, StatusLine
from client_py.drivers.conversation_list import CONVERSATIONS_KEY, KEEPING_SECONDS
from client_py.drivers.forgetting import FORGETTING_SECONDS
from client_py.drivers.list_lock import LIST_LOCK
from protocol.codes import CloseCode
from protocol.http import REFRESH_PATH
from tests.client_py.page_stage import NOW, TOKEN, Stage, login_answer, refusal, stage_at
from tests.client_py.ui.view_context import DAY, incoming
from tests.fakes.ports import FakeLocks, settle

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


async def test_room_stays_open_beside_the_list() -> None:
    """Going to the list and back shows the same room, which has gone on meanwhile."""
    stage = await stage_at("/")
    stage.application.open_room("den")
    assert (stage.location.path, stage.screen) == ("/chat/den", "room")
    assert (stage.calls(), stage.rooms[0].after) == ([("den", "start")], None)
    stage.click("lobby")
    assert (stage.location.path, stage.screen) == ("/", "start")
    assert (stage.calls(), stage.conversations) == ([], ["den"])
    stage.application.open_room("den")
    assert (stage.screen, stage.calls(), len(stage.rooms)) == ("room", [], 1)


async def test_room_is_entered_again_once_its_last_visit_has_closed() -> None:
    """What that has yet to write comes first; the page shows the room meanwhile."""
    stage = await stage_at("/chat/den")
    stage.databases.database.open_for_writing.clear()
    stage.rooms[0].send("the last word")
    stage.application.leave_room("den")
    stage.application.open_room("den")
    await settle()
    assert stage.calls() == [("den", "start", "stop"), ("den", "start")]
    assert stage.rooms[1].after is stage.rooms[0]
    assert stage.document.title == "den · P2P Chat"
    assert len(stage.sockets.opened) == 1
    stage.databases.database.open_for_writing.set()
    await settle()
    assert len(stage.sockets.opened) == 2
    assert stage.failures == []


async def test_person_goes_back_and_forward() -> None:
    """Each step shows what stands at its address, and no room ends by it."""
    stage = await stage_at("/")
    stage.application.open_room("den")
    stage.application.open_room("hall")
    assert stage.document.title == "hall · P2P Chat"
    stage.calls()
    stage.location.go_back()
    assert stage.document.title == "den · P2P Chat"
    stage.location.go_back()
    assert stage.screen == "start"
    stage.location.go_forward()
    assert (stage.screen, stage.calls(), stage.open_rooms) == ("room", [], ["den", "hall"])


async def test_room_that_was_shown_longest_ago_is_closed() -> None:
    """Eight stay open: each has a WebSocket, and connections to everyone there."""
    stage = await stage_at("/")
    for number in range(MAX_OPEN):
        stage.application.open_room(f"room-{number}")
    stage.application.open_room("room-0")
    stage.application.open_room("one-more")
    await settle()
    assert stage.open_rooms == [f"room-{number}" for number in range(MAX_OPEN) if number != 1] + ["one-more"]
    assert stage.failures == []


async def test_rooms_of_the_list_are_opened_one_after_the_other() -> None:
    """Those that were used last, but for archived ones, after the one that is shown; and no more than stay open."""
    before = await stage_at("/")
    for number in range(MAX_OPEN + 2):
        before.application.open_room(f"room-{number}")
        before.clock.advance(1)
    before.application.set_archived("room-8", archived=True)
    before.document.fire("pagehide")
    stage = Stage("/chat/room-0")
    stage.clock.advance(before.clock.now() - NOW)
    stage.store.update(before.store)
    await stage.start()
    assert stage.open_rooms == ["room-0"]
    for _ in range(MAX_OPEN + 2):
        stage.clock.advance(OPENING_SECONDS)
        await settle()
    assert stage.open_rooms == ["room-0", "room-9", "room-7", "room-6", "room-5", "room-4", "room-3", "room-2"]
    assert (stage.screen, stage.failures) == ("room", [])


async def test_rooms_of_the_list_are_opened_in_one_tab() -> None:
    """A tab takes a place in each of its rooms; when the one that has them is gone, another one opens them."""
    first = await two_rooms()
    first.clock.advance(OPENING_SECONDS)
    await settle()
    first.document.fire("visibilitychange")
    second = Stage("/", locks=first.locks)
    second.store.update(first.store)
    await second.start()
    second.clock.advance(TICK_SECONDS)
    await settle()
    assert second.open_rooms == []
    first.application.sign_out()
    second.clock.advance(TICK_SECONDS + OPENING_SECONDS)
    await settle()
    second.clock.advance(OPENING_SECONDS)
    assert second.open_rooms == ["den", "hall"]
    assert (first.failures, second.failures) == ([], [])


async def test_rooms_of_the_list_are_opened_where_there_are_no_locks() -> None:
    """As on a page without HTTPS, or where the browser refuses them, which is said once."""
    kept = (await two_rooms()).store
    for locks in (FakeLocks(supported=False), FakeLocks(refusing=True)):
        stage = Stage("/", locks=locks)
        stage.store.update(kept)
        await stage.start()
        for seconds in (OPENING_SECONDS, OPENING_SECONDS, TICK_SECONDS):
            stage.clock.advance(seconds)
            await settle()
        assert stage.open_rooms == ["den", "hall"]
        assert (stage.failures, len(stage.warnings)) == ([], int(locks.refusing))


async def test_page_that_is_kept_in_the_history_holds_the_list_from_nobody() -> None:
    """Browsers keep no page there that holds a lock; when it comes back, it asks for the list again."""
    stage = await two_rooms()
    stage.clock.advance(OPENING_SECONDS)
    await settle()
    assert f"{LIST_LOCK}alice" in stage.locks.held
    stage.document.fire("pagehide")
    assert f"{LIST_LOCK}alice" not in stage.locks.held
    stage.clock.advance(TICK_SECONDS + OPENING_SECONDS)
    await settle()
    assert f"{LIST_LOCK}alice" in stage.locks.held
    assert stage.failures == []


async def test_empty_list_is_not_held() -> None:
    """There is nothing to open, and the browser may keep the page in its history."""
    stage = await stage_at("/")
    stage.clock.advance(TICK_SECONDS + OPENING_SECONDS)
    await settle()
    assert f"{LIST_LOCK}alice" not in stage.locks.held
    stage.document.fire("pagehide")
    assert (stage.locks.held, stage.failures) == (set(), [])


async def test_list_is_not_held_for_somebody_who_has_gone() -> None:
    """The lock may come after the logout."""
    stage = await two_rooms()
    stage.clock.advance(OPENING_SECONDS)
    stage.application.sign_out()
    await settle()
    assert (stage.locks.held, stage.open_rooms) == (set(), [])


async def test_room_is_left_and_come_back_to() -> None:
    """It is off the list, and closed; and as before if that was a mistake."""
    stage = await stage_at("/chat/den")
    stage.click("leave-room")
    assert (stage.screen, stage.location.path, stage.conversations) == ("start", "/", [])
    assert stage.calls() == [("den", "start", "stop")]
    assert "You have left den" in stage.document.html.one(class_="undo").text
    stage.click("undo")
    assert (stage.screen, stage.conversations, stage.calls()) == ("room", ["den"], [("den", "start")])
    assert stage.rooms[1].after is stage.rooms[0]


async def test_conversation_is_archived_and_taken_out_again() -> None:
    """It goes from the list into what can be looked at, is not connected there, and comes back."""
    stage = await stage_at("/chat/den")
    stage.clock.advance(1)
    stage.application.open_room("hall")
    stage.click("archive")
    assert (stage.screen, stage.conversations, stage.open_rooms) == ("start", ["den"], ["den"])
    stage.click("archived")
    assert stage.conversations == ["hall", "den"]
    stage.click("undo")
    assert (stage.conversations, stage.document.by_test_id("archived").hidden) == (["hall", "den"], True)
    stage.clock.advance(OPENING_SECONDS)
    await settle()
    assert stage.open_rooms == ["den", "hall"]


async def test_room_is_muted_and_heard_again() -> None:
    """It is counted in its own row, which says so, and no longer in the title."""
    stage = await two_rooms()
    stage.application.set_muted("den", muted=True)
    stage.rooms[0].callbacks.show(ItemAdded(incoming("The tomatoes are ripe", author="bob")))
    row = stage.conversation("den")
    assert (row.get("data-muted"), row.get("data-unread"), stage.document.title) == ("", "1", "hall · P2P Chat")
    stage.click("undo")
    assert (row.get("data-muted"), stage.document.title) == (None, "(1) hall · P2P Chat")


async def kept_rows(stage: Stage, room: str) -> int:
    """Count what the browser has of a room."""
    return len(await stage.databases.database.read(("alice", room)))


async def test_room_is_forgotten_unless_that_is_taken_back() -> None:
    """Until then, all of it is there; what is begun, too."""
    stage = await two_rooms()
    stage.rooms[1].send("secret")
    await settle()
    stage.document.by_test_id("composer").type("half a sen")
    stage.click("forget")
    stage.click("confirm-forget")
    assert (stage.screen, stage.conversations) == ("start", ["den"])
    await settle()
    stage.clock.advance(FORGETTING_SECONDS - 2)
    await settle()
    assert await kept_rows(stage, "hall")
    stage.click("undo")
    await settle()
    assert stage.document.by_test_id("composer").value == "half a sen"
    stage.clock.advance(2 * FORGETTING_SECONDS)
    await settle()
    assert "secret" in stage.conversation("hall").text
    stage.application.forget_room("hall")
    await settle()
    stage.clock.advance(FORGETTING_SECONDS)
    await settle()
    assert not await kept_rows(stage, "hall")
    assert await kept_rows(stage, "den")
    assert not stage.conversations_kept()["hall"].is_forgotten
    stage.application.open_room("hall")
    await settle()
    assert stage.document.by_test_id("composer").value == ""
    assert stage.document.html.every(data_testid="message") == []


async def test_what_is_to_be_forgotten_is_so_after_a_reload() -> None:
    """The page may be closed before its time has come; and where the database refuses, it is tried again."""
    before = await two_rooms()
    before.rooms[0].send("secret")
    await settle()
    before.application.forget_room("den")
    await settle()
    stage = Stage("/")
    stage.store.update(before.store)
    stage.databases.database = before.databases.database
    stage.databases.refusing = True
    await stage.start()
    stage.clock.advance(2 * TICK_SECONDS)
    await settle()
    assert len(stage.warnings) == 1
    assert await kept_rows(stage, "den")
    stage.databases.refusing = False
    stage.clock.advance(TICK_SECONDS)
    await settle()
    assert not await kept_rows(stage, "den")


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
    """The list has no conversation to ask over; the password leads to where the address says, and the room goes on."""
    stage = await refused_in_den()
    stage.application.open_home()
    assert stage.screen == "form"
    assert "has expired" in stage.document.by_id("sign-in-notice").text
    stage.http.answers = [login_answer("newer")]
    stage.application.sign_in("alice", "long enough")
    await settle()
    assert (stage.screen, stage.calls()) == ("start", [("den", "login_renewed")])


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
    """Where nothing is kept beyond the page, also once the room is closed; where all is kept, it says nothing."""
    stage = await stage_at("/chat/den")
    stage.rooms[0].send("anyone?")
    await settle()
    assert not stage.document.fire("beforeunload")
    stage.rooms[0].set_keeping(False)
    await settle()
    assert stage.document.fire("beforeunload")
    stage.application.open_home()
    assert stage.document.fire("beforeunload")
    stage.application.leave_room("den")
    assert stage.document.fire("beforeunload")


async def test_room_that_is_not_kept_is_there_when_it_is_entered_again() -> None:
    """It was left, and what waits in it still waits."""
    stage = await stage_at("/chat/den")
    stage.rooms[0].set_keeping(False)
    await settle()
    stage.rooms[0].send("anyone?")
    await settle()
    stage.application.leave_room("den")
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
    stage.application.leave_room("den")
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


# Several open rooms, of which the page shows one


async def two_rooms() -> Stage:
    """Open den, and hall beside it, which is shown."""
    stage = await stage_at("/chat/den")
    stage.clock.advance(1)
    stage.application.open_room("hall")
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


async def test_leaving_another_room_keeps_the_one_that_is_shown() -> None:
    """The one that is shown stays where it is."""
    stage = await two_rooms()
    stage.application.leave_room("den")
    assert (stage.screen, stage.location.path, stage.calls()) == ("room", "/chat/hall", [("den", "stop")])


async def test_signing_out_leaves_every_room() -> None:
    """None of them goes on under a login that has ended."""
    stage = await two_rooms()
    stage.application.sign_out()
    assert stage.calls() == [("den", "stop"), ("hall", "stop")]
    assert stage.screen == "form"
    stage.document.fire("online")
    assert stage.calls() == []


# What the list says


async def test_message_in_another_room_is_unread() -> None:
    """The list counts it, and the title; who goes there has read it."""
    stage = await two_rooms()
    stage.rooms[0].callbacks.show(ItemAdded(incoming("The tomatoes are ripe", author="bob")))
    row = stage.conversation("den")
    assert (row.get("data-unread"), stage.document.title) == ("1", "(1) hall · P2P Chat")
    assert "The tomatoes are ripe" in row.text
    assert stage.conversations == ["den", "hall"], "what was used last comes first"
    row.fire("click")
    assert (stage.location.path, stage.conversation("den").get("data-unread")) == ("/chat/den", "0")
    assert stage.document.title == "den · P2P Chat"


async def test_list_is_right_after_a_reload() -> None:
    """Before anything is connected: the order, the last lines, what is unread, and what is begun."""
    before = await two_rooms()
    before.rooms[0].callbacks.show(ItemAdded(incoming("The tomatoes are ripe", author="bob")))
    before.document.by_test_id("composer").type("half a sen")
    before.document.fire("pagehide")
    stage = Stage("/")
    stage.store.update(before.store)
    await stage.start()
    assert stage.conversations == ["den", "hall"]
    assert stage.conversation("den").get("data-unread") == "1"
    assert "The tomatoes are ripe" in stage.conversation("den").text
    assert "half a sen" in stage.conversation("hall").text
    assert stage.open_rooms == []


async def test_list_of_one_person_is_not_shown_to_another() -> None:
    """Each has a list of their own in this browser."""
    stage = await two_rooms()
    stage.application.sign_out()
    await settle()
    stage.http.answers = [login_answer("bobs", "bob")]
    stage.location.push("/")
    stage.application.sign_in("bob", "secret")
    await settle()
    assert (stage.screen, stage.conversations) == ("start", [])
    assert list(stage.conversations_kept()) == ["hall", "den"]


async def test_list_keeps_no_word_where_nothing_is_to_be_kept() -> None:
    """Neither of the room in which that was said, nor of others."""
    stage = await two_rooms()
    stage.rooms[0].callbacks.show(ItemAdded(incoming("a secret", author="bob")))
    stage.document.fire("pagehide")
    assert "a secret" in str(stage.store)
    stage.rooms[1].callbacks.show(RetentionChanged(Retention(kept=False)))
    assert "a secret" not in str(stage.store), "it is gone at once"
    assert "a secret" in stage.conversation("den").text


async def test_empty_list_says_not_whose_it_was() -> None:
    """A browser that somebody has left without a conversation does not name them."""
    stage = await two_rooms()
    for room in ("den", "hall"):
        stage.application.leave_room(room)
    stage.application.sign_out()
    await settle()
    assert CONVERSATIONS_KEY + "alice" not in stage.store


async def test_list_is_written_while_more_goes_on() -> None:
    """Somebody who writes without a pause does not keep it from being kept."""
    stage = await two_rooms()
    for number in range(4):
        stage.rooms[0].callbacks.show(ItemAdded(incoming(f"line {number}", author="bob")))
        stage.clock.advance(KEEPING_SECONDS * 0.6)
    assert stage.conversations_kept()["den"].unread >= 2


async def test_list_follows_the_other_tabs() -> None:
    """What was read there is read, and a room that was entered there is on the list."""
    stage = await two_rooms()
    stage.rooms[0].callbacks.show(ItemAdded(incoming("The tomatoes are ripe", author="bob")))
    stage.document.fire("pagehide")
    stage.clock.advance(60)
    rows = stage.conversations_kept()
    rows["den"] = replace(rows["den"], unread=0, read_at=NOW + 60)
    rows["garden"] = ConversationRow("garden", used_at=NOW + 60)
    stage.store[CONVERSATIONS_KEY + "alice"] = format_rows(rows)
    stage.document.fire("storage")
    assert stage.conversations == ["garden", "den", "hall"]
    assert stage.conversation("den").get("data-unread") == "0"


async def test_what_another_tab_has_left_or_archived_is_closed() -> None:
    """But for the one that is on the page here: that stays, and is on the list again."""
    stage = await two_rooms()
    stage.clock.advance(60)
    stage.application.open_room("garden")
    rows = stage.conversations_kept()
    now = stage.clock.now() + 1
    rows["den"] = left(rows["den"], now)
    rows["hall"] = archived(rows["hall"], now, is_archived=True)
    rows["garden"] = left(rows["garden"], now)
    stage.clock.advance(1)
    stage.store[CONVERSATIONS_KEY + "alice"] = format_rows(rows)
    stage.document.fire("storage")
    assert (stage.open_rooms, stage.conversations, stage.screen) == (["garden"], ["garden"], "room")
    assert not stage.conversations_kept()["garden"].is_left


async def test_undoing_does_no_harm_once_another_tab_has_forgotten_the_row() -> None:
    """The list may have been written by another tab meanwhile, or by nobody any more."""
    stage = await two_rooms()
    stage.click("archive")
    stage.store[CONVERSATIONS_KEY + "alice"] = "[]"
    stage.document.fire("storage")
    stage.click("undo")
    assert (stage.conversations, stage.failures) == (["hall", "den"], [])
