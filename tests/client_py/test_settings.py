from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from client_py.core.conversation.database_rows import Place, item_row
from client_py.core.conversation.delivery import Direction
from client_py.core.conversation.items import Item, Text
from client_py.core.conversation.notices import ProfileChanged, TypingChanged
from client_py.core.notices import Member, MembersChanged
from client_py.core.preferences import Preferences, parse_preferences
from client_py.drivers.account import DEVICE_MARKS_KEY, LOGIN_KEY, LOGOUT_KEY
from client_py.drivers.browser_storage import FORGOTTEN_KEY
from client_py.drivers.preferences import APPEARANCE_KEY, PREFERENCES_KEY
from client_py.drivers.relay_preference import RELAY_ONLY_KEY
from client_py.ports.server import OriginRefused, Response
from client_py.ports.storage import Put, Space, StorageFailed, StorageFault
from client_py.settings import OTHER_TABS_SECONDS
from protocol.codes import ErrorCode
from protocol.http import (
    DELETE_ACCOUNT_PATH,
    END_LOGIN_PATH,
    END_OTHER_LOGINS_PATH,
    LOGINS_PATH,
    PASSWORD_PATH,
)
from tests.client_py.page_stage import NOW, TOKEN, Stage, login_answer, stage_at
from tests.fakes.document import FakeElement
from tests.fakes.ports import settle

HERE, THERE = "0" * 32, "1" * 32
GONE = Response(204, "")


def refused(code: ErrorCode, status: int = 401, **more: object) -> Response:
    """Return what the server says where it does not do what is asked."""
    return Response(status, json.dumps({"error": {"code": code, **more}}))


def logins(*devices: tuple[str, str]) -> Response:
    """Return a list of logins, of which the first is the one that asks."""
    listed = [
        {"id": name, "device": device, "created_at": 1, "last_used_at": 86_400, "is_current": number == 0}
        for number, (name, device) in enumerate(devices)
    ]
    return Response(200, json.dumps({"logins": listed}))


async def settings_at(path: str = "/settings", *, person: str = "alice") -> Stage:
    """Open the page at the settings, with one login here and one elsewhere."""
    stage = Stage(path, person=person)
    stage.http.standing[LOGINS_PATH] = logins((HERE, "Firefox on Linux"), (THERE, ""))
    return await stage.start()


def kept(stage: Stage, username: str = "alice") -> Preferences:
    """Return the preferences as the browser keeps them."""
    return parse_preferences(stage.store.get(PREFERENCES_KEY + username))


def text(stage: Stage, test_id: str) -> str:
    """Return what an element says."""
    return stage.document.by_test_id(test_id).text


def body_of(stage: Stage, path: str) -> dict[str, object]:
    """Return what was last asked at an address."""
    body = next(body for asked, body, _ in reversed(stage.http.requests) if asked == path)
    found: dict[str, object] = json.loads(body)
    return found


def form_around(stage: Stage, test_id: str) -> FakeElement:
    """Return the form that a field belongs to."""
    element: FakeElement | None = stage.document.by_test_id(test_id)
    while element is not None and element.tag != "form":
        element = element.parent
    assert element is not None
    return element


async def submit(stage: Stage, **fields: str) -> None:
    """Fill in a form and send it."""
    for name, value in fields.items():
        stage.document.by_test_id(name.replace("_", "-")).type(value)
    form_around(stage, next(iter(fields)).replace("_", "-")).fire("submit")
    await settle()


# Where they are


async def test_settings_are_reached_from_the_account_menu_and_left_again() -> None:
    """They have an address, and the room stays open meanwhile."""
    stage = await stage_at("/chat/den")
    stage.click("settings")
    assert stage.location.path == "/settings"
    assert stage.document.has_test_id("settings-screen")
    assert stage.open_rooms == ["den"]
    stage.click("leave-settings")
    assert (stage.location.path, stage.screen) == ("/chat/den", "room")
    stage.location.go_back()
    assert stage.document.has_test_id("settings-screen")
    await settle()
    assert stage.failures == []


async def test_settings_are_left_for_the_list_where_one_came_from_nowhere() -> None:
    """After a reload, for one."""
    stage = await settings_at()
    assert stage.document.has_test_id("settings-screen")
    stage.click("leave-settings")
    assert stage.location.path == "/"


