from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from bench.link.memory import tabs
from e2e.browser_selection import later
from e2e.browsers import Browsers, Kind
from e2e.chat_page import ChatPage
from e2e.conftest import OpenPage
from e2e.flooding_peer import FloodingPeer
from e2e.server import PASSWORD, Server

SHORT_SECONDS, LONG_SECONDS = 4.0, 12.0
MOST_SILENT_MS = 15_000
"""Far from what is aimed at, which a busy machine makes a page miss too; without budgets, four seconds of a flood make
it silent for longer than that."""
MOST_GROWN_MIB = 160
MOST_OPENED = 4
"""While it is watched: the pauses last for two seconds, four and eight at least."""
LOOKING_SECONDS = 0.25

OTHER: dict[Kind, Kind] = {"chromium": "firefox", "firefox": "chromium"}

# Notes for how long the page did not come to anything, and what it told the person.
PROBE = """
(() => {
    const probe = window.probe = { silent: 0, told: [] };
    let last = performance.now();
    const tick = () => {
        const now = performance.now();
        probe.silent = Math.max(probe.silent, now - last);
        last = now;
        const told = document.querySelector('[data-testid="status-detail"]')?.textContent;
        if (told && told !== probe.told.at(-1)) probe.told.push(told);
        setTimeout(tick, 10);
    };
    tick();
})();
"""
BEGIN = "() => Object.assign(window.probe, { silent: 0, told: [] })"

EXCESSIVE, UNREADABLE = "sends more than this page takes", "sends what this page cannot read"
KEPT_AWAY = {
    "ping": EXCESSIVE,
    "pong": EXCESSIVE,
    "typing": EXCESSIVE,
    "acknowledgement": EXCESSIVE,
    "receipt": EXCESSIVE,
    "duplicate": EXCESSIVE,
    "message": EXCESSIVE,
    "candidate": EXCESSIVE,
    "description": "sends ",
    "long": EXCESSIVE,
    "unfinished": "sends ",
    "huge": "sends ",
    "binary": "sends ",
    "unknown": "sends ",
    "garbage": "sends ",
}
"""What the person is told of each flood. Where both are true, either may be found out first."""
PATIENT = "patient"
"""Sends messages of 256 KiB as fast as it may, which is nothing to keep anyone away for."""


@dataclass(frozen=True)
class Flooded:
    """What a page went through."""

    silent: float
    """The longest time in which it came to nothing, in milliseconds."""
    grown: float
    """MiB of the largest tab."""
    told: list[str]
    opened: list[float]
    """When the other side had a channel, in seconds."""


async def flood(page: ChatPage, peer: FloodingPeer, kind: str, seconds: float) -> Flooded:
    """Let a peer send frames of one kind for some time, and look at the page meanwhile."""
    await page.page.evaluate(BEGIN)
    (before,) = (most,) = tabs(1)
    pouring = asyncio.ensure_future(peer.pour(kind, seconds))
    while not pouring.done():
        await asyncio.sleep(LOOKING_SECONDS)
        most = max(most, *tabs(1))
    assert await pouring > 0
    probe: dict[str, Any] = await page.page.evaluate("window.probe")
    return Flooded(probe["silent"], max(most, *tabs(1)) - before, probe["told"], await peer.opened())


@dataclass(frozen=True)
class Pouring:
    """What a peer sends, and for how long."""

    kind: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.kind}-{self.seconds:g}"


OpenFlooding = Callable[[Kind, str], Awaitable[FloodingPeer]]
"""Opens a flooding peer in a browser of this kind, and lets it enter a room, under the name that it is given."""


@pytest_asyncio.fixture(loop_scope="session")
async def open_flooding(browsers: Browsers, server: Server, room: str) -> AsyncIterator[OpenFlooding]:
    """Open flooding peers, and close them at the end."""
    contexts = []

    async def open_one(kind: Kind, username: str) -> FloodingPeer:
        contexts.append(await (await browsers.get(kind)).new_context())
        peer = await FloodingPeer.open(contexts[-1], server)
        await peer.join(server.register(username)["token"], room)
        return peer

    yield open_one
    for context in contexts:
        await context.close()


async def enter(page: ChatPage, server: Server, room: str, username: str) -> None:
    """Enter a room as somebody who is new."""
    server.register(username)
    await page.enter(room, username, PASSWORD)


CASES = [
    ("chromium", Pouring("typing", SHORT_SECONDS)),
    ("firefox", Pouring("message", SHORT_SECONDS)),
    *(later(victim, Pouring(kind, LONG_SECONDS)) for victim in OTHER for kind in (*KEPT_AWAY, PATIENT)),
]


@pytest.mark.parametrize(("victim", "pouring"), CASES, ids=str)
async def test_page_lives_through_a_flood(
    open_page: OpenPage, open_flooding: OpenFlooding, server: Server, room: str, victim: Kind, pouring: Pouring
) -> None:
    """It goes on answering, takes little memory, tells the person, and keeps the sender away longer each time."""
    page, name = await open_page(victim), f"{pouring}-{victim[:2]}"
    # Each pause ends a connection, of which the sender's next one may know only when ICE has given up on it.
    page.allow_failed_connection()
    await page.page.add_init_script(PROBE)
    await enter(page, server, room, f"page-{name}")
    await page.wait_for_status("waiting")
    peer = await open_flooding(OTHER[victim], f"peer-{name}")
    await page.wait_for_status("connected")
    flooded = await flood(page, peer, pouring.kind, pouring.seconds)
    assert flooded.silent < MOST_SILENT_MS, flooded
    assert flooded.grown < MOST_GROWN_MIB, flooded
    if pouring.kind == PATIENT:
        assert len(flooded.opened) == 1
    else:
        assert any(KEPT_AWAY[pouring.kind] in told for told in flooded.told), flooded
        assert len(flooded.opened) <= MOST_OPENED, flooded
    await peer.leave()
    await page.wait_for_status("waiting")
    # The next to come finds everything as it should be.
    friend = await open_page(OTHER[victim])
    await enter(friend, server, room, f"friend-{name}")
    await friend.wait_for_status("connected")
    await friend.send("Is anybody there?")
    await friend.wait_for_arrival("Is anybody there?")


async def test_peer_comes_back_after_its_pause(
    open_page: OpenPage, open_flooding: OpenFlooding, server: Server, room: str
) -> None:
    """A peer that has come to its senses gets its message through."""
    page = await open_page("chromium")
    await enter(page, server, room, "page-sorry")
    peer = await open_flooding("chromium", "peer-sorry")
    await page.wait_for_status("connected")
    await asyncio.gather(peer.pour("ping", 1.0), page.wait_for_detail(EXCESSIVE))
    await page.wait_for_status("connected")
    assert await peer.say("Sorry.") == 1
    await page.wait_for_incoming("Sorry.")
