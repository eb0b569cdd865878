from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from e2e.browsers import Kind
from e2e.chat_page import CONNECT_MS, OTHER_PASSWORD, OTHER_USERNAME, ChatPage, connect
from e2e.conftest import OpenPage
from e2e.people import Newcomers
from e2e.server import PASSWORD, Server

CONVERSATION = '[data-testid="conversation"]'


async def make_up_a_room(page: ChatPage) -> str:
    """Let the page make up a name."""
    await page.page.get_by_role("button", name="Make one up").click()
    await expect(page.handle("room-name")).to_have_value(re.compile(r"^[a-z]+-[a-z]+-[a-z]+-\d{3}$"))
    return await page.handle("room-name").input_value()


async def conversations(page: ChatPage) -> list[str]:
    """Tell which rooms the list has, in its order."""
    return [await row.get_attribute("data-room") or "" for row in await page.page.locator(CONVERSATION).all()]


async def test_home_leads_to_rooms(open_page: OpenPage, room: str) -> None:
    """A room is chosen by name, by link, made up or from the list; back and forward go between the places."""
    page = await open_page("chromium")
    await page.open()
    await page.log_in()
    await page.wait_for_start()

    await page.handle("room-name").fill("not a room")
    await page.handle("join-room").click()
    await expect(page.page.get_by_role("alert").filter(has_text="1 to 64 characters")).to_be_visible()
    await page.go_to(room)
    await page.wait_for_status("waiting")
    assert page.page.url == f"{page.url}/chat/{room}"

    await page.handle("new-room").click()
    await page.go_to(f"{page.url}/chat/{room}-by-link")
    await page.page.wait_for_url(f"{page.url}/chat/{room}-by-link")
    await expect(page.page.get_by_role("dialog")).to_be_hidden()

    await page.handle("new-room").click()
    made_up = await make_up_a_room(page)
    await page.handle("room-name").press("Enter")
    await page.page.wait_for_url(f"{page.url}/chat/{made_up}")
    assert await conversations(page) == [made_up, f"{room}-by-link", room]

    await page.page.go_back()
    await expect(page.page).to_have_title(re.compile(f"^{room}-by-link"))
    await page.page.go_forward()
    await expect(page.page).to_have_title(re.compile(f"^{made_up}"))
    await page.page.locator(f'[data-room="{room}"]').click()
    await page.page.wait_for_url(f"{page.url}/chat/{room}")
    assert await conversations(page) == [room, made_up, f"{room}-by-link"]

    await page.page.locator(f'[data-room="{made_up}"]').click()
    await page.page.wait_for_url(f"{page.url}/chat/{made_up}")
    await page.leave_room()
    assert await conversations(page) == [room, f"{room}-by-link"]
    await page.handle("undo").click()
    await page.page.wait_for_url(f"{page.url}/chat/{made_up}")
    await page.leave_room()
    await page.reload()
    await page.wait_for_start()
    assert await conversations(page) == [room, f"{room}-by-link"]


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_rooms_of_the_list_stay_connected(open_page: OpenPage, server: Server, room: str, kind: Kind) -> None:
    """What is said elsewhere is counted and shown at once; after a reload the list is right, and connects by itself."""
    ada, ben = await open_page(kind), await open_page("chromium")
    for page, name in ((ada, f"list-reader-{kind}"), (ben, f"list-writer-{kind}")):
        server.register(name, PASSWORD)
        await page.enter(room, name, PASSWORD)
    await connect(ada, ben)
    await ada.handle("new-room").click()
    await ada.go_to(f"{room}-2")
    await ada.wait_for_status("waiting")
    row = ada.page.locator(f'[data-room="{room}"]')
    await ben.send("The tomatoes are ripe")
    await expect(row).to_have_attribute("data-unread", "1")
    await expect(row).to_contain_text("The tomatoes are ripe")
    await expect(ada.page).to_have_title(re.compile(r"^\(1\) "))
    await ben.wait_for_delivery("The tomatoes are ripe", "delivered")

    await ada.reload()
    await expect(row).to_have_attribute("data-unread", "1")
    await expect(row).to_have_attribute("data-state", "connected", timeout=CONNECT_MS)
    await row.click()
    await ada.wait_for_incoming("The tomatoes are ripe")
    await expect(row).to_have_attribute("data-unread", "0")
    await ben.wait_for_delivery("The tomatoes are ripe", "read")


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_two_tabs_have_one_list(newcomers: Newcomers, server: Server, room: str, kind: Kind) -> None:
    """What is left in one is left in the other, which has it open; the second keeps the rooms open after the first."""
    name = f"two-tabs-{kind}"
    server.register(name, PASSWORD)
    first = await newcomers.open(kind, server.url)
    await first.enter(room, name, PASSWORD)
    await first.wait_for_status("waiting")
    for another in (f"{room}-2", f"{room}-3"):
        await first.handle("new-room").click()
        await first.go_to(another)
        await first.wait_for_status("waiting")
    left = first.page.locator(f'[data-room="{room}"]')
    await expect(left).to_have_attribute("data-state", "waiting")

    second = await newcomers.open_beside(first.page.context, server.url)
    await second.open()
    await second.wait_for_start()
    await second.page.locator(f'[data-room="{room}"]').click()
    await second.wait_for_status("connected")  # to the first tab
    await second.leave_room()
    await expect(left).to_have_count(0)
    assert await conversations(second) == [f"{room}-3", f"{room}-2"]

    stays = second.page.locator(f'[data-room="{room}-2"]')
    assert await stays.get_attribute("data-state") is None
    await first.page.close()
    await expect(stays).to_have_attribute("data-state", "waiting", timeout=CONNECT_MS)


async def test_address_of_no_room_says_so(open_page: OpenPage) -> None:
    """An address that names no possible room is told as such, with a way to the lobby."""
    page = await open_page("chromium")
    page.allow_refusal(404, "/chat/no%20room!")
    await page.open("/chat/no%20room!")
    await expect(page.page.get_by_role("alert").filter(has_text="1 to 64 characters")).to_be_visible()
    await page.page.get_by_role("button", name="Choose a room").click()
    await page.log_in()
    await page.wait_for_start()


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
    await page.wait_for_start()