async def test_settings_ask_who_is_nobody_to_log_in() -> None:
    """And then they are there."""
    stage = await stage_at("/settings", person=None)
    assert stage.screen == "form"
    stage.http.standing["/api/login"] = login_answer(TOKEN)
    stage.application.sign_in("alice", "secret")
    await settle()
    assert stage.document.has_test_id("settings-screen")


async def test_entry_of_the_list_leads_to_its_group() -> None:
    """By the keyboard too: it goes to the title."""
    stage = await settings_at()
    stage.click("go-to-privacy")
    assert stage.document.focused is stage.document.by_id("settings-privacy")
    assert stage.document.by_test_id("go-to-privacy").get("aria-current") == "true"
    stage.click("go-to-you")
    assert stage.document.by_test_id("go-to-privacy").get("aria-current") is None


# What is chosen


async def test_theme_and_size_of_text_take_effect_at_once() -> None:
    """On the page, for the next one before anything is painted, and back."""
    stage = await settings_at()
    root = stage.document.root()
    stage.document.by_test_id("theme").one(data_value="dark").fire("click")
    stage.document.by_test_id("text-size").one(data_value="larger").fire("click")
    assert (root.get("data-theme"), root.get("data-text")) == ("dark", "larger")
    assert stage.document.by_id("theme-light").get("media") == "print"
    assert stage.store[APPEARANCE_KEY] == "dark larger"
    stage.document.by_test_id("theme").one(data_value="system").fire("click")
    stage.document.by_test_id("text-size").one(data_value="normal").fire("click")
    assert (root.get("data-theme"), root.get("data-text")) == (None, None)
    assert stage.document.by_id("theme-light").get("media") == "(prefers-color-scheme: light)"


async def test_choice_is_made_by_arrows_too() -> None:
    """As in a group of radio buttons: one is reached by Tab, and arrows go round."""
    stage = await settings_at()
    system, light, dark = stage.document.by_test_id("theme").every(tag="button")
    assert [radio.get("tabindex") for radio in (system, light, dark)] == ["0", "-1", "-1"]
    assert system.fire("keydown", key="ArrowRight")
    assert (light.get("aria-checked"), stage.document.focused) == ("true", light)
    light.fire("keydown", key="ArrowUp")
    system.fire("keydown", key="ArrowLeft")
    assert dark.get("aria-checked") == "true"
    assert not dark.fire("keydown", key="x")


@pytest.mark.parametrize(
    ("test_id", "name"),
    [
        ("notification-text", "notification_text"),
        ("sound", "sound"),
        ("read-receipts", "read_receipts"),
        ("typing-shown", "typing"),
    ],
)
async def test_switch_is_kept(test_id: str, name: str) -> None:
    """It says how it stands, also to a screen reader."""
    stage = await settings_at()
    switch = stage.document.by_test_id(test_id)
    assert switch.get("aria-checked") == "true"
    switch.fire("click")
    assert (switch.get("aria-checked"), getattr(kept(stage), name)) == ("false", False)
    switch.fire("click")
    assert getattr(kept(stage), name) is True


async def test_notifications_need_the_browser_to_allow_them() -> None:
    """Nothing is shown as on that does not come; who turns it on is asked by the browser."""
    stage = await settings_at()
    switch = stage.document.by_test_id("notifications")
    assert (switch.get("aria-checked"), switch.disabled) == ("false", False)
    switch.fire("click")
    assert (switch.get("aria-checked"), stage.notifications.asked) == ("true", 1)
    switch.fire("click")
    assert (switch.get("aria-checked"), kept(stage).notifications) == ("false", False)


async def test_notifications_that_the_browser_refuses_are_no_choice() -> None:
    """The person is told where to look."""
    stage = await settings_at()
    switch = stage.document.by_test_id("notifications")
    stage.notifications.answer = "denied"
    switch.fire("click")
    assert (switch.get("aria-checked"), switch.disabled) == ("false", True)
    assert "lets this page show no notifications" in switch.text


async def test_relay_is_chosen_here_too() -> None:
    """It is the same wish as at the start and in a room."""
    stage = await settings_at()
    stage.click("relay-only")
    assert stage.store[RELAY_ONLY_KEY] == "yes"
    assert stage.is_relay_only


