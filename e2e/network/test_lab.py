from __future__ import annotations

import asyncio

import pytest

from e2e.browser_selection import later
from e2e.chat_page import ChatPage
from e2e.network.home_pages import Pages, enter, meet, path_of
from e2e.network.lab import Lab

PAIRS = [("chromium", "firefox"), later(("chromium", "chromium")), later(("firefox", "firefox"))]
MESSAGES = 20
KEY_MS = 15
CUT_SECONDS = 1.0


async def exchange(pages: Pages) -> None:
    """Have each send a message, and see it arrive."""
    alice, bob = pages
    for speaker, listener, text in ((alice, bob, "Hello Bob"), (bob, alice, "Hello Alice")):
        await speaker.send(text)
        await speaker.wait_for_arrival(text)
        await listener.wait_for_incoming(text)


async def type_messages(page: ChatPage, texts: list[str]) -> None:
    """Type messages key by key, one after the other."""
    await page.handle("composer").click()
    for text in texts:
        await page.page.keyboard.type(text, delay=KEY_MS)
        await page.page.keyboard.press("Enter")


async def blink(lab: Lab) -> None:
    """Cut Alice's line for a moment, while people are typing."""
    await asyncio.sleep(CUT_SECONDS)
    lab.alice.cut()
    await asyncio.sleep(CUT_SECONDS)
    lab.alice.mend()


@pytest.mark.parametrize("kinds", PAIRS, ids="+".join)
async def test_homes_connect_directly(pages: Pages, room: str) -> None:
    """Two browsers in networks of their own find the direct path, in a page that counts as secure."""
    await meet(pages, room)
    await exchange(pages)
    for page in pages:
        assert await page.page.evaluate("window.isSecureContext")
        await page.wait_for_detail("Directly connected")
        assert await path_of(page) == "direct"


@pytest.mark.parametrize("kinds", PAIRS, ids="+".join)
async def test_homes_connect_through_relay(lab: Lab, pages: Pages, room: str) -> None:
    """Where a firewall lets no UDP pass, they talk through the TURN server over TCP, and are told so."""
    lab.alice.block_udp()
    await enter(pages, room)
    for page in pages:
        await page.wait_for_status("connected")
        await page.wait_for_detail("through a relay")
    await exchange(pages)
    assert "relayed" in {await path_of(page) for page in pages}


@pytest.mark.parametrize("kinds", PAIRS, ids="+".join)
async def test_short_cut_loses_and_doubles_nothing(lab: Lab, pages: Pages, room: str) -> None:
    """When a line is dead for a second in the middle of typing, everything arrives, once and in order."""
    await meet(pages, room)
    alice, bob = pages
    said = [[f"{name} says {number}" for number in range(MESSAGES)] for name in ("Alice", "Bob")]
    await asyncio.gather(type_messages(alice, said[0]), type_messages(bob, said[1]), blink(lab))
    for speaker, listener, texts in ((alice, bob, said[0]), (bob, alice, said[1])):
        await listener.wait_for_incoming(*texts)
        await speaker.wait_for_arrival(texts[-1])
        await speaker.wait_for_outgoing(*texts)
