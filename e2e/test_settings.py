from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from e2e.browsers import Kind
from e2e.chat_page import CONNECT_MS, READY_MS, ChatPage, connect
from e2e.conftest import OpenPage
from e2e.server import PASSWORD, Server

NEW_PASSWORD = "another one of 8 or more"
MINUTE_MS = 60_000
DARK_GROUND = "rgb(16, 20, 22)"
GROUND = "() => getComputedStyle(document.documentElement).backgroundColor"
KEPT = "() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].sort()"
FORGOTTEN = """
async () => {
    const count = () => new Promise((resolve, reject) => {
        const opening = indexedDB.open("p2pchat");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
            const counting = opening.result.transaction("rows").objectStore("rows").count();
            counting.onsuccess = () => { opening.result.close(); resolve(counting.result); };
        };
    });
    const end = Date.now() + 30_000;
    const keys = () => [...Object.keys(localStorage), ...Object.keys(sessionStorage)].sort();
    while ((await count() || keys().length > 2) && Date.now() < end) await new Promise((go) => setTimeout(go, 50));
    return keys();
}
"""
"""Returns what is kept beside the database, once that is empty."""


async def go_to_settings(page: ChatPage) -> None:
    """Go there by the account's menu, which is in the list: on a wide page, beside the room."""
    await page.handle("account").click()
    await page.handle("settings").click()
    await expect(page.handle("settings-screen")).to_be_visible()


async def switch_off(page: ChatPage, name: str) -> None:
    """Turn a switch off."""
    await expect(page.handle(name)).to_have_attribute("aria-checked", "true")
    await page.handle(name).click()
    await expect(page.handle(name)).to_have_attribute("aria-checked", "false")


