from __future__ import annotations

import re

from playwright.async_api import expect

from e2e.conftest import Pair

MESSAGES = 60
CUT_OFF = """
() => [...document.querySelectorAll(".transcript, .conversation, .screen, body, html")]
    .filter((element) => getComputedStyle(element).overflowY !== "visible")
    .filter((element) => element.scrollHeight > element.clientHeight + 1)
    .map((element) => element.className)
"""
BRIGHTNESS = """
(element) => Math.max(...getComputedStyle(element).color.match(/\\d+/g).slice(0, 3).map(Number))
"""
DARK = 96
PAGE = re.compile(rb"/Type\s*/Page\b")


async def test_conversation_is_printed_whole(pair: Pair) -> None:
    """All messages that the page has, dark on white in either scheme, and nothing that only a screen needs."""
    alice, _ = pair
    for number in range(MESSAGES):
        await alice.send(f"Message {number}, which is long enough to be read on paper")
    await alice.wait_for_arrival(f"Message {MESSAGES - 1}, which is long enough to be read on paper")
    try:
        await alice.page.emulate_media(media="print", color_scheme="dark")
        assert await alice.page.evaluate(CUT_OFF) == []
        await expect(alice.messages("outgoing").first).to_be_visible()
        assert await alice.messages("outgoing").first.evaluate(BRIGHTNESS) < DARK
        for handle in ("composer", "send", "status", "invite"):
            await expect(alice.handle(handle)).to_be_hidden()
        assert len(PAGE.findall(await alice.page.pdf())) > 1
    finally:
        await alice.page.emulate_media(media="screen", color_scheme="light")