async def test_name_and_colour_are_shown_to_oneself() -> None:
    """In the menu, with the account's name beside it."""
    stage = await settings_at()
    stage.document.by_test_id("avatar-hue").one(data_value="5").fire("click")
    await submit(stage, display_name="  Alice   B. ")
    menu = stage.document.by_test_id("account")
    assert (menu.get("data-name"), menu.get("title")) == ("alice", "You are Alice B.")
    assert menu.one(class_="avatar").get("data-hue") == "5"
    assert stage.document.by_test_id("display-name").value == "Alice B."
    assert text(stage, "name-saved") == "Saved."
    stage.document.by_test_id("display-name").type("Al")
    assert text(stage, "name-saved") == ""
    stage.click("sound")
    assert stage.document.by_test_id("display-name").value == "Al"


async def test_others_are_called_as_they_want_to_be_while_they_are_away() -> None:
    """After a reload too: the room has what was heard on the visit before; a colour that no page has is none."""
    stage = await stage_at("/chat/den")
    stage.rooms[0].callbacks.show(MembersChanged((Member("peer", "bob"),)))
    stage.rooms[0].callbacks.show(ProfileChanged("bob", "Robert", 99))
    assert stage.document.by_test_id("peer").one(class_="name").text == "Robert"
    later = Stage("/chat/den")
    later.store.update(stage.store)
    await later.start()
    later.rooms[0].callbacks.show(MembersChanged((Member("peer", "bob"),)))
    name = later.document.by_test_id("peer").one(class_="name")
    assert (name.text, name.get("title")) == ("Robert", "Robert (bob)")
    later.rooms[0].callbacks.show(TypingChanged(("bob",)))
    assert "Robert is typing" in later.document.by_test_id("typing").text
    later.click("settings")
    await submit(later, display_name="robert")
    later.location.go_back()
    assert later.document.by_test_id("peer").one(class_="name").text == "Robert (bob)"


async def test_tabs_follow_each_other() -> None:
    """What is chosen in one shows in the other."""
    stage = await settings_at()
    stage.store.put(PREFERENCES_KEY + "alice", '{"theme": "dark", "sound": false}')
    stage.document.fire("storage")
    assert stage.document.root().get("data-theme") == "dark"
    assert stage.document.by_test_id("sound").get("aria-checked") == "false"


# The account


@pytest.mark.parametrize(
    ("current", "new", "field", "sentence"),
    [
        ("", "long enough", "current-password", "Please enter your password."),
        ("secret", "", "new-password", "Please enter a new password."),
        ("secret", "short", "new-password", "The password needs at least 8 characters."),
    ],
)
async def test_rule_is_said_at_its_field(current: str, new: str, field: str, sentence: str) -> None:
    """Before anything is asked of the server."""
    stage = await settings_at()
    stage.click("change-password")
    await submit(stage, current_password=current, new_password=new)
    assert text(stage, f"{field}-fault") == sentence
    assert stage.document.by_test_id(field).get("aria-invalid") == "true"
    assert stage.document.focused is stage.document.by_test_id(field)
    stage.document.by_test_id(field).type("more")
    assert stage.document.by_test_id(field).get("aria-invalid") is None
    assert PASSWORD_PATH not in [path for path, _, _ in stage.http.requests]


@pytest.mark.parametrize(
    ("answer", "field", "sentence"),
    [
        (refused(ErrorCode.INVALID_CREDENTIALS), "current-password", "This is not your password."),
        (refused(ErrorCode.INVALID_PASSWORD, 422), "new-password", "The server takes no password like this."),
        (refused(ErrorCode.RATE_LIMITED, 429, retry_after=5), "current-password", "try again in 5 seconds"),
        (Response(502, "<html>"), "current-password", "could not be read"),
        (None, "current-password", "The server cannot be reached."),
        (OriginRefused("https://x.example"), "current-password", "https://x.example"),
    ],
)
async def test_refusal_of_another_password_is_said_at_its_field(
    answer: Response | OriginRefused | None, field: str, sentence: str
) -> None:
    """Whatever it is, in words."""
    stage = await settings_at()
    stage.http.answers = [answer] if answer else []
    stage.click("change-password")
    await submit(stage, current_password="secret", new_password="long enough")
    assert sentence in text(stage, f"{field}-fault")
    assert not stage.document.by_test_id("submit-password").disabled
    assert stage.failures == []


