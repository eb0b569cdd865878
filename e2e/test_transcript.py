from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Locator, expect

from e2e.chat_page import CONNECT_MS, ChatPage, meet
from e2e.conftest import Pair
from e2e.people import Newcomers
from e2e.server import Server

SECONDS_TO_SHOW = 10_000


def reader(page: ChatPage) -> Locator:
    """Find the element that a reader scrolls."""
    return page.handle("transcript")


@asynccontextmanager
async def looking_elsewhere(page: ChatPage) -> AsyncIterator[None]:
    """Have another tab before the page, as a person does who reads something else."""
    # Playwright lets every page believe that it has the focus; here it must be as it is.
    devtools = await page.page.context.new_cdp_session(page.page)
    await devtools.send("Emulation.setFocusEmulationEnabled", {"enabled": False})
    tab = await page.page.context.new_page()
    await tab.bring_to_front()
    yield
    await tab.close()
    await page.page.bring_to_front()
    await devtools.send("Emulation.setFocusEmulationEnabled", {"enabled": True})
    await devtools.detach()


async def write_many(writer: ChatPage, count: int) -> list[str]:
    """Send `count` messages by the keyboard alone, without waiting for any of them."""
    texts = [f"Line {number} of a long story" for number in range(1, count + 1)]
    await writer.handle("composer").focus()
    for text in texts:
        await writer.page.keyboard.insert_text(text)
        await writer.page.keyboard.press("Enter")
    return texts


async def test_messages_keep_their_order_day_and_time(pair: Pair) -> None:
    """Messages in a row stand in the order in which they were written, under their day and with their time."""
    alice, bob = pair
    texts = await write_many(alice, 30)
    await bob.wait_for_incoming(*texts)
    for page in pair:
        await expect(reader(page).locator(".day")).to_have_text(re.compile("today", re.IGNORECASE))
        times = await page.handle("message").locator("time").all_text_contents()
        assert len(times) == 30
        assert all(re.search(r"\d{1,2}:\d{2}", time) for time in times)


async def test_writing_is_seen_until_it_is_sent(pair: Pair) -> None:
    """While one writes, the other sees who does; the message takes the place of that."""
    alice, bob = pair
    await alice.send("Tell me")
    await bob.wait_for_incoming("Tell me")
    writing = alice.handle("typing").get_by_text("bob is typing…")
    await expect(writing).to_be_hidden()
    await bob.handle("composer").press_sequentially("Wait")
    await expect(writing).to_be_visible(timeout=SECONDS_TO_SHOW)
    await bob.handle("send").click()
    await alice.wait_for_incoming("Wait")
    await expect(writing).to_be_hidden()


async def test_enter_sends_and_shift_enter_breaks_the_line(pair: Pair) -> None:
    """Enter sends what is written and empties the composer; Shift+Enter goes to the next line; blanks are not sent."""
    alice, bob = pair
    composer = alice.handle("composer")
    await composer.press_sequentially("  \n")
    await composer.fill("")
    await composer.press_sequentially("one")
    await composer.press("Shift+Enter")
    await composer.press_sequentially("two")
    await composer.press("Enter")
    await expect(composer).to_have_value("")
    await bob.wait_for_incoming("one\ntwo")


async def test_unread_messages_are_counted_in_the_title(pair: Pair, room: str) -> None:
    """What comes while nobody looks is counted in the title and stays unread, until the page is looked at again."""
    alice, bob = pair
    await expect(alice.page).to_have_title(re.compile(f"^{room[:20]}"))
    async with looking_elsewhere(alice):
        for count in (1, 2):
            await bob.send(f"Are you there? ({count})")
            await expect(alice.page).to_have_title(re.compile(rf"^\({count}\) "), timeout=CONNECT_MS)
        await bob.wait_for_delivery("Are you there? (2)", "delivered")
    await expect(alice.page).to_have_title(re.compile(f"^{room[:20]}"), timeout=SECONDS_TO_SHOW)
    await bob.wait_for_delivery("Are you there? (2)", "read")


async def test_transcript_follows_the_end_until_the_reader_leaves_it(pair: Pair) -> None:
    """New messages come into view; for a reader who has scrolled up they wait as unread, and nothing moves."""
    alice, bob = pair
    await write_many(bob, 40)
    await expect(alice.messages("incoming")).to_have_count(40, timeout=CONNECT_MS)
    await expect(alice.messages("incoming").last).to_be_in_viewport()

    await reader(alice).hover()
    await alice.page.mouse.wheel(0, -100_000)
    await expect(alice.messages("incoming").first).to_be_in_viewport()
    await bob.send("And so it ended.")
    more = alice.page.get_by_role("button", name="1 new message")
    await expect(more).to_be_visible(timeout=SECONDS_TO_SHOW)
    await expect(reader(alice)).to_have_js_property("scrollTop", 0)
    await bob.wait_for_delivery("And so it ended.", "delivered")

    await more.click()
    await expect(alice.messages("incoming").last).to_be_in_viewport()
    await expect(more).to_be_hidden()
    await bob.wait_for_delivery("And so it ended.", "read")
    await bob.send("Or did it?")
    await expect(alice.messages("incoming").last).to_have_text("Or did it?")
    await expect(alice.messages("incoming").last).to_be_in_viewport()


async def test_only_addresses_of_the_web_become_links(pair: Pair) -> None:
    """Addresses of http and https can be clicked, in a tab that learns nothing of this one; nothing else can."""
    alice, bob = pair
    text = (
        "See https://example.org/a_(b)?q=1&r=<2>, http://localhost:1/ and HTTPS://Example.com. "
        "But not javascript:alert(1), data:text/html,x, ftp://example.org, //example.org or www.example.org!"
    )
    await alice.send(text)
    await bob.wait_for_incoming(text)
    for page in pair:
        links = page.handle("message-text").get_by_role("link")
        assert await links.all_text_contents() == [
            "https://example.org/a_(b)?q=1&r=",
            "http://localhost:1/",
            "HTTPS://Example.com",
        ]
        for link in await links.all():
            assert await link.get_attribute("href") == await link.text_content()
            assert await link.get_attribute("target") == "_blank"
            assert {"noopener", "noreferrer"} <= set((await link.get_attribute("rel") or "").split())


async def test_clocks_a_day_apart_begin_one_day(newcomers: Newcomers, server: Server, room: str) -> None:
    """Two who talk at the same time, one with a clock a day ahead: no day line before every message."""
    alice, bob = [await newcomers.open("chromium", server.url) for _ in range(2)]
    await bob.page.add_init_script(
        "const now = Date.now; Date.now = () => now() + 86400000;"
        "const Real = Date; globalThis.Date = class extends Real {"
        " constructor(...given) { super(...(given.length ? given : [Real.now()])); } };"
    )
    await meet(alice, bob, room)
    for number in range(3):
        await alice.send(f"From Alice {number}")
        await bob.wait_for_incoming(*(f"From Alice {each}" for each in range(number + 1)))
        await bob.send(f"From Bob {number}")
        await alice.wait_for_incoming(*(f"From Bob {each}" for each in range(number + 1)))
    await expect(reader(alice).locator(".day")).to_have_text(re.compile("today", re.IGNORECASE))
    assert await reader(bob).locator(".day").count() <= 2
