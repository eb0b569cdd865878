"""People who come by a link: without an account, and as guests who stay."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import ViewportSize, expect

from e2e.browsers import Kind
from e2e.chat_page import CONNECT_MS, READY_MS, ChatPage, connect
from e2e.conftest import OpenPage
from e2e.server import PASSWORD, Server

PHONE: ViewportSize = {"width": 390, "height": 844}


async def link_of(page: ChatPage) -> str:
    """Open the invitation of the room that is shown, and return its link once guests can come by it."""
    await page.handle("invite").get_by_role("button", name="Invite", exact=True).click()
    written = page.handle("invite").get_by_test_id("invite-link")
    await expect(written).to_have_attribute("data-access", "ready", timeout=CONNECT_MS)
    link = await written.text_content() or ""
    await page.page.keyboard.press("Escape")
    return link


async def open_link(page: ChatPage, link: str) -> None:
    """Open a link, and wait until the page asks for a name."""
    await page.page.goto(link)
    await page.wait_until_ready()
    await expect(page.handle("guest")).to_be_visible(timeout=READY_MS)


async def join(page: ChatPage, name: str) -> None:
    """Type a name, and join."""
    await page.handle("guest-name").fill(name)
    await page.handle("guest-join").click()
    await page.wait_for_room()


async def keep_name(page: ChatPage, username: str) -> None:
    """Make an account of the guest whose page it is, by the room's menu."""
    await page.handle("room-menu").click()
    await page.page.locator("#room-panel").get_by_test_id("keep-name").click()
    await page.handle("kept-username").fill(username)
    await page.handle("kept-password").fill(PASSWORD)
    await page.handle("create-account").click()
    await expect(page.handle("account").first).to_have_attribute("data-name", username, timeout=CONNECT_MS)


async def see_that_it_has_ended(page: ChatPage, link: str) -> None:
    """Open a link that lets nobody in any more: it says so, and leads to the form."""
    page.allow_refusal(403, "/api/guests/invitation")
    await open_link(page, link)
    await expect(page.handle("guest")).to_have_attribute("data-state", "ended", timeout=CONNECT_MS)
    await expect(page.page.get_by_role("heading", level=1)).to_have_text("This link has ended")
    await page.handle("guest-login").click()
    await page.wait_for_form()


async def test_guest_comes_talks_and_stays(open_page: OpenPage, server: Server, room: str) -> None:
    """A link, a name, a conversation; a reload keeps the guest, an account the conversation; an ended link says so."""
    ada, ben = await open_page("chromium"), await open_page("chromium")
    server.register("guests-ada", PASSWORD)
    await ada.enter(room, "guests-ada", PASSWORD)
    link = await link_of(ada)
    assert re.fullmatch(rf"{re.escape(ada.url)}/chat/{room}#[\w-]{{22}}\.g[\w-]{{22}}", link)

    await ben.page.set_viewport_size(PHONE)
    await open_link(ben, link)
    assert ben.page.url == f"{ben.url}/chat/{room}"
    await expect(ben.page.get_by_role("heading", level=1)).to_have_text(f"guests-ada invites you to {room}")
    await join(ben, "Ben")
    await connect(ada, ben)
    await expect(ada.handle("peer")).to_have_text("Ben (guest)")
    await ben.send("Here I am")
    await ada.wait_for_incoming("Here I am")
    await ada.send("Welcome")
    await ben.wait_for_incoming("Welcome")
    await expect(ada.page.get_by_text("~")).to_have_count(0)

    await ben.reload()
    await ben.wait_for_room()
    await connect(ada, ben)
    await ben.wait_for_incoming("Welcome")
    await ada.send("Will you stay?")
    await ben.wait_for_incoming("Welcome", "Will you stay?")

    await ben.handle("composer").fill("I think")
    await keep_name(ben, "guests-ben")
    await ben.wait_for_room()
    await expect(ben.handle("composer")).to_have_value("I think", timeout=CONNECT_MS)
    await ben.wait_for_incoming("Welcome", "Will you stay?")
    await ben.wait_for_outgoing("Here I am")
    await connect(ada, ben)
    await expect(ada.handle("peer")).to_have_text("guests-ben")
    await ben.send("Yes")
    await ada.wait_for_incoming("Here I am", "Yes")
    await ada.send("Good")
    await ben.wait_for_incoming("Welcome", "Will you stay?", "Good")

    await ada.handle("invite").get_by_role("button", name="Invite", exact=True).click()
    await expect(ada.handle("invite").get_by_test_id("invite-access")).to_contain_text("1 of 8 guests has come")
    await ada.handle("renew-link").click()
    await expect(ada.handle("invite").get_by_test_id("invite-link")).not_to_have_text(link)
    await see_that_it_has_ended(await open_page("chromium"), link)


@pytest.mark.parametrize("kind", ["firefox"])
async def test_link_is_opened_by_a_guest_and_by_who_is_signed_in(
    open_page: OpenPage, server: Server, room: str, kind: Kind
) -> None:
    """A guest in another browser, while an account in the same browser comes as who they are."""
    ada, eve = await open_page("chromium"), await open_page(kind)
    server.register("guests-host", PASSWORD)
    await ada.enter(room, "guests-host", PASSWORD)
    link = await link_of(ada)
    await open_link(eve, link)
    await join(eve, "Eve")
    await connect(ada, eve)
    await eve.send("Hello from afar")
    await ada.wait_for_incoming("Hello from afar")
    await eve.reload()
    await eve.wait_for_room()
    await eve.wait_for_outgoing("Hello from afar")
    await ada.page.goto(link)
    await ada.wait_until_ready()
    await ada.wait_for_room()
    await connect(ada, eve)
    await expect(ada.handle("account").first).to_have_attribute("data-name", "guests-host")
    assert ada.page.url == f"{ada.url}/chat/{room}"
