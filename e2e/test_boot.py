from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, Response, Route, expect

from e2e.boots import lay_line, way_of_boot
from e2e.browser_selection import IN_BOTH, later
from e2e.browsers import Kind
from e2e.chat_page import ChatPage, connect
from e2e.conftest import OpenPage
from e2e.people import Regulars

SNAPSHOT = re.compile(r"/python\.snapshot$")
FORGET = """
document.addEventListener("readystatechange", () => {
    // Before the deferred scripts run.
    if (document.readyState === "interactive") document.documentElement.dataset.NAME = "";
});
"""


def answers_to(page: ChatPage) -> dict[str, Response]:
    """Collect what is answered to a page, by the name of the file."""
    answers: dict[str, Response] = {}

    def note(answer: Response) -> None:
        answers[answer.url.rpartition("/")[2]] = answer

    page.page.on("response", note)
    return answers


@IN_BOTH
async def test_page_starts_from_the_snapshot(open_page: OpenPage, kind: Kind) -> None:
    """Python is as it was when the build had imported the application; no file is read."""
    page = await open_page(kind)
    await lay_line(page, slow=False)
    answers = answers_to(page)
    await page.open()
    assert await way_of_boot(page) == "snapshot"
    assert "python.snapshot" in answers
    assert not {"library.zip", "app.zip", "python_stdlib.zip", "pyodide-lock.json"} & answers.keys()


@IN_BOTH
async def test_page_starts_from_archives_on_a_slow_line(open_page: OpenPage, kind: Kind) -> None:
    """It has less to load; the next visit has the snapshot, which was fetched meanwhile."""
    page = await open_page(kind)
    await lay_line(page, slow=True)
    answers = answers_to(page)
    await page.open()
    assert await way_of_boot(page) == "plain"
    assert {"library.zip", "app.zip"} <= answers.keys()
    assert not {"python.snapshot", "python_stdlib.zip", "pyodide-lock.json"} & answers.keys()
    await page.page.evaluate("navigator.serviceWorker.ready.then(() => {})")
    await page.reload()
    assert await way_of_boot(page) == "snapshot"


@IN_BOTH
async def test_large_files_come_compressed(open_page: OpenPage, kind: Kind) -> None:
    """In what the browser takes."""
    page = await open_page(kind)
    await lay_line(page, slow=False)
    answers = answers_to(page)
    await page.open()
    codings = {name: answer.headers.get("content-encoding") for name, answer in answers.items()}
    compressed = ("python.snapshot", "pyodide.asm.wasm", "pyodide.asm.mjs", "bootstrap.js")
    assert {codings[name] for name in compressed} <= {"br", "zstd"}


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
    """Serve what is no snapshot of this runtime, and let only Pyodide find out."""

    async def give(route: Route) -> None:
        await route.fulfill(body=b"no snapshot at all", content_type="application/octet-stream")

    await page.route(SNAPSHOT, give)
    await page.add_init_script(FORGET.replace("NAME", "integrity"))


async def leave_out(page: Page) -> None:
    """Serve the page without one, as a checkout does whose sources have changed since."""
    await page.add_init_script(FORGET.replace("NAME", "snapshot"))


@pytest.mark.parametrize(
    ("kind", "spoil"),
    [
        ("chromium", lose),
        ("firefox", corrupt),
        ("chromium", replace_by_another),
        ("firefox", leave_out),
        later("firefox", lose),
        later("chromium", corrupt),
        later("firefox", replace_by_another),
        later("chromium", leave_out),
    ],
)
async def test_page_starts_without_the_snapshot(
    open_page: OpenPage, regulars: Regulars, room: str, kind: Kind, spoil: Callable[[Page], Awaitable[None]]
) -> None:
    """Whatever is wrong with it, Python starts from the beginning, and the page does all that it does."""
    page, alice = await open_page(kind), await regulars.get("alice", "chromium")
    page.allow_lost_snapshot()
    await lay_line(page, slow=False)
    await spoil(page.page)
    await page.enter(room)
    assert await way_of_boot(page) == "plain"
    await alice.go_to(room)
    await connect(page, alice)
    await page.send("Slow, but here")
    await alice.wait_for_incoming("Slow, but here")
    await regulars.send_home("alice")


@pytest.mark.parametrize(
    ("kind", "line"), [("chromium", "slow"), ("firefox", "fast"), later("firefox", "slow"), later("chromium", "fast")]
)
async def test_page_needs_no_other_file(open_page: OpenPage, room: str, kind: Kind, line: str) -> None:
    """What people do every day was imported for the snapshot, and is in the archives."""
    page = await open_page(kind)
    page.allow_lost_snapshot()
    await lay_line(page, slow=line == "slow")
    await page.page.route(re.compile("/python_stdlib.zip$|/service-worker.js$"), lambda route: route.abort())
    await page.enter(room)
    assert await way_of_boot(page) == ("plain" if line == "slow" else "snapshot")
    await page.wait_for_status("waiting")
    await page.page.get_by_role("button", name="Show a QR code").click()
    await expect(page.page.get_by_role("img", name="QR code of the room’s link")).to_be_visible()
    await page.page.keyboard.press("Escape")
    await page.send("Nobody here yet")
    await page.wait_for_delivery("Nobody here yet", "queued")