async def test_another_password_brings_another_token() -> None:
    """The login here goes on, with the marks by which the server knows this browser; the others are listed again."""
    stage = await settings_at()
    stage.store.put(DEVICE_MARKS_KEY, "ab.cd")
    stage.http.standing[PASSWORD_PATH] = login_answer("next", device_mark="ef.01")
    stage.http.standing[LOGINS_PATH] = logins((HERE, "Firefox on Linux"))
    stage.click("change-password")
    await submit(stage, current_password="secret", new_password="long enough")
    asked = {"password": "secret", "new_password": "long enough", "device_marks": ["ab.cd"]}
    assert body_of(stage, PASSWORD_PATH) == asked
    assert json.loads(stage.store[LOGIN_KEY])["token"] == "next"
    assert stage.store[DEVICE_MARKS_KEY].split()[0] == "ef.01"
    assert "is changed" in form_around(stage, "new-password").text
    assert stage.document.by_test_id("new-password").value == ""
    assert stage.document.by_test_id("end-other-logins").hidden


async def test_password_does_not_wait_in_a_form_that_is_folded() -> None:
    """Nor in one that is left."""
    stage = await settings_at()
    stage.click("change-password")
    field = stage.document.by_test_id("current-password")
    assert (stage.document.focused, field.get("type")) == (field, "password")
    field.type("secret")
    form_around(stage, "current-password").every(class_="bare")[0].fire("click")
    assert field.get("type") == "text"
    stage.click("change-password")
    assert (field.value, form_around(stage, "current-password").hidden) == ("", True)
    stage.click("change-password")
    field.type("secret")
    stage.click("leave-settings")
    assert field.value == ""


async def test_account_is_deleted_with_what_this_browser_keeps_of_it() -> None:
    """Nothing is left of the person, and what belongs to others stays."""
    stage = await settings_at("/chat/den")
    stage.click("settings")
    await settle()
    await stage.databases.database.write([Put((name, "den", "message", 1, "x"), "row") for name in ("alice", "bob")])
    stage.store.put("p2pchat.keep:bob", "no")
    stage.click("sound")
    stage.click("delete-account")
    await submit(stage, delete_password="")
    assert text(stage, "delete-password-fault") == "Please enter your password."
    stage.http.standing[DELETE_ACCOUNT_PATH] = refused(ErrorCode.INVALID_CREDENTIALS)
    await submit(stage, delete_password="wrong")
    assert text(stage, "delete-password-fault") == "This is not your password."
    stage.http.standing[DELETE_ACCOUNT_PATH] = GONE
    await submit(stage, delete_password="secret")
    await settle()
    assert (stage.screen, stage.open_rooms) == ("form", [])
    assert [key[0] for key, _ in await stage.databases.database.read(())] == ["bob"]
    left = {*stage.store, *stage.tab}
    assert not [key for key in left if "alice" in key]
    assert "p2pchat.keep:bob" in left
    assert "/api/logout" not in [path for path, _, _ in stage.http.requests]
    stage.store.put("p2pchat.conversations:alice", "[]")  # by another tab, which had yet to hear of it
    stage.clock.advance(OTHER_TABS_SECONDS)
    await settle()
    assert "p2pchat.conversations:alice" not in stage.store
    assert stage.failures == []


async def test_guest_has_no_password_and_no_devices() -> None:
    """In their place stands who they are."""
    stage = await settings_at(person="ann~2bcdfg")
    assert stage.document.has_test_id("guest")
    assert not stage.document.has_test_id("change-password")
    assert not stage.document.has_test_id("delete-account")
    assert not stage.document.by_test_id("settings-devices").is_shown()


# Devices


async def test_devices_are_listed_and_logged_out() -> None:
    """The one that asks cannot be logged out here; another one is gone from the list then."""
    stage = await settings_at()
    here, there = stage.document.html.every(data_testid="device-login")
    assert here.get("data-current") == ""
    assert "This one" in here.text
    assert "Last used" in there.text
    button = there.one(tag="button")
    named = (button.get("aria-labelledby") or "").split()
    assert [stage.document.by_id(name).text for name in named] == ["Log out", "A device that does not say what it is"]
    stage.http.standing |= {END_LOGIN_PATH: GONE, LOGINS_PATH: logins((HERE, "Firefox on Linux"))}
    stage.click("end-login")
    await settle()
    assert body_of(stage, END_LOGIN_PATH) == {"id": THERE}
    assert len(stage.document.html.every(data_testid="device-login")) == 1
    assert text(stage, "logins-status") == "The device is logged out."


