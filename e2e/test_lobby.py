from __future__ import annotations

import re

from playwright.async_api import expect

from e2e.chat_page import OTHER_PASSWORD, OTHER_USERNAME, ChatPage, connect
from e2e.conftest import OpenPage
from e2e.people import Newcomers
from e2e.server import Server

RECENT = "li button[data-room]"


async def make_up_a_room(page: ChatPage) -> str:
    """Let the lobby make up a name."""
    await page.page.get_by_role("button", name="Make one up").click()
    await expect(page.handle("room-name")).to_have_value(re.compile(r"^[a-z]+-[a-z]+-[a-z]+-\d{3}$"))
    return await page.handle("room-name").input_value()


async def recent_rooms(page: ChatPage) -> list[str]:
    """Tell which rooms the lobby offers again."""
    rooms = await page.page.get_by_role("region", name="Recent rooms").locator(RECENT).all()
    return [await room.get_attribute("data-room") or "" for room in rooms]


async def test_lobby_leads_to_rooms(open_page: OpenPage, room: str) -> None:
    """A room is chosen by name, by link, made up or from the recent ones; back and forward go between the places."""
    page = await open_page("chromium")
    await page.open()
    await page.log_in()
    await page.wait_for_lobby()

    await page.handle("room-name").fill("not a room")
    await page.handle("join-room").click()
    await expect(page.page.get_by_role("alert").filter(has_text="1 to 64 characters")).to_be_visible()
    await page.go_to(room)
    await page.wait_for_status("waiting")
    assert page.page.url == f"{page.url}/chat/{room}"

    await page.go_back_to_lobby()
    await page.go_to(f"{page.url}/chat/{room}-by-link")
    assert page.page.url == f"{page.url}/chat/{room}-by-link"

    await page.go_back_to_lobby()
    made_up = await make_up_a_room(page)
    await page.handle("room-name").press("Enter")
    await page.wait_for_status("waiting")
    assert page.page.url == f"{page.url}/chat/{made_up}"

    await page.page.go_back()
    await page.wait_for_lobby()
    assert await recent_rooms(page) == [made_up, f"{room}-by-link", room]
    await page.page.go_forward()
    await page.wait_for_status("waiting")
    await expect(page.page).to_have_title(re.compile(f"^{made_up}"))
    await page.page.go_back()
    await page.page.locator(f'li button[data-room="{room}"]').click()
    await page.wait_for_status("waiting")
    assert page.page.url == f"{page.url}/chat/{room}"

    await page.go_back_to_lobby()
    assert await recent_rooms(page) == [room, made_up, f"{room}-by-link"]
    await page.page.get_by_role("button", name=f"Remove {made_up} from this list").click()
    await page.reload()
    await page.wait_for_lobby()
    assert await recent_rooms(page) == [room, f"{room}-by-link"]


async def test_address_of_no_room_says_so(open_page: OpenPage) -> None:
    """An address that names no possible room is told as such, with a way to the lobby."""
    page = await open_page("chromium")
    page.allow_refusal(404, "/chat/no%20room!")
    await page.open("/chat/no%20room!")
    await page.log_in()
    await expect(page.page.get_by_role("alert").filter(has_text="1 to 64 characters")).to_be_visible()
    await page.page.get_by_role("button", name="Choose a room").click()
    await page.wait_for_lobby()


async def test_addresses_that_differ_in_nothing_a_person_sees_lead_together(
    newcomers: Newcomers, server: Server, room: str
) -> None:
    """Case and a slash at the end: both meet, and both addresses become the one that counts."""
    alice, bob = [await newcomers.open("chromium", server.url) for _ in range(2)]
    await alice.open(f"/chat/{room}")
    await bob.open(f"/Chat/{room.upper()}/")
    await alice.log_in()
    await bob.log_in(OTHER_USERNAME, OTHER_PASSWORD)
    await connect(alice, bob)
    assert alice.page.url == bob.page.url == f"{server.url}/chat/{room}"


async def test_wrong_address_is_a_page_with_a_way_home(open_page: OpenPage) -> None:
    """Which says so to someone who is not signed in, too."""
    page = await open_page("chromium")
    page.allow_refusal(404, "/nowhere")
    await page.open("/nowhere")
    await expect(page.page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    await page.page.get_by_role("button", name="Choose a room").click()
    await page.log_in()
    await page.wait_for_lobby()
