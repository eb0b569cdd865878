from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from e2e.browsers import Kind
from e2e.chat_page import ChatPage, connect
from e2e.old_release import checked_out, has_release, server_of
from e2e.people import Newcomers
from e2e.server import PASSWORD, Server
from tests.releases import HISTORY_0_1, rows_of

PUT_ROWS = """
async (rows) => {
    const request = indexedDB.open("p2pchat", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("rows");
    const database = await new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const transaction = database.transaction("rows", "readwrite");
    for (const [key, row] of rows) transaction.objectStore("rows").put(row, key);
    await new Promise((resolve) => { transaction.oncomplete = resolve; });
    database.close();
}
"""


@pytest.fixture
def before(own_server: Server, tmp_path: Path) -> Iterator[Server]:
    """Run the server of the release before in the place of today's, which comes after it."""
    if not has_release():
        pytest.skip("the history of the repository is not here")
    own_server.stop()
    with checked_out(tmp_path / "release") as tree:
        running = server_of(tree, own_server)
        running.start()
        yield running
        running.stop()


async def update(old: Server, new: Server) -> None:
    """Replace the server of before by the one of today, as an update does."""
    old.stop()
    new.start()


async def say(speaker: ChatPage, listener: ChatPage, text: str) -> None:
    """Send a text, and wait until it has arrived, once."""
    await speaker.send(text)
    await speaker.wait_for_arrival(text)
    await expect(listener.messages("incoming").get_by_text(text, exact=True)).to_have_count(1)


@pytest.mark.long
@pytest.mark.parametrize(("old_kind", "new_kind"), [("chromium", "firefox"), ("firefox", "chromium")])
async def test_pages_of_two_releases_talk(
    before: Server, own_server: Server, newcomers: Newcomers, room: str, old_kind: Kind, new_kind: Kind
) -> None:
    """A page that stays open across an update talks to one of today, and goes on in the new release after a reload."""
    for name in ("ann", "bob"):
        before.register(name)
    ann, bob = await newcomers.open(old_kind, before.url), await newcomers.open(new_kind, before.url)
    for page in (ann, bob):
        page.allow_lost_server()
    await ann.enter(room, "ann", PASSWORD)
    await ann.wait_for_status("waiting")
    await ann.send("written in the old release")
    await update(before, own_server)
    await bob.enter(room, "bob", PASSWORD)
    await connect(ann, bob)
    await bob.wait_for_incoming("written in the old release")
    await say(bob, ann, "to the old release")
    await say(ann, bob, "from the old release")
    await bob.reload()
    await connect(ann, bob)
    await say(bob, ann, "to the old release again")
    await ann.forget_release()
    await ann.reload()
    await connect(ann, bob)
    await say(ann, bob, "from the new release")
    await say(bob, ann, "to the new release")
    await bob.wait_for_incoming("written in the old release", "from the old release", "from the new release")
    await ann.wait_for_incoming("to the old release", "to the old release again", "to the new release")


async def test_history_of_the_release_before_is_there_after_the_update(
    own_server: Server, newcomers: Newcomers
) -> None:
    """Messages, how far they have come, and what waits for somebody, who gets it now."""
    for name in ("ada", "ben"):
        own_server.register(name)
    ada, ben = await newcomers.open("chromium", own_server.url), await newcomers.open("firefox", own_server.url)
    await ada.page.goto(f"{own_server.url}/robots.txt")
    await ada.page.evaluate(PUT_ROWS, json.loads(json.dumps(rows_of(HISTORY_0_1))))
    await ada.enter("den", "ada", PASSWORD)
    await ada.wait_for_outgoing("Hello Ben", "delivered, not read", "sent, not acknowledged", "waits for Ben")
    await ada.wait_for_delivery("Hello Ben", "read")
    await ada.wait_for_delivery("delivered, not read", "delivered")
    await ada.wait_for_delivery("waits for Ben", "queued")
    await ben.enter("den", "ben", PASSWORD)
    await connect(ada, ben)
    await ben.wait_for_incoming("sent, not acknowledged", "waits for Ben")
    await ada.wait_for_arrival("waits for Ben")
    await ada.wait_for_incoming("Hello Ada", "Grüße aus\nder Straße 🍅")
