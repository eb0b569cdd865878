"""What a peer, or what a peer has left in the browser, cannot do to a page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from client_py.words.transcript import UNREADABLE
from e2e.browser_selection import IN_BOTH
from e2e.browsers import Browsers, Kind
from e2e.chat_page import CONNECT_MS, ChatPage, connect
from e2e.conftest import OpenPage
from e2e.hostile_peer import HostilePeer
from e2e.people import Newcomers
from e2e.server import PASSWORD, Server

DEEP = "[" * 16_000
DEEP_FRAMES = [DEEP, "[" * 8_192 + "]" * 8_192, '{"type":"message","text":' + '{"":' * 4_000]
REPEATED = 20

SPOIL = """
async ([account, room, rows]) => {
    const request = indexedDB.open("p2pchat");
    const database = await new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const transaction = database.transaction("rows", "readwrite");
    const store = transaction.objectStore("rows");
    for (const [key, row] of rows) store.put(row, [account, room, ...key]);
    await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
    });
    database.close();
}
"""
"""Writes rows into what the browser keeps of a room."""


@pytest.fixture
def wide_server(tmp_path: Path) -> Iterator[Server]:
    """Run a server for one test whose rooms have three places."""
    running = Server(tmp_path, {"P2PCHAT_ROOM_CAPACITY": "3"})
    running.start()
    yield running
    running.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def newcomers_there(browsers: Browsers, wide_server: Server) -> AsyncIterator[Newcomers]:  # noqa: ARG001 - it ends after them
    """Open pages of the wide server; at the end, no console may hold an error."""
    people = Newcomers(browsers)
    yield people
    assert await people.close() == []


async def enter(people: Newcomers, server: Server, kind: Kind, username: str, room: str) -> ChatPage:
    """Let somebody enter a room."""
    server.register(username)
    page = await people.open(kind, server.url)
    await page.enter(room, username, PASSWORD)
    return page


@IN_BOTH
async def test_page_outlives_frames_that_are_nested_deep(
    newcomers_there: Newcomers, wide_server: Server, kind: Kind
) -> None:
    """Their sender loses the channel; the page lives, and the conversation with another one goes on."""
    honest = await enter(newcomers_there, wide_server, kind, "ann", "den")
    friend = await enter(newcomers_there, wide_server, "chromium", "ben", "den")
    await connect(honest, friend)
    context = await (await newcomers_there.browsers.get("chromium")).new_context()
    newcomers_there.contexts.append(context)
    peer = await HostilePeer.open(context, wide_server, "mallory")
    await peer.join("den")
    # One channel to each of the two, and then again whenever one was given up.
    for round_number, frame in enumerate(DEEP_FRAMES):
        await peer.wait_until_opened(2 + round_number)
        await peer.send(*[frame] * REPEATED)
        await peer.wait_until_closed(1 + round_number)
    await honest.send("Are you there?")
    await friend.wait_for_incoming("Are you there?")
    await friend.send("I am")
    await honest.wait_for_incoming("I am")


@IN_BOTH
async def test_page_refuses_a_moment_that_no_browser_can_show(open_page: OpenPage, server: Server, kind: Kind) -> None:
    """It is neither stored nor acknowledged, and what the same peer says within bounds is, also after a reload."""
    username, room = f"ann-{kind}", f"moment-{kind}"
    server.register(username)
    honest = await open_page(kind)
    await honest.enter(room, username, PASSWORD)
    peer = await HostilePeer.open(honest.page.context, server, f"mallory-{kind}")
    await peer.join(room)
    await peer.wait_until_opened(1)
    await peer.greet()
    await peer.say(1, "The end of days", sent_at=8.64e12)
    await honest.wait_for_incoming("The end of days")
    await peer.say(2, "The day after", sent_at=1e13)
    await peer.wait_until_closed(1)
    await peer.wait_until_opened(2)
    assert set(await peer.acknowledged()) == {1}
    await honest.reload()
    await honest.wait_for_room()
    await honest.wait_for_incoming("The end of days")
    await expect(honest.handle("status")).not_to_have_attribute("data-state", "failed")


@IN_BOTH
async def test_page_shows_the_others_beside_rows_that_are_spoilt(
    open_page: OpenPage, server: Server, kind: Kind
) -> None:
    """One bad row, of whatever sort, takes no other along; the room is as it was, and one can write in it."""
    username, room = f"cleo-{kind}", f"spoilt-{kind}"
    server.register(username)
    page = await open_page(kind)
    await page.enter(room, username, PASSWORD)
    await page.send("Good")
    await page.wait_for_outgoing("Good")
    await page.page.goto(f"{server.url}/robots.txt")
    good = '{"from":"ben","at":1.5,"out":false,"text":"Hi"}'
    messages = [
        "no json",
        DEEP,
        "{}",
        good.replace("1.5", "1e13"),
        good.replace("1.5", "1e999"),
        good.replace('"Hi"', "7"),
        7,
        [[]],
    ]
    rows: list[tuple[list[object], object]] = [
        (["message", number, f"message-{number:0>12}"], row) for number, row in enumerate(messages, start=1)
    ]
    rows += [
        (["message", 100, "message-000000000100"], good),
        (["message", "late", "message-000000000101"], good),
        (["id", "another-tab-00000000", "message-000000000001"], "first"),
        (["receipt", "another-tab-00000000", "message-000000000001"], "[]"),
        (["mark", "another-tab-00000000", "ben", "bens-tab-00000000"], DEEP),
        (["device", "another-tab-00000000"], "{}"),
        (["device", "no device"], DEEP),
    ]
    await page.page.evaluate(SPOIL, [username, room, rows])
    await page.open(f"/chat/{room}")
    await page.wait_for_room()
    await page.wait_for_incoming(*[UNREADABLE] * len(messages), "Hi")
    await page.wait_for_outgoing("Good")
    await page.wait_for_status("waiting")
    await page.send("Still good")
    await page.wait_for_outgoing("Good", "Still good")
    await page.reload()
    await expect(page.handle("message")).to_have_count(len(messages) + 3, timeout=CONNECT_MS)