async def test_settings_are_followed_by_others(open_page: OpenPage, server: Server, room: str) -> None:
    """A name, receipts and typing reach the other person, and the room stays connected meanwhile; a tab follows."""
    ada, ben = await open_page("chromium"), await open_page("chromium")
    for page, name in ((ada, "settings-ada"), (ben, "settings-ben")):
        server.register(name, PASSWORD)
        await page.enter(room, name, PASSWORD)
    await connect(ada, ben)

    await go_to_settings(ada)
    assert ada.page.url == f"{ada.url}/settings"
    shown = ben.handle("peer").locator(".name")
    await ada.handle("display-name").fill("Ada  Lovelace")
    await ada.handle("display-name").press("Enter")
    await expect(shown).to_have_text("Ada Lovelace", timeout=CONNECT_MS)
    await expect(ben.handle("peer")).to_have_attribute("data-name", "settings-ada")
    await ada.handle("display-name").fill("Settings Ben")
    await ada.handle("save-name").click()
    await expect(shown).to_have_text("Settings Ben (settings-ada)", timeout=CONNECT_MS)
    await ada.handle("avatar-hue").locator('[data-value="3"]').click()
    await ben.wait_for_status("connected")

    await switch_off(ada, "read-receipts")
    await switch_off(ada, "typing-shown")
    await ben.send("Read, and not told")
    await ada.handle("leave-settings").click()
    await ada.page.wait_for_url(f"{ada.url}/chat/{room}")
    await ada.wait_for_incoming("Read, and not told")
    await ada.handle("composer").press_sequentially("I have", delay=50)
    await ada.send("I have read it.")
    await ben.wait_for_incoming("I have read it.")
    # What was told of reading or writing would have come before that.
    await ben.wait_for_delivery("Read, and not told", "delivered")
    await expect(ben.handle("typing")).to_be_hidden()
    await expect(ben.page.locator(".author:not(.unseen)")).to_have_attribute("data-hue", "3")

    await ada.page.go_back()
    await expect(ada.handle("settings-screen")).to_be_visible()
    await ada.reload()
    await expect(ada.handle("display-name")).to_have_value("Settings Ben")
    other_tab = await ChatPage.create(ada.page.context, ada.url)
    await other_tab.open()
    await ada.handle("theme").get_by_role("radio", name="Dark").click()
    await expect(other_tab.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert other_tab.errors == []


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_theme_is_there_before_anything_is_painted(open_page: OpenPage, server: Server, kind: Kind) -> None:
    """Against what the system has, with the size of text, long before Python; and so it is after logging out."""
    page = await open_page(kind)
    await page.page.emulate_media(color_scheme="light")
    server.register(f"theme-{kind}", PASSWORD)
    await page.open("/settings")
    await page.log_in(f"theme-{kind}", PASSWORD)
    await page.handle("theme").get_by_role("radio", name="Dark").click()
    await page.handle("text-size").get_by_role("radio", name="Larger").click()
    assert await page.page.evaluate(GROUND) == DARK_GROUND
    await expect(page.handle("storage-space")).to_contain_text("in use")
    gate = asyncio.Event()

    async def hold(route: Route) -> None:
        await gate.wait()
        await route.continue_()

    await page.forget_release()
    await page.page.route("**/pyodide.asm.wasm", hold)
    await page.page.reload(wait_until="domcontentloaded")
    assert await page.page.locator("html").get_attribute("data-app") == "starting"
    assert await page.page.evaluate(GROUND) == DARK_GROUND
    assert await page.page.evaluate("() => getComputedStyle(document.documentElement).fontSize") == "21px"
    gate.set()
    await page.wait_until_ready()
    await page.handle("settings-account").get_by_test_id("logout").click()
    await page.wait_for_form()
    assert await page.page.evaluate(GROUND) == DARK_GROUND


async def test_account_is_looked_after(open_page: OpenPage, server: Server, room: str) -> None:
    """Another password ends the login elsewhere, one device logs out another, and the end of an account is for all."""
    name = "settings-cleo"
    server.register(name, PASSWORD)
    here, there = await open_page("chromium"), await open_page("chromium")
    for page in (here, there):
        await page.enter(room, name, PASSWORD)
    await go_to_settings(here)
    await expect(here.handle("device-login")).to_have_count(3)  # one is from registering
    await here.handle("change-password").click()
    here.allow_refusal(401, "/api/password")
    await change_password(here, "not the password", NEW_PASSWORD)
    await expect(here.handle("current-password-fault")).to_have_text("This is not your password.")
    await change_password(here, PASSWORD, "short")
    await expect(here.handle("new-password-fault")).to_contain_text("at least 8")
    await change_password(here, PASSWORD, NEW_PASSWORD)
    await expect(here.handle("device-login")).to_have_count(1)
    there.allow_refusal(401, "/api/refresh")
    await expect(there.handle("password-prompt")).to_be_visible(timeout=MINUTE_MS)
    await there.handle("password-again").fill(NEW_PASSWORD)
    await there.handle("login-again").click()
    await expect(there.handle("password-prompt")).to_be_hidden()
    await here.reload()
    await expect(here.handle("device-login")).to_have_count(2)
    await here.handle("end-login").click()
    await expect(here.handle("device-login")).to_have_count(1)
    await expect(there.handle("password-prompt")).to_be_visible(timeout=MINUTE_MS)
    await there.handle("password-again").fill(NEW_PASSWORD)
    await there.handle("login-again").click()
    await expect(there.handle("password-prompt")).to_be_hidden()

    await here.handle("delete-account").click()
    here.allow_refusal(401, "/api/delete-account")
    await here.handle("delete-password").fill(PASSWORD)
    await here.handle("confirm-delete-account").click()
    await expect(here.handle("delete-password-fault")).to_have_text("This is not your password.")
    await here.handle("delete-password").fill(NEW_PASSWORD)
    await here.handle("confirm-delete-account").click()
    await here.wait_for_form()
    await expect(there.handle("password-prompt")).to_be_visible(timeout=MINUTE_MS)
    await here.page.wait_for_function(f"() => !({KEPT})().some((key) => key.includes('{name}'))")
    here.allow_refusal(401, "/api/login")
    await here.log_in(name, NEW_PASSWORD)
    await expect(here.handle("auth-error")).to_contain_text("wrong")


async def change_password(page: ChatPage, password: str, new_password: str) -> None:
    """Fill in the form and send it."""
    await page.handle("current-password").fill(password)
    await page.handle("new-password").fill(new_password)
    await page.handle("submit-password").click()


async def test_browser_exports_and_forgets_everything(open_page: OpenPage, server: Server, room: str) -> None:
    """One file has all rooms; and what is forgotten is gone from every tab, with the login."""
    name = "settings-dora"
    server.register(name, PASSWORD)
    page = await open_page("chromium")
    await page.enter(room, name, PASSWORD)
    await page.send("Kept until it is forgotten")
    await page.wait_for_delivery("Kept until it is forgotten", "queued")
    other_tab = await ChatPage.create(page.page.context, page.url)
    await other_tab.open(f"/chat/{room}")
    await other_tab.wait_for_room()
    await other_tab.handle("composer").fill("Begun")

    await go_to_settings(page)
    await expect(page.handle("rooms-kept")).to_have_text("Messages of 1 room")
    async with page.page.expect_download() as download:
        await page.handle("export-all").click()
    file = await download.value
    assert re.fullmatch(rf"p2p-chat-{name}-\d{{4}}-\d\d-\d\d\.json", file.suggested_filename)
    exported = json.loads(await asyncio.to_thread(Path(await file.path()).read_text, "utf-8"))
    assert exported["format"] == "p2p-chat-export"
    [exported_room] = exported["rooms"]
    assert [message["text"] for message in exported_room["messages"]] == ["Kept until it is forgotten"]

    await page.handle("forget-browser").click()
    await expect(page.page.get_by_role("button", name="Cancel")).to_be_focused()
    await page.handle("confirm-forget").click()
    for tab in (page, other_tab):
        await tab.wait_for_form()
    for tab in (page, other_tab):
        assert await tab.page.evaluate(FORGOTTEN) == ["p2pchat.forgotten", "p2pchat.logged-out"]
    assert other_tab.errors == []
    await page.reload()
    await page.log_in(name, PASSWORD)
    await expect(page.handle("settings-screen")).to_be_visible(timeout=READY_MS)
