from __future__ import annotations

from client_py.application import OPENING_SECONDS
from client_py.core.attention import WAIT_SECONDS
from client_py.core.conversation.notices import ItemAdded
from client_py.core.preferences import Preferences, format_preferences
from client_py.drivers.preferences import PREFERENCES_KEY
from client_py.drivers.update_check import HURRY_SECONDS
from tests.client_py.page_stage import Stage, login_answer, stage_at
from tests.client_py.ui.view_context import incoming, outgoing
from tests.fakes.ports import settle


async def in_den(*, allowed: bool = True) -> Stage:
    """Open den, by the tab that announces, in which nobody looks."""
    stage = await stage_at("/chat/den")
    if allowed:
        stage.notifications.permission = "granted"
    stage.clock.advance(OPENING_SECONDS)
    await settle()
    look(stage, seen=False)
    return stage


def look(stage: Stage, *, seen: bool) -> None:
    """Look at the page, or away from it."""
    stage.document.visible = seen
    stage.document.fire("focus" if seen else "blur")


async def hear(stage: Stage, message_id: str = "one") -> None:
    """Hear of a message, and let a while pass."""
    stage.rooms[0].callbacks.show(ItemAdded(incoming("The tomatoes are ripe", author="bob", message_id=message_id)))
    await settle()
    stage.clock.advance(WAIT_SECONDS)
    await settle()


async def test_message_is_announced_and_leads_to_its_room() -> None:
    """With its words; a click opens it, and looking takes the notification away."""
    stage = await in_den()
    stage.click("lobby")
    await hear(stage)
    [notification] = stage.notifications.alerts
    assert (notification.title, notification.room, notification.message_id) == ("den", "den", "one")
    assert notification.body.endswith("The tomatoes are ripe")
    assert (stage.sound.played, stage.badge.count) == (1, 1)
    icon = stage.document.by_id("icon")
    assert icon.get("href") == icon.get("data-unread") != icon.get("data-plain")
    look(stage, seen=True)
    stage.notifications.clicked("den", "one")
    assert (stage.location.path, stage.notifications.shown, stage.badge.count) == ("/chat/den", {}, 0)
    assert icon.get("href") == icon.get("data-plain")


async def test_click_leads_nowhere_else() -> None:
    """What a notification names may be of another page; and somebody who is not signed in is shown nothing."""
    stage = await in_den()
    stage.notifications.clicked("no room!", "one")
    assert stage.location.path == "/chat/den"
    stage.application.sign_out()
    await settle()
    stage.notifications.clicked("hall", "one")
    assert stage.location.path == "/chat/den"


async def test_muted_room_is_silent() -> None:
    """And counted in its own row alone."""
    stage = await in_den()
    stage.application.set_muted("den", muted=True)
    await hear(stage)
    assert (stage.notifications.alerts, stage.sound.played, stage.badge.count) == ([], 0, 0)
    assert stage.conversation("den").get("data-unread") == "1"


async def test_wishes_of_another_tab_are_minded() -> None:
    """The settings may be open in that one."""
    stage = await in_den()
    stage.store[PREFERENCES_KEY + "alice"] = format_preferences(Preferences(notification_text=False, sound=False))
    stage.document.fire("storage")
    await hear(stage)
    assert (stage.notifications.alerts[0].body, stage.sound.played) == ("1 new message", 0)


async def test_person_is_asked_after_their_first_message() -> None:
    """In a quiet line; by a click in it, the browser asks. Never twice."""
    stage = await in_den(allowed=False)
    assert stage.document.by_test_id("offer-notifications").hidden
    stage.rooms[0].callbacks.show(ItemAdded(outgoing("hello", message_id="mine")))
    assert not stage.document.by_test_id("offer-notifications").hidden
    stage.click("offer-notifications-yes")
    assert (stage.notifications.asked, stage.notifications.permission) == (1, "granted")
    stage.notifications.permission = "default"
    stage.rooms[0].callbacks.show(ItemAdded(outgoing("hello", message_id="mine too")))
    assert stage.document.by_test_id("offer-notifications").hidden


async def test_person_is_asked_when_they_open_a_second_room() -> None:
    """Who declines is not asked again."""
    stage = await in_den(allowed=False)
    stage.application.open_room("hall")
    stage.click("offer-notifications-no")
    stage.application.open_room("den")
    assert stage.document.by_test_id("offer-notifications").hidden
    assert stage.notifications.asked == 0


async def test_page_is_loaded_again_with_what_is_begun() -> None:
    """By the person alone."""
    stage = await in_den()
    stage.document.by_test_id("composer").type("half a sen")
    stage.application.reload()
    assert stage.location.reloads == 1
    assert "half a sen" in str(stage.store)


async def test_newer_release_is_offered_and_never_forced() -> None:
    """Also to somebody who is not signed in yet; whoever declines goes on."""
    stage = await stage_at("/", person=None)
    stage.release.offered = "another"
    stage.clock.advance(HURRY_SECONDS)
    stage.document.fire("online")
    await settle()
    stage.http.answers = [login_answer("token")]
    stage.application.sign_in("alice", "password")
    await settle()
    assert not stage.document.by_test_id("offer-update").hidden
    stage.click("offer-update-no")
    assert (stage.document.by_test_id("offer-update").hidden, stage.location.reloads) == (True, 0)
    stage = await stage_at("/")
    stage.release.offered = "another"
    stage.clock.advance(HURRY_SECONDS)
    stage.document.fire("online")
    await settle()
    stage.click("offer-update-yes")
    assert stage.location.reloads == 1


async def launched(fragment: str, path: str = "/") -> Stage:
    """Open the page at an address with a fragment."""
    stage = Stage(path)
    stage.location.fragment = fragment
    return await stage.start()


async def test_shared_text_goes_into_the_room_that_is_chosen() -> None:
    """Before what is begun there; and into no other one after that. A reload does not share again."""
    stage = await launched("share=The%20tomatoes")
    assert stage.location.fragment == ""
    assert "The tomatoes" in stage.document.by_test_id("shared").text
    stage.store["p2pchat.drafts:alice"] = '{"den": "half a sen"}'
    stage.application.open_room("den")
    await settle()
    assert stage.document.by_test_id("composer").value == "The tomatoes\nhalf a sen"
    assert stage.document.by_test_id("shared").hidden
    stage.application.open_room("hall")
    await settle()
    assert stage.document.by_test_id("composer").value == ""


async def test_shared_text_goes_into_a_room_that_is_open() -> None:
    """At once; and into none where the person has thought better of it."""
    stage = await stage_at("/chat/den")
    for answer, text in (("shared-no", ""), ("", "The tomatoes")):
        stage.application.open_home()
        stage.location.fragment = "share=The%20tomatoes"
        stage.location.watchers[0]()
        if answer:
            stage.click(answer)
        stage.application.open_room("den")
        assert stage.document.by_test_id("composer").value == text


async def test_shortcut_begins_a_conversation() -> None:
    """Where the list is the whole page, the form is in a panel."""
    stage = await launched("new")
    assert (stage.location.fragment, stage.document.shown_popovers) == ("", ["new-room-panel"])
    assert (await launched("new", "/chat/den")).document.shown_popovers == []