async def test_login_that_has_ended_already_is_no_fault() -> None:
    """Somebody was quicker."""
    stage = await settings_at()
    stage.http.standing[END_LOGIN_PATH] = refused(ErrorCode.NOT_FOUND, 404)
    stage.click("end-login")
    await settle()
    assert text(stage, "logins-fault") == ""


async def test_all_other_devices_are_logged_out_at_once() -> None:
    """The token that asks is exchanged on the way."""
    stage = await settings_at()
    stage.http.standing[END_OTHER_LOGINS_PATH] = login_answer("next")
    stage.click("end-other-logins")
    await settle()
    assert json.loads(stage.store[LOGIN_KEY])["token"] == "next"
    assert text(stage, "logins-status") == "All other devices are logged out."


async def test_devices_that_cannot_be_listed_can_be_asked_for_again() -> None:
    """And what cannot be ended is said."""
    stage = await stage_at("/settings")
    assert "not known" in text(stage, "logins-fault")
    stage.http.standing[LOGINS_PATH] = Response(200, "{}")
    stage.click("list-logins")
    await settle()
    assert "could not be read" in text(stage, "logins-fault")
    stage.http.standing[LOGINS_PATH] = logins((HERE, ""), (THERE, ""))
    stage.click("list-logins")
    await settle()
    assert text(stage, "logins-fault") == ""
    assert stage.document.by_test_id("list-logins").hidden
    stage.click("end-login")
    await settle()
    assert text(stage, "logins-fault").startswith("The server cannot be reached.")


async def test_login_that_has_ended_asks_for_the_password() -> None:
    """As everywhere: and then the person is back here."""
    stage = await settings_at()
    stage.http.standing[END_LOGIN_PATH] = refused(ErrorCode.UNAUTHENTICATED)
    stage.click("end-login")
    await settle()
    assert stage.screen == "form"
    stage.http.standing["/api/login"] = login_answer("next")
    stage.application.sign_in("alice", "secret")
    await settle()
    assert stage.document.has_test_id("settings-screen")


# Storage


@dataclass
class Room:
    """The room in a browser, as the test has it."""

    space: Space
    grants: bool = False

    async def look(self) -> Space:
        """Return what the test says."""
        return self.space

    async def persist(self) -> None:
        """Grant it, or do not."""
        if self.grants:
            self.space = Space(self.space.used, self.space.quota, is_persisted=True)


async def with_messages(stage: Stage) -> None:
    """Keep a message in a room that is not open."""
    message = Item("theirs", Direction.INCOMING, "bob", Text("Hi"), NOW)
    await stage.databases.database.write(
        [Put(Place("alice", "hall").message(5, "theirs"), item_row(message)), Put(("alice", 7), "of no room")]
    )


async def test_storage_says_how_much_there_is_and_whether_it_stays() -> None:
    """What the browser has promised is asked for where it has not, and what it says is told."""
    stage = Stage("/settings", space=(room := Room(Space(2_500_000, 3e9, is_persisted=False))))
    await with_messages(stage)
    await stage.start()
    assert text(stage, "rooms-kept") == "Messages of 1 room"
    assert text(stage, "storage-space").startswith("2.5 MB of 3 GB are in use")
    stage.click("persist")
    await settle()
    assert "does not promise" in text(stage, "storage-status")
    room.grants = True
    stage.click("persist")
    await settle()
    assert text(stage, "storage-persisted") == "The browser keeps it until you delete it."
    assert stage.document.by_test_id("persist").hidden


async def test_storage_of_a_browser_that_says_nothing() -> None:
    """Nothing is made up."""
    stage = await settings_at()
    assert text(stage, "rooms-kept") == "No messages"
    assert "does not say" in text(stage, "storage-space")
    assert not stage.document.by_test_id("storage-persisted").is_shown()


async def test_everything_is_exported() -> None:
    """Rooms that are open, and those that are not."""
    stage = await settings_at("/chat/den")
    await with_messages(stage)
    stage.click("settings")
    stage.click("export-all")
    await settle()
    [(name, media_type, saved)] = stage.downloads.saved
    assert (name, media_type) == ("p2p-chat-alice-1970-01-12.json", "application/json")
    rooms = {room["room"]: room["messages"] for room in json.loads(saved)["rooms"]}
    assert rooms["den"] == []
    assert rooms["hall"][0]["text"] == "Hi"
    assert text(stage, "storage-status") == "2 rooms are exported."


