from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

import bench.link
from e2e.browser_selection import later
from e2e.browsers import Kind
from e2e.chaos import READ_KEPT
from e2e.chat_page import connect
from e2e.conftest import OpenPage
from e2e.server import PASSWORD, Server

WATCH = Path(bench.link.__file__).parent / "pages" / "watch.js"
WRITE = "count => window.watch.write(count, 'Message')"
TOLD = """
() => {
    window.told = new Set();
    const tell = () => window.told.add(document.querySelector('[data-testid="status-detail"]')?.textContent);
    new MutationObserver(tell).observe(document, { subtree: true, childList: true, characterData: true });
}
"""
SHOWN_MS = 600_000


@pytest.mark.parametrize(
    ("writer", "reader", "count"),
    [
        ("chromium", "firefox", 1_500),
        later("chromium", "firefox", 20_000),
        later("firefox", "chromium", 20_000),
    ],
)
async def test_long_honest_burst_arrives_once(
    open_page: OpenPage, server: Server, room: str, writer: Kind, reader: Kind, count: int
) -> None:
    """Who writes as fast as a page can is not taken for one who floods: all is there, once and in order."""
    pages = [await open_page(writer), await open_page(reader)]
    names = [f"burst-{role}-{writer}-{count}" for role in ("w", "r")]
    for page, name in zip(pages, names, strict=True):
        server.register(name, PASSWORD)
        await page.page.add_init_script(path=WATCH)
        await page.enter(room, name, PASSWORD)
    await connect(*pages)
    for page in pages:
        await page.page.evaluate(TOLD)
    await pages[0].page.evaluate(WRITE, count)
    last = f"Message {count} of {count}"
    await expect(pages[1].messages("incoming").last).to_have_text(last, timeout=SHOWN_MS)
    _, received = await pages[1].page.evaluate(READ_KEPT, [names[1], room])
    assert received == [f"Message {number + 1} of {count}" for number in range(count)]
    for page in pages:
        told = await page.page.evaluate("[...window.told].filter((sentence) => sentence)")
        assert told != []
        assert all("encrypted" in sentence for sentence in told), told
