from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

from playwright.async_api import expect

from e2e.browsers import Browsers
from e2e.chat_page import CONNECT_MS, ChatPage, connect, meet
from e2e.conftest import OpenPage, Pair
from e2e.people import Newcomers
from e2e.server import Server

DOWNLOAD_SECONDS = 20
NO_STORAGE = "IDBFactory.prototype.open = () => { throw new DOMException('forbidden on purpose', 'SecurityError'); };"
DUPLICATE = "() => { window.open(location.href); }"


async def exchange(first: ChatPage, second: ChatPage) -> None:
    """Say something both ways."""
    await first.send("Good morning")
    await second.wait_for_incoming("Good morning")
    await second.send("Tomatoes are ripe")
    await first.wait_for_incoming("Tomatoes are ripe")
    await first.wait_for_arrival("Good morning")


async def test_history_is_there_after_a_reload(pair: Pair) -> None:
    """What was said is shown again on both sides, once, with how far it has come."""
    alice, bob = pair
    await exchange(alice, bob)
    await alice.wait_for_delivery("Good morning", "read")
    for page in (alice, bob):
        await page.reload()
    await connect(alice, bob)
    await alice.wait_for_outgoing("Good morning")
    await alice.wait_for_incoming("Tomatoes are ripe")
    await bob.wait_for_incoming("Good morning")
    await alice.wait_for_delivery("Good morning", "read")


async def test_message_that_waits_survives_a_reload(neighbours: Pair, room: str) -> None:
    """What was written alone is delivered by the page after it."""
    alice, bob = neighbours
    await alice.go_to(room)
    await alice.wait_for_status("waiting")
    await alice.send("for the next to come")
    await alice.wait_for_delivery("for the next to come", "queued")
    await alice.reload()
    await alice.wait_for_delivery("for the next to come", "queued")
    await bob.go_to(room)
    await connect(alice, bob)
    await bob.wait_for_incoming("for the next to come")
    await alice.wait_for_arrival("for the next to come")


async def test_history_is_searched(pair: Pair) -> None:
    """Words are found in whatever case, and what is not there is not found."""
    alice, bob = pair
    await exchange(alice, bob)
    await alice.handle("search-messages").click()
    await alice.handle("search").fill("tomatoes RIPE")
    await expect(alice.handle("search-result")).to_have_count(1)
    await alice.handle("search").fill("potatoes")
    await expect(alice.handle("search-results")).to_contain_text("No message found")


async def test_history_is_exported(pair: Pair, tmp_path: Path) -> None:
    """The file holds the conversation, for a program and for a person."""
    alice, bob = pair
    await exchange(alice, bob)
    await alice.handle("room-menu").click()
    for handle in ("export-json", "export-text"):
        async with alice.page.expect_download() as downloading:
            await alice.handle(handle).click()
        await (await downloading.value).save_as(tmp_path / handle)
    messages = json.loads((tmp_path / "export-json").read_text(encoding="utf-8"))["messages"]
    assert [(message["author"], message["text"]) for message in messages] == [
        ("alice", "Good morning"),
        ("bob", "Tomatoes are ripe"),
    ]
    assert "alice: Good morning" in (tmp_path / "export-text").read_text(encoding="utf-8")


async def test_history_is_exported_in_firefox(browsers: Browsers, server: Server, room: str, tmp_path: Path) -> None:
    """There Playwright tells of no download, but the file lies where the person wants it."""
    folder = tmp_path / "downloads"
    context = await browsers.launch_persistent("firefox", tmp_path / "profile", downloads=folder)
    try:
        page = await ChatPage.create(context, server.url)
        await page.enter(room)
        await page.wait_for_status("waiting")
        await page.send("Written in Firefox")
        await page.handle("room-menu").click()
        await page.handle("export-json").click()
        exported = json.loads(await text_of_download(folder, "*.json"))
    finally:
        await context.close()
    assert [message["text"] for message in exported["messages"]] == ["Written in Firefox"]
    assert page.errors == []


async def text_of_download(folder: Path, pattern: str) -> str:
    """Wait until a file is there, and whole: Firefox gives it its name, empty, before it moves the text there."""
    deadline = time.monotonic() + DOWNLOAD_SECONDS
    while not (texts := texts_in(folder, pattern)):
        assert time.monotonic() < deadline, "nothing was saved"
        await asyncio.sleep(0.1)
    return texts[0]


def texts_in(folder: Path, pattern: str) -> list[str]:
    """Read the files that have something in them."""
    return [text for path in folder.glob(pattern) if (text := path.read_text(encoding="utf-8"))]


async def test_history_is_cleared(pair: Pair) -> None:
    """After clearing, nothing stands there, nor after a reload."""
    alice, bob = pair
    await exchange(alice, bob)
    await alice.handle("room-menu").click()
    await alice.handle("clear-history").click()
    await alice.handle("confirm-clear").click()
    await expect(alice.handle("message")).to_have_count(0)
    await alice.reload()
    await connect(alice, bob)
    await bob.send("Still there?")
    await alice.wait_for_incoming("Still there?")


