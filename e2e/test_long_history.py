from __future__ import annotations

import re

from playwright.async_api import Locator, expect

from e2e.browser_selection import CHROMIUM_FIRST, FIREFOX_FIRST, IN_BOTH
from e2e.browsers import Kind
from e2e.chat_page import CONNECT_MS, OTHER_PASSWORD, OTHER_USERNAME, ChatPage, connect
from e2e.conftest import OpenPage
from e2e.long_history import fill_history
from e2e.proxies import count_proxies, reconnect, trace_proxies
from e2e.server import PASSWORD

COUNT = 30_000
MOST_ON_THE_PAGE = 400
SECONDS_TO_SHOW = 10_000
SETTLED = 4
RECONNECTS = 14

TO_THE_BOTTOM = "log => { log.scrollTop = log.scrollHeight; }"
SCROLL_UP = """
log => new Promise((resolve, reject) => {
    const first = log.querySelector(".text");
    log.scrollTop = 0;
    const before = first.getBoundingClientRect().top;
    const late = setTimeout(() => reject(new Error("Nothing came.")), 20_000);
    const look = () => {
        if (log.querySelector(".text") === first) {
            requestAnimationFrame(look);
        } else {
            clearTimeout(late);
            resolve(Math.abs(first.getBoundingClientRect().top - before));
        }
    };
    look();
})
"""
"""Goes to the first message, and waits until others stand before it; gives by how many pixels its text has moved."""


async def enter_long_history(page: ChatPage, room: str, username: str) -> None:
    """Go to a room in which very much has been said."""
    await page.open()
    await page.fill_in(username, PASSWORD)
    await page.handle("register").click()
    await page.wait_for_start()
    await fill_history(page.page, username, room, COUNT)
    await page.go_to(room)
    await expect(message(page, COUNT)).to_be_in_viewport(timeout=SECONDS_TO_SHOW)


def message(page: ChatPage, number: int) -> Locator:
    """Find a message of the history."""
    return page.handle("message-text").filter(has_text=re.compile(f"^Message {number} of"))


async def numbers(page: ChatPage) -> list[int]:
    """Return the numbers of the messages on the page."""
    texts = await page.handle("message-text").all_text_contents()
    return [int(found[1]) for text in texts if (found := re.match(r"Message (\d+) of", text))]


@IN_BOTH
async def test_long_history_is_read_up_and_down(open_page: OpenPage, room: str, kind: Kind) -> None:
    """Scrolling brings what comes next by itself, nothing jumps or is missing, and the page stays small."""
    page = await open_page(kind)
    await enter_long_history(page, room, f"reader-{kind}")
    transcript = page.handle("transcript")
    for _ in range(8):
        assert await transcript.evaluate(SCROLL_UP) <= 2
        shown = await numbers(page)
        assert shown == list(range(shown[0], shown[0] + len(shown)))
        assert len(shown) <= MOST_ON_THE_PAGE
    assert shown[-1] < COUNT - MOST_ON_THE_PAGE
    await expect(page.page.get_by_role("button", name="Newest messages")).to_be_visible()

    while shown[-1] < COUNT:
        await transcript.evaluate(TO_THE_BOTTOM)
        await expect(message(page, shown[-1] + 1)).to_be_attached(timeout=SECONDS_TO_SHOW)
        shown = await numbers(page)
        assert shown == list(range(shown[0], shown[0] + len(shown)))
        assert len(shown) <= MOST_ON_THE_PAGE
    await transcript.evaluate(TO_THE_BOTTOM)
    await expect(page.page.get_by_role("button", name="Newest messages")).to_be_hidden()


@FIREFOX_FIRST
async def test_newest_message_is_one_step_away(open_page: OpenPage, room: str, kind: Kind) -> None:
    """From far above, the button leads to the newest at once, and so does writing; what came meanwhile stands there."""
    page, other = await open_page(kind), await open_page("chromium")
    await enter_long_history(page, room, f"hurrier-{kind}")
    await other.enter(room)
    await connect(page, other)
    transcript = page.handle("transcript")
    for way in ("button", "writing"):
        for _ in range(6):
            await transcript.evaluate(SCROLL_UP)
        await other.send(f"Are you there? ({way})")
        await other.wait_for_delivery(f"Are you there? ({way})", "delivered")
        await expect(page.page.get_by_role("button", name="1 new message")).to_be_visible()
        await expect(page.handle("message-text").filter(has_text=f"({way})")).to_have_count(0)
        if way == "button":
            await page.page.get_by_role("button", name="1 new message").click()
        else:
            await page.send("Back again")
            await expect(page.messages("outgoing").last).to_have_text("Back again", timeout=SECONDS_TO_SHOW)
            await page.wait_for_arrival("Back again")
        await expect(page.messages("incoming").last).to_have_text(f"Are you there? ({way})", timeout=CONNECT_MS)
        await expect(page.handle("message-text").last).to_be_in_viewport()
        await other.wait_for_delivery(f"Are you there? ({way})", "read")


@CHROMIUM_FIRST
async def test_reconnecting_leaves_no_proxy_behind(open_page: OpenPage, room: str, kind: Kind) -> None:
    """However often the two are connected again, JavaScript holds as much of Python as after the first few times."""
    pages = await open_page(kind), await open_page(kind)
    for page in pages:
        await trace_proxies(page.page.context)
    first, second = pages
    await first.enter(room)
    await first.wait_for_status("waiting")
    await second.enter(room, OTHER_USERNAME, OTHER_PASSWORD)
    await connect(*pages)
    counts = []
    for number in range(1, RECONNECTS + 1):
        await reconnect(first.page, second.page, restart=bool(number % 2))
        if number in (SETTLED, RECONNECTS):
            await connect(*pages)
            await first.send(f"After {number}")
            await first.wait_for_delivery(f"After {number}", "read")
            counts.append(await count_proxies(first.page, second.page))
    # What each time leaves behind would be there ten times; a timer that rings late may be there once.
    assert counts[1] - counts[0] < (RECONNECTS - SETTLED) // 2, counts
