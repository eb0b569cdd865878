"""What a member with a browser cannot do to another one's page, nor a person by hand to their own."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import expect

from e2e.browsers import Browsers
from e2e.chat_page import CONNECT_MS, ChatPage, connect
from e2e.conftest import OpenPage
from e2e.hostile_peer import HostilePeer
from e2e.people import Newcomers
from e2e.server import PASSWORD, Server

pytestmark = pytest.mark.long

QUOTA_BYTES = 96 * 2**20
"""Room for the files of the page, and then some."""
MOST_SAID = 60
ROUNDS = 5
# As JSON escapes them, each fits into a frame.
ODD_TEXTS = [
    "e" + "\u0301" * 2_000,
    "\u202e" * 2_000 + "abc",
    "\u2066" * 2_000,
    "\ufdfa" * 2_000,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467" * 250,
    "\0\x07\x1b[31m\ufeff\ufffe\uffff\U000e0061",
    "\u2028\u2029" * 1_000,
    "\U0010ffff" * 1_000,
    "x" * 12_000,
]
FILL = """
async () => {
    const opened = indexedDB.open("filler");
    opened.onupgradeneeded = () => opened.result.createObjectStore("rows", { autoIncrement: true });
    const database = await new Promise((resolve) => { opened.onsuccess = () => resolve(opened.result); });
    for (const size of [2 ** 22, 2 ** 18, 2 ** 14]) {
        for (let written = true; written;) {
            const transaction = database.transaction("rows", "readwrite");
            // What cannot be compressed: the quota is of bytes on the disk.
            const bytes = new Uint8Array(size);
            for (let at = 0; at < size; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
            transaction.objectStore("rows").put(bytes);
            written = await new Promise((resolve) => {
                transaction.oncomplete = () => resolve(true);
                transaction.onabort = () => resolve(false);
            });
        }
    }
    database.close();
}
"""
EMPTY = "() => new Promise((resolve) => { indexedDB.deleteDatabase('filler').onsuccess = () => resolve(null); })"
SPOIL = """
(value) => {
    for (const storage of [localStorage, sessionStorage])
        for (const key of Object.keys(storage)) storage.setItem(key, value);
}
"""
SPOILT = ["", "null", "[" * 20_000, '{"version":1e999}', "[[[1e400]]]", '"\ud800"', "\0", '{"token":{},"username":[]}']


async def enter(page: ChatPage, server: Server, room: str, username: str) -> None:
    """Enter a room as somebody who is new."""
    server.register(username)
    await page.enter(room, username, PASSWORD)


async def say_until_full(page: ChatPage, peer: HostilePeer) -> int:
    """Have a peer say long things until the page tells its person that there is no room; return how many."""
    for number in range(1, MOST_SAID + 1):
        await peer.say(number, f"{number} " + "x" * 12_000)
        await expect(page.messages("incoming")).to_have_count(number, timeout=CONNECT_MS)
        if await page.handle("keeping-fault").is_visible():
            return number
    raise AssertionError("the browser was never full")


async def test_peer_that_fills_the_browser_is_told_of(
    browsers: Browsers, newcomers: Newcomers, server: Server, room: str
) -> None:
    """The person reads that there is no room, the conversation goes on, and after some was made it does so for good."""
    context = await (await browsers.get("chromium")).new_context()
    newcomers.contexts.append(context)
    page, helper = await newcomers.open_beside(context, server.url), await context.new_page()
    await helper.goto(f"{server.url}/robots.txt")
    session = await context.new_cdp_session(helper)
    await session.send("Storage.overrideQuotaForOrigin", {"origin": server.url, "quotaSize": QUOTA_BYTES})
    await enter(page, server, room, "full-ann")
    elsewhere = await (await browsers.get("chromium")).new_context()
    newcomers.contexts.append(elsewhere)
    peer = await HostilePeer.open(elsewhere, server, "full-mallory")
    await peer.join(room)
    await peer.wait_until_opened(1)
    await peer.greet()
    await helper.evaluate(FILL)
    said = await say_until_full(page, peer)
    await expect(page.handle("keeping-fault")).to_contain_text("no room left")
    # What stands in the page's memory alone was taken, and the person knows how long it lasts.
    assert set(await peer.acknowledged()) <= set(range(said + 1))
    await page.send("Nothing fits any more")
    await page.wait_for_outgoing("Nothing fits any more")
    await peer.leave()
    await helper.evaluate(EMPTY)
    # The browser asks first: what the page alone has is lost with it, as the person was told.
    with page.leaving_anyway() as asked:
        await page.reload()
    assert len(asked) == 1
    await page.wait_for_room()
    await expect(page.handle("keeping-fault")).to_be_hidden()
    friend = await newcomers.open("chromium", server.url)
    await enter(friend, server, room, "full-ben")
    await connect(page, friend)
    await friend.send("Is there room again?")
    await expect(page.messages("incoming").last).to_contain_text("Is there room again?", timeout=CONNECT_MS)
    await page.send("There is")
    await friend.wait_for_incoming("There is")
    await friend.wait_for_delivery("Is there room again?", "delivered", "read")


async def test_tab_receives_while_another_one_forgets(newcomers: Newcomers, server: Server, room: str) -> None:
    """One tab of a person clears the history, again and again, and nothing that comes meanwhile is lost or doubled."""
    friend, reader = [await newcomers.open("chromium", server.url) for _ in range(2)]
    await enter(friend, server, room, "forget-ben")
    await enter(reader, server, room, "forget-ann")
    await connect(reader, friend)
    clearer = await newcomers.open_beside(reader.page.context, server.url)
    await clearer.open(f"/chat/{room}")
    await clearer.wait_for_status("connected")
    texts = [f"number {number}" for number in range(40)]
    for number, text in enumerate(texts):
        await friend.send(text)
        if number % 10 == 5:
            if not await clearer.handle("clear-history").is_visible():
                await clearer.handle("room-menu").click()
            await clearer.handle("clear-history").click()
            await clearer.handle("confirm-clear").click()
    await reader.wait_for_incoming(*texts)
    await friend.wait_for_arrival(texts[-1])
    await friend.send("the last one")
    for page in (reader, clearer):
        await expect(page.messages("incoming").last).to_contain_text("the last one", timeout=CONNECT_MS)
        await page.reload()
        await page.wait_for_room()
        await expect(page.messages("incoming").last).to_contain_text("the last one", timeout=CONNECT_MS)
        shown = await page.messages("incoming").all_inner_texts()
        assert len(shown) == len(set(shown))


async def test_page_outlives_a_restless_peer(open_page: OpenPage, server: Server, room: str) -> None:
    """It comes and goes as another device each time, says what is hard to draw, and leaves no more than others."""
    page = await open_page("chromium")
    page.allow_failed_connection()
    await enter(page, server, room, "restless-ann")
    peer = await HostilePeer.open(page.page.context, server, "restless-mallory")
    await peer.join(room)
    said = 0
    for number in range(ROUNDS):
        await peer.wait_until_opened(number + 1)
        await peer.greet()
        for seq, text in enumerate(ODD_TEXTS[number::ROUNDS], start=1):
            await peer.say(seq, text)
            said += 1
        await expect(page.messages("incoming")).to_have_count(said, timeout=CONNECT_MS)
        await peer.send(*[json.dumps({"type": "typing"})] * 5)
        await peer.tell_server('{"type":"leave"}')
        peer.be_another_device()
        await peer.join(room)
    assert said == len(ODD_TEXTS)
    await peer.leave()
    friend = await open_page("chromium")
    await enter(friend, server, room, "restless-ben")
    await connect(page, friend)
    session = await page.page.context.new_cdp_session(page.page)
    await session.send("Page.setWebLifecycleState", {"state": "frozen"})
    await friend.send("Are you frozen?")
    await session.send("Page.setWebLifecycleState", {"state": "active"})
    await expect(page.messages("incoming").last).to_contain_text("Are you frozen?", timeout=CONNECT_MS)
    await friend.wait_for_arrival("Are you frozen?")


async def test_page_starts_beside_what_was_edited_by_hand(open_page: OpenPage, server: Server, room: str) -> None:
    """Whatever stands in every place of the browser's storage, it counts as nothing, and one can log in again."""
    page = await open_page("chromium")
    await enter(page, server, room, "edited-ann")
    await page.send("Good")
    await page.wait_for_outgoing("Good")
    for value in SPOILT:
        await page.page.evaluate(SPOIL, value)
        await page.reload()
        await page.wait_for_form()
    await page.log_in("edited-ann", PASSWORD)
    await page.wait_for_room()
    await page.wait_for_outgoing("Good")
    await page.send("Still good")
    await page.wait_for_outgoing("Good", "Still good")
