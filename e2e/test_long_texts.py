"""Texts as long as our limits allow, where a browser lays out each character that it is given."""

from __future__ import annotations

from playwright.async_api import Locator, expect

from client_py.ui.room.composer import MAX_LINES
from e2e.chat_page import ChatPage
from e2e.conftest import Pair

PARAGRAPHS = ("one\n\n\ntwo\n" * 30, "שלום, world\n" * 60, "word " * 2_000 + "\n", "\n" * 120, "the end")
SELECTED = "element => { getSelection().selectAllChildren(element); return getSelection().toString(); }"
HEIGHT = "element => element.getBoundingClientRect().height"
WIDTH = "element => element.getBoundingClientRect().width"
HEIGHT_UNCUT = """
element => {
    const uncut = element.cloneNode();
    uncut.textContent = element.textContent;
    element.after(uncut);
    const { height } = uncut.getBoundingClientRect();
    uncut.remove();
    return height;
}
"""
SELECT_ELSEWHERE = """
text => {
    const box = document.createElement("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    return box;
}
"""


async def unfold(message: Locator) -> None:
    """Press the button as long as there is more."""
    more = message.get_by_role("button", name="Show more")
    while await more.is_visible():
        await more.click()


async def test_message_in_portions_is_one_to_the_eye_and_to_the_clipboard(pair: Pair) -> None:
    """Unfolded, it is as high as it would be uncut, and what is copied is what was written."""
    text = "".join(PARAGRAPHS)
    for sender, receiver in (pair, pair[::-1]):
        await sender.paste(text)
        message = receiver.handle("message").filter(has_text="the end").last
        await expect(message).to_have_attribute("data-direction", "incoming")
        await unfold(message)
        shown = message.get_by_test_id("message-text")
        assert await shown.locator(".portion").count() > 1
        assert await shown.evaluate(HEIGHT) == await shown.evaluate(HEIGHT_UNCUT)
        assert await shown.evaluate(SELECTED) == text


async def test_long_message_keeps_its_width(pair: Pair) -> None:
    """Whatever is unfolded of it, and whichever buttons are there: at another width, all of it is laid out again."""
    for sender, receiver in (pair, pair[::-1]):
        await sender.paste("a\n" * 200 + "a wider line at the end")
        message = receiver.handle("message").filter(has_text="at the end").last
        await expect(message).to_have_attribute("data-direction", "incoming")
        shown = message.get_by_test_id("message-text")
        folded = await shown.evaluate(WIDTH)
        await unfold(message)
        assert await shown.evaluate(WIDTH) == folded


async def paste(page: ChatPage, text: str) -> None:
    """Copy a text elsewhere, and paste it into the composer."""
    elsewhere = await page.page.evaluate_handle(SELECT_ELSEWHERE, text)
    await page.page.keyboard.press("ControlOrMeta+c")
    await elsewhere.evaluate("box => box.remove()")
    await page.handle("composer").focus()
    await page.page.keyboard.press("ControlOrMeta+v")


async def test_text_that_would_hold_the_page_is_not_pasted(pair: Pair) -> None:
    """What is in the composer stays there, and the page says why; a text that is just not too long is taken."""
    for page in pair:
        await page.page.bring_to_front()
        box = page.handle("composer")
        await box.fill("draft")
        await paste(page, "line\n" * MAX_LINES)
        await expect(page.page.locator(".composer .fault")).to_contain_text("in several parts")
        await expect(box).to_have_value("draft")
        await box.fill("")
        await paste(page, "line\n" * (MAX_LINES - 1))
        await expect(box).to_have_value("line\n" * (MAX_LINES - 1))
        await box.fill("")