async def test_switch_keeps_nothing(open_page: OpenPage, room: str) -> None:
    """With keeping off, a reload brings back nothing, and what was kept before is gone."""
    first, second = await open_page("chromium"), await open_page("chromium")
    await meet(first, second, room)
    await exchange(first, second)
    await first.handle("room-menu").click()
    await first.handle("keep-history").click()
    await first.handle("confirm-stop-keeping").click()
    await expect(first.handle("keep-history")).to_have_attribute("aria-checked", "false")
    await first.reload()
    await connect(first, second)
    await expect(first.handle("message")).to_have_count(0)
    await second.send("Do you remember?")
    await first.wait_for_incoming("Do you remember?")


async def test_browser_that_keeps_nothing_says_so(newcomers: Newcomers, server: Server, room: str) -> None:
    """Where the database cannot be opened, the person is told, and the conversation goes on."""
    page, other = [await newcomers.open(kind, server.url) for kind in ("chromium", "firefox")]
    await page.page.add_init_script(NO_STORAGE)
    await meet(page, other, room)
    await expect(page.handle("keeping-fault")).to_contain_text("lets this page keep no messages")
    await exchange(page, other)


async def test_duplicated_tab_is_a_device_of_its_own(open_page: OpenPage, newcomers: Newcomers, room: str) -> None:
    """A tab that was made from another one neither takes its place nor loses what is said to it."""
    page = await open_page("chromium")
    await page.enter(room)
    await page.wait_for_status("waiting")
    async with page.page.context.expect_page() as opening:
        await page.page.evaluate(DUPLICATE)
    twin = ChatPage(await opening.value, page.url)
    newcomers.pages.append(twin)
    await connect(page, twin)
    await page.send("Are you me?")
    await twin.wait_for_outgoing("Are you me?")
    await twin.send("No")
    await page.wait_for_outgoing("Are you me?", "No")


async def test_closed_tab_is_missed_and_a_reloaded_one_is_no_ghost(pair: Pair, open_page: OpenPage, room: str) -> None:
    """Who closes the tab is gone from the others' pages; who reloads it is there once."""
    alice, bob = pair
    await bob.reload()
    await connect(alice, bob)
    await alice.wait_for_peers("bob")
    await bob.leave_room()
    visitor = await open_page("firefox")
    await visitor.enter(room)
    await connect(alice, visitor)
    await visitor.page.close()
    await expect(alice.handle("peer")).to_have_count(0, timeout=CONNECT_MS)
    await alice.wait_for_status("waiting")


async def test_draft_survives_a_reload(open_page: OpenPage, room: str) -> None:
    """What is begun and not sent is there again; where nothing is to be kept, it is not."""
    page = await open_page("chromium")
    await page.enter(room)
    await page.wait_for_status("waiting")
    await page.handle("composer").fill("half a sen")
    await page.reload()
    await expect(page.handle("composer")).to_have_value("half a sen")
    await page.handle("room-menu").click()
    await page.handle("keep-history").click()
    await page.handle("confirm-stop-keeping").click()
    await expect(page.handle("keep-history")).to_have_attribute("aria-checked", "false")
    assert "half a sen" not in await page.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")


async def test_dropped_file_leaves_the_page_alone(open_page: OpenPage, room: str) -> None:
    """A browser would open it in the place of the page."""
    page = await open_page("chromium")
    await page.enter(room)
    declined = await page.page.evaluate(
        """() => ["dragover", "drop"].map((name) => {
             const dataTransfer = new DataTransfer();
             dataTransfer.items.add(new File(["x"], "x.txt"));
             const options = { dataTransfer, bubbles: true, cancelable: true };
             return ["transcript", "composer"].map((id) => !document
               .querySelector(`[data-testid=${id}]`).dispatchEvent(new DragEvent(name, options)));
           }).flat()"""
    )
    assert declined == [True, True, True, True]


async def test_reload_asks_before_it_loses_what_waits(open_page: OpenPage, room: str) -> None:
    """Where the person wants nothing kept, as on http: what the page says of delivery is true, and the browser asks."""
    page = await open_page("chromium")
    await page.enter(room)
    await page.wait_for_detail("delivered when someone comes")
    await page.handle("room-menu").click()
    await page.handle("keep-history").click()
    await page.handle("confirm-stop-keeping").click()
    await page.wait_for_detail("a reload loses it")
    await page.handle("room-menu").click()
    await page.send("Anyone?")
    page.page.remove_listener("dialog", page._dismiss)  # noqa: SLF001 - here one is awaited
    async with page.page.expect_event("dialog") as question:
        await page.page.evaluate("setTimeout(() => location.reload())")
    dialog = await question.value
    assert dialog.type == "beforeunload"
    await dialog.dismiss()
    await expect(page.handle("message")).to_have_count(1)
