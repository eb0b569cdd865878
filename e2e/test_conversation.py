from __future__ import annotations

import pytest

from e2e.browsers import Kind
from e2e.chat_page import connect
from e2e.conftest import OpenPage

PAIRINGS: list[tuple[Kind, Kind]] = [
    ("chromium", "chromium"),
    ("chromium", "firefox"),
    ("firefox", "chromium"),
    ("firefox", "firefox"),
]


@pytest.mark.parametrize(("first", "second"), PAIRINGS)
async def test_two_people_talk(open_page: OpenPage, room: str, first: Kind, second: Kind) -> None:
    """Two browsers in one room exchange messages, and each sees that the other has them."""
    alice, bob = await open_page(first), await open_page(second)
    await alice.enter(room)
    await alice.wait_for_status("waiting")
    await bob.enter(room)
    await connect(alice, bob)
    await alice.send("Hello Bob")
    await bob.wait_for_incoming("Hello Bob")
    await bob.send("Hello Alice")
    await alice.wait_for_incoming("Hello Alice")
    await alice.wait_for_delivery("Hello Bob", "delivered", "read")
    await bob.wait_for_delivery("Hello Alice", "delivered", "read")
