from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, Response, Route, expect

from e2e.browsers import Kind
from e2e.chat_page import ChatPage, connect
from e2e.conftest import OpenPage

Kinds = pytest.mark.parametrize("kind", ["chromium", "firefox"])
SNAPSHOT = re.compile(r"/python-[0-9a-f]+\.snapshot$")
FORGET = """
document.addEventListener("readystatechange", () => {
    // Before the deferred scripts run.
    if (document.readyState === "interactive") document.documentElement.dataset.NAME = "";
});
"""


async def way_of_boot(page: ChatPage) -> str | None:
    """Tell how Python came to run in a page."""
    return await page.page.locator("html").get_attribute("data-boot")


def name_of(answer: Response) -> str:
    """Give the name of a file; the snapshot's says what is in it."""
    return "snapshot" if SNAPSHOT.search(answer.url) else answer.url.rpartition("/")[2]


@Kinds
async def test_page_starts_from_the_snapshot(open_page: OpenPage, kind: Kind) -> None:
    """Python is as it was when the build had imported the application; what it needs no more is fetched afterwards."""
    page = await open_page(kind)
    answers: list[Response] = []
    page.page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright marks what it calls
    async with page.page.expect_response("**/python_stdlib.zip"):
        await page.open()
    assert await way_of_boot(page) == "snapshot"
    names = [name_of(answer) for answer in answers]
    assert "pyodide-lock.json" not in names
    assert names.index("snapshot") < names.index("app.zip")


@Kinds
async def test_large_files_come_compressed(open_page: OpenPage, kind: Kind) -> None:
    """Brotli for whoever takes it."""
    page = await open_page(kind)
    answers: list[Response] = []
    page.page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright marks what it calls
    await page.open()
    codings = {name_of(answer): answer.headers.get("content-encoding") for answer in answers}
    assert {codings[name] for name in ("snapshot", "pyodide.asm.wasm", "pyodide.asm.mjs", "app.css")} == {"br"}


async def lose(page: Page) -> None:
    """Let the snapshot never come."""
    await page.route(SNAPSHOT, lambda route: route.abort())


async def corrupt(page: Page) -> None:
    """Change one bit of the snapshot, as a broken disk might; only the checksum can tell."""

    async def spoil(route: Route) -> None:
        memory = bytearray(await (await route.fetch()).body())
        memory[-1] ^= 1
        await route.fulfill(body=bytes(memory), content_type="application/octet-stream")

    await page.route(SNAPSHOT, spoil)


async def replace_by_another(page: Page) -> None:
    """Give what is no snapshot of this runtime, and let only Pyodide find out."""

    async def give(route: Route) -> None:
        await route.fulfill(body=b"no snapshot at all", content_type="application/octet-stream")

    await page.route(SNAPSHOT, give)
    await page.add_init_script(FORGET.replace("NAME", "integrity"))


async def leave_out(page: Page) -> None:
    """Serve the page without one, as a checkout does whose sources have changed since."""
    await page.add_init_script(FORGET.replace("NAME", "snapshot"))


@pytest.mark.parametrize("spoil", [lose, corrupt, replace_by_another, leave_out])
@Kinds
async def test_page_starts_without_the_snapshot(
    open_page: OpenPage, room: str, kind: Kind, spoil: Callable[[Page], Awaitable[None]]
) -> None:
    """Whatever is wrong with it, Python starts from the beginning, and the page does all that it does."""
    page, other = await open_page(kind), await open_page("chromium")
    page.allow_lost_snapshot()
    await spoil(page.page)
    await page.enter(room)
    assert await way_of_boot(page) == "plain"
    await other.enter(room)
    await connect(page, other)
    await page.send("Slow, but here")
    await other.wait_for_incoming("Slow, but here")


@Kinds
async def test_page_needs_no_file_but_the_snapshot(open_page: OpenPage, room: str, kind: Kind) -> None:
    """What people do every day was imported for it; the rest is tried for again and again."""
    page = await open_page(kind)
    page.allow_lost_snapshot()
    for path in ("**/app.zip", "**/python_stdlib.zip"):
        await page.page.route(path, lambda route: route.abort())
    await page.enter(room)
    assert await way_of_boot(page) == "snapshot"
    await page.wait_for_status("waiting")
    await page.page.get_by_role("button", name="Show a QR code").click()
    await expect(page.page.get_by_role("img", name="QR code of the room's link")).to_be_visible()
    await page.page.keyboard.press("Escape")
    await page.send("Nobody here yet")
    await page.wait_for_delivery("Nobody here yet", "queued")
