from __future__ import annotations

import pytest

from e2e.conftest import REGULARS, Pair
from e2e.foreign_peer import ForeignPeer
from e2e.server import Server

LONG = "A long story, told in several parts. " * 2_000


@pytest.mark.parametrize("page_comes", ["first", "second"])
@pytest.mark.parametrize("regular", REGULARS)
async def test_foreign_peer_talks_with_a_page(
    neighbours: Pair, server: Server, room: str, regular: str, page_comes: str
) -> None:
    """A WebRTC stack that no one here wrote offers or answers, and the conversation goes as it does between pages."""
    page = neighbours[0] if regular == "alice" else neighbours[1]
    username = f"aiortc-{regular}-{page_comes}"
    async with ForeignPeer(server.url, server.register(username)["token"]) as peer:
        if page_comes == "first":
            await page.go_to(room)
            await page.wait_for_status("waiting")
            await peer.join(room)
        else:
            await peer.join(room)
            await page.go_to(room)
        await page.wait_for_status("connected")
        await page.wait_for_peers(username)
        hello, resume = await peer.receive("hello"), await peer.receive("resume")
        assert hello["version"] == 2  # the highest that the page speaks; with this peer it goes on in 1
        assert resume == {"type": "resume", "received": 0, "read": 0}

        peer.send("Greetings from Python")
        await page.wait_for_incoming("Greetings from Python")
        assert (await peer.receive("ack"))["received"] == 1
        assert (await peer.receive("read"))["read"] == 1

        for text in ("Hello, Python", LONG):
            await page.send(text)
        await page.wait_for_delivery("Hello, Python", "sent")
        assert await peer.receive_message() == (1, "Hello, Python")
        peer.acknowledge(1)
        await page.wait_for_delivery("Hello, Python", "delivered")
        peer.mark_read(1)
        await page.wait_for_delivery("Hello, Python", "read")
        assert await peer.receive_message() == (2, LONG)
        peer.acknowledge(2)
        await page.wait_for_delivery(LONG, "delivered")
    await page.wait_for_status("waiting")
    await page.wait_for_peers()
