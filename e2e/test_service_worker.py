from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import expect

from e2e import other_site
from e2e.boots import way_of_boot
from e2e.browser_selection import IN_BOTH, later
from e2e.browsers import Kind
from e2e.chat_page import ChatPage
from e2e.people import Newcomers
from e2e.server import Server

IN_FORCE = "navigator.serviceWorker.ready.then(() => {})"
CACHES = "caches.keys()"
REQUEST = re.compile(r"\brequest\b.*\bpath=(\S+)")
UPDATE = """
async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
    // The new worker has all its files then; the old one is in force as long as a page of it is open.
    await new Promise((resolve) => setInterval(() => { if (registration.waiting) resolve(); }, 50));
}
"""
RELEASE_SECONDS = 30


def requests(server: Server, since: int = 0) -> list[str]:
    """Name what was asked of a server, from a place in its log on."""
    return REQUEST.findall(server.log.read_text()[since:])


async def visit_first(page: ChatPage) -> None:
    """Open the page, and stay until the browser has kept it."""
    await page.open()
    await page.page.evaluate(IN_FORCE)


async def release_of(page: ChatPage) -> str | None:
    """Tell which release a page is of."""
    return await page.page.locator("html").get_attribute("data-release")


@IN_BOTH
async def test_repeated_visit_asks_for_the_page_alone(newcomers: Newcomers, own_server: Server, kind: Kind) -> None:
    """Everything else is in the browser; whether there is another worker, the browser may ask."""
    page = await newcomers.open(kind, own_server.url)
    await visit_first(page)
    since = len(own_server.log.read_text())
    await page.open("/chat/kitchen")
    assert await way_of_boot(page) == "snapshot"
    assert set(requests(own_server, since)) - {"/service-worker.js", "/favicon.ico", "/manifest.webmanifest"} == {
        "/chat/kitchen"
    }


@pytest.mark.parametrize(
    ("kind", "path"),
    [("chromium", "/"), ("firefox", "/Chat/Kitchen/"), later("firefox", "/"), later("chromium", "/chat/kitchen")],
)
async def test_page_works_without_the_server(newcomers: Newcomers, own_server: Server, kind: Kind, path: str) -> None:
    """Up to the login, which says what is the matter and can be tried again."""
    page = await newcomers.open(kind, own_server.url)
    page.allow_unreachable_server("/api/login")
    page.allow_lost_server()
    await visit_first(page)
    own_server.stop()
    await page.open(path)
    await page.log_in()
    await expect(page.handle("auth-error")).to_contain_text("cannot be reached")
    own_server.start()
    await page.log_in()
    await (page.wait_for_start() if path == "/" else page.wait_for_room())


def release(folder: Path, name: str) -> dict[str, str]:
    """Make a release that differs from others in its looks and in a script; gives the setting that serves it."""
    static = other_site.copy_site(folder / name)
    for file, comment in (("app.css", f"\n/* {name} */\n"), ("bootstrap.js", f"\n// {name}\n")):
        with (static / file).open("a", encoding="utf-8") as target:
            target.write(comment)
    return {other_site.VARIABLE: str(static)}


@IN_BOTH
async def test_new_release_replaces_the_old_one(newcomers: Newcomers, tmp_path: Path, kind: Kind) -> None:
    """The next visit has the new page with its own files; when no old page is open any more, the old files go."""
    server = Server(tmp_path, release(tmp_path, "first"), program=other_site.PROGRAM)
    server.start()
    try:
        page = await newcomers.open(kind, server.url)
        await visit_first(page)
        first = await release_of(page)
        server.stop()
        server.settings |= release(tmp_path, "second")
        server.start()
        since = len(server.log.read_text())
        await page.reload()
        second = await release_of(page)
        assert second != first
        await page.page.evaluate(UPDATE)
        # What both releases have in common was not asked for again.
        asked = requests(server, since)
        assert asked.count("/") == len(["for the person", "for the worker"])
        assert not [path for path in asked if path.endswith(("pyodide.asm.wasm", "python.snapshot"))]
        assert await page.page.evaluate(CACHES) == [f"p2p-chat {first}", f"p2p-chat {second}"]
        later = await newcomers.open_beside(page.page.context, server.url)
        await page.page.close()
        await expect_caches(later, [f"p2p-chat {second}"])
        server.stop()
        await later.open()
        assert await release_of(later) == second
    finally:
        server.stop()


async def expect_caches(page: ChatPage, names: list[str]) -> None:
    """Wait until nothing is kept but that. Asking takes a page, and no worker takes over while there is one."""
    async with asyncio.timeout(RELEASE_SECONDS):
        while True:
            await page.page.goto(page.url + "/robots.txt")
            if await page.page.evaluate(CACHES) == names:
                return
            await page.page.goto("about:blank")
