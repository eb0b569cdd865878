from __future__ import annotations

from playwright.async_api import expect

from e2e.chat_page import CONNECT_MS, ChatPage
from e2e.conftest import Pair

HOSTILE_TEXTS = (
    "<img src=x onerror=\"document.title='broken'; alert(1)\">",
    "<script>alert(1)</script><svg/onload=alert(2)>",
    "</div></article></main><style>body { display: none }</style><!--",
    "\"quotes\" 'apostrophes' `backticks` &amp; &#60; %3Cb%3E \\u003cb\\u003e \\n ${1+1} {{1+1}} {0} %s %(x)s",
    'javascript:alert(1) data:text/html,<script>alert(1)</script> http://x"onmouseover=alert(1)',
    "null undefined NaN None [object Object] __proto__ '; DROP TABLE accounts; --",
    '{"type":"hello","version":1,"device":"aaaaaaaaaaaaaaaaaaaaaa"}',
    "a\0b\x01c\x08d\x1be\x7ff\x80g",
    "\u202eright to left\u202c, \u2066isolated\u2069, \u200fמְעֻרְבָּב\u200e",
    "  kept  blanks\tand tabs \u00a0 \u3000 \u200b \ufeff  ",
    "first\n\n\nfourth\u2028line\u2029paragraph\x85next\x0bvertical\x0cform",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪 1️⃣ ☺︎",
    "Z̷̢͉̐a̸͚̔l̷̰̀g̶̱̈́o̴̙͐ é e\u0301 ﷽ ö o\u0308 \u0301",
    "𝄞 𒀱 𐍈 𠜎 \U000e0041 \U0010fffd \ufffe \uffff \U0001fffe",
)

SURROGATES = range(0xD800, 0xE000)
LINE_ENDS = {0x0D}
"""A text area makes a line feed of a carriage return, as HTML says that it should."""

BASIC_PLANE = "".join(chr(code) for code in range(0x10000) if code not in SURROGATES and code not in LINE_ENDS)
OTHER_PLANES = "".join(chr(code) for code in range(0x10000, 0x110000, 17))

LONG_BYTES = 100 * 1024
ASCII = "".join(f"{number:06} and more, " for number in range(LONG_BYTES // 17 + 1))[:LONG_BYTES]
FOUR_BYTES = "".join(chr(0x1F300 + number % 0x2FF) for number in range(LONG_BYTES // 4))


async def send_exactly(sender: ChatPage, receiver: ChatPage, *texts: str) -> None:
    """Send texts one after the other; each must stand on both sides as it was, and nothing may have come of it."""
    for text in texts:
        await sender.paste(text)
    await expect(receiver.messages("incoming")).to_have_count(len(texts), timeout=CONNECT_MS)
    for page, direction in ((receiver, "incoming"), (sender, "outgoing")):
        shown = await page.messages(direction).all_text_contents()
        for text, received in zip(texts, shown, strict=True):
            assert received == text, f"{text[:60]!r} became {received[:60]!r}"
        # Beside links, only the portions of a long message and what is not shown of it are elements of their own.
        assert await page.handle("message-text").locator(":not(a, div.portion, span[hidden])").count() == 0


async def test_hostile_text_arrives_as_text(pair: Pair) -> None:
    """What looks like markup, code or frames, or turns the writing around, is text like any other."""
    alice, bob = pair
    title = await bob.page.title()
    await send_exactly(alice, bob, *HOSTILE_TEXTS)
    await send_exactly(bob, alice, *HOSTILE_TEXTS)
    assert await bob.page.title() == title
    await expect(bob.handle("composer")).to_be_visible()


async def test_every_character_arrives(pair: Pair) -> None:
    """The whole basic plane of Unicode and a sample of all others arrive, even what is no character (yet)."""
    alice, bob = pair
    await send_exactly(alice, bob, BASIC_PLANE, OTHER_PLANES)
    await send_exactly(bob, alice, BASIC_PLANE, OTHER_PLANES)


async def test_half_of_a_character_is_shown_as_it_arrives(pair: Pair) -> None:
    """A lone surrogate is no text, and becomes the replacement character before it is shown, on both sides alike."""
    alice, bob = pair
    await alice.handle("composer").evaluate(
        "box => { box.value = 'half \\ud83d of it'; box.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    await alice.handle("send").click()
    await bob.wait_for_incoming("half \ufffd of it")
    await alice.wait_for_outgoing("half \ufffd of it")


async def test_long_messages_arrive_whole(pair: Pair) -> None:
    """100 KB arrive exactly, in characters of one byte and of four, both ways, in their place among short ones."""
    alice, bob = pair
    await send_exactly(alice, bob, "before", ASCII, "between", FOUR_BYTES, "after")
    await alice.wait_for_arrival("after")
    await send_exactly(bob, alice, FOUR_BYTES, ASCII)
