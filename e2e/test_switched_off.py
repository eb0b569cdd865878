"""What people, their browsers or those who run these switch off: the page does without, or says what is missing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import async_playwright, expect

from e2e.browser_selection import IN_BOTH
from e2e.browsers import Browsers, Kind, Preference
from e2e.chat_page import ChatPage
from e2e.server import Server
from e2e.states import WITHOUT_WEBASSEMBLY

BLOCKED = 2
"""Among Chromium's content settings, which a person or a policy chooses for all sites."""


def block(profile: Path, setting: str) -> None:
    """Have Chromium block something everywhere; with cookies, that is all that a site could keep."""
    preferences = {"profile": {"default_content_setting_values": {setting: BLOCKED}}}
    (profile / "Default").mkdir()
    (profile / "Default" / "Preferences").write_text(json.dumps(preferences), encoding="utf-8")


@asynccontextmanager
async def visitor(
    kind: Kind,
    profile: Path,
    server: Server,
    firefox_preferences: Mapping[str, Preference] | None = None,
) -> AsyncIterator[ChatPage]:
    """Open a page in a browser of its own, and want no error of it."""
    async with async_playwright() as playwright:
        browsers = Browsers(playwright, firefox_preferences=firefox_preferences)
        context = await browsers.launch_persistent(kind, profile)
        try:
            page = await ChatPage.create(context, server.url)
            yield page
            assert page.errors == []
        finally:
            await context.close()


async def expect_to_work(page: ChatPage, room: str, sentence: str) -> None:
    """Log in, write, and be told that nothing is kept."""
    await page.enter(room)
    await page.send("Only here")
    await page.wait_for_delivery("Only here", "queued")
    await expect(page.handle("keeping-fault")).to_contain_text(sentence)


async def test_page_works_without_dom_storage(server: Server, tmp_path: Path, room: str) -> None:
    """Firefox has null for localStorage then; messages can be kept, but the tab cannot be told from its others."""
    preferences = {"dom.storage.enabled": False}
    async with visitor("firefox", tmp_path, server, firefox_preferences=preferences) as page:
        await page.enter(room)
        await page.send("Only here")
        await page.wait_for_delivery("Only here", "queued")


async def test_page_works_where_firefox_keeps_nothing(server: Server, tmp_path: Path, room: str) -> None:
    """Cookies are blocked, and site data with them; the page says so, and Firefox itself notes it too."""
    preferences = {"network.cookie.cookieBehavior": 2}
    async with visitor("firefox", tmp_path, server, firefox_preferences=preferences) as page:
        page.allow_error("Storage access is restricted in this context")
        await expect_to_work(page, room, "private browsing or blocked cookies")


async def test_page_works_where_chromium_keeps_nothing(server: Server, tmp_path: Path, room: str) -> None:
    """Site data are blocked; it says "UnknownError" of IndexedDB, which is no reason to reload the page."""
    block(tmp_path, "cookies")
    async with visitor("chromium", tmp_path, server) as page:
        await expect_to_work(page, room, "private browsing or blocked cookies")


@IN_BOTH
async def test_page_says_that_webassembly_is_switched_off(server: Server, tmp_path: Path, kind: Kind) -> None:
    """And by what it may be."""
    preferences = {"javascript.options.wasm": False}
    async with visitor(kind, tmp_path, server, firefox_preferences=preferences) as page:
        if kind == "chromium":  # where only a policy can do it
            await page.page.add_init_script(WITHOUT_WEBASSEMBLY)
        page.allow_error(r"WebAssembly is switched off|^Error \(.*/bootstrap\.js\)$")
        await page.page.goto(page.url)
        fault = page.handle("auth-error")
        for word in ("WebAssembly is switched off", "privacy mode", "policy of your organization"):
            await expect(fault).to_contain_text(word)
        await expect(page.page.get_by_role("button", name="Reload the page")).to_be_visible()


async def test_page_says_that_it_needs_javascript(server: Server, tmp_path: Path) -> None:
    """And nothing of a script that has not arrived."""
    block(tmp_path, "javascript")
    async with visitor("chromium", tmp_path, server) as page:
        await page.page.goto(page.url)
        await expect(page.page.locator("noscript p")).to_be_visible()
        await expect(page.page.locator(".unattended")).to_have_css("display", "none")