async def test_export_of_what_cannot_be_read_is_none() -> None:
    """Half of it would be taken for all."""
    stage = await settings_at()
    stage.databases.database.unreadable = True
    stage.click("export-all")
    await settle()
    assert stage.downloads.saved == []
    assert "Not everything could be read" in text(stage, "storage-fault")
    assert stage.warnings


async def test_browser_forgets_everything_of_everybody() -> None:
    """After a question that says so; the login ends on the server too, and what is left has no name in it."""
    stage = await settings_at("/chat/den")
    stage.http.standing["/api/logout"] = GONE
    await with_messages(stage)
    stage.click("settings")
    stage.click("sound")
    stage.document.by_test_id("theme").one(data_value="dark").fire("click")
    stage.click("forget-browser")
    assert stage.document.by_test_id("confirm-forget").is_shown()
    stage.click("confirm-forget")
    await settle()
    assert stage.screen == "form"
    assert await stage.databases.database.read(()) == []
    assert (set(stage.store), dict(stage.tab)) == ({FORGOTTEN_KEY, LOGOUT_KEY}, {})
    assert "/api/logout" in [path for path, _, _ in stage.http.requests]
    assert stage.document.root().get("data-theme") is None
    assert stage.failures == []


async def test_other_tabs_forget_too() -> None:
    """Each when it has nothing more to write, so that the last one takes along what the others have left."""
    stage = await stage_at("/chat/den")
    stage.tab.put("p2pchat.drafts:alice", "{}")
    stage.log_out()
    stage.store.put(FORGOTTEN_KEY, str(NOW))
    stage.document.fire("storage")
    await settle()
    assert stage.screen == "form"
    assert await stage.databases.database.read(()) == []
    assert (set(stage.store), dict(stage.tab)) == ({FORGOTTEN_KEY, LOGOUT_KEY}, {})


@pytest.mark.parametrize("moment", [str(NOW - 3_600), "odd"])
async def test_tab_that_slept_meanwhile_takes_nothing_along_that_came_later(moment: str) -> None:
    """What was kept for itself alone goes all the same."""
    stage = await stage_at("/chat/den")
    stage.tab.put("p2pchat.drafts:alice", "{}")
    stage.log_out()
    stage.store.put(FORGOTTEN_KEY, moment)
    stage.store.put("p2pchat.keep:bob", "no")
    stage.document.fire("pageshow")
    await settle()
    assert "p2pchat.keep:bob" in stage.store
    assert dict(stage.tab) == {}


async def test_browser_that_cannot_delete_says_so_and_logs_nobody_out() -> None:
    """Before anything is gone."""
    stage = await settings_at()
    stage.databases.refusing, stage.databases.refusal = True, StorageFailed(StorageFault.SILENT, "no answer")
    stage.click("confirm-forget")
    await settle()
    assert "no answer" in text(stage, "storage-fault")
    assert LOGIN_KEY in stage.store


async def test_browser_that_keeps_nothing_is_forgotten_all_the_same() -> None:
    """Where it lets this page have no database."""
    stage = await settings_at()
    stage.databases.refusing = True
    stage.http.standing["/api/logout"] = GONE
    stage.click("confirm-forget")
    await settle()
    assert set(stage.store) == {FORGOTTEN_KEY, LOGOUT_KEY}


async def test_what_cannot_be_deleted_in_the_end_is_told_to_developers() -> None:
    """The person is logged out by then."""
    stage = await settings_at()
    stage.http.standing["/api/logout"] = GONE
    stage.databases.database.failing = True
    stage.click("confirm-forget")
    await settle()
    assert "Not everything could be deleted: full" in stage.warnings


# What there is to know


async def test_keys_and_licences_are_listed() -> None:
    """With the release, which people name when they report something."""
    stage = await settings_at()
    assert len(stage.document.html.every(data_testid="shortcut")) >= 4
    licences = [row.text for row in stage.document.html.every(data_testid="licence")]
    assert any("Pyodide" in row and "MPL-2.0" in row for row in licences)
    assert "Version " in text(stage, "version")
