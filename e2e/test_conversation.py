from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from e2e.browsers import Kind
from e2e.chat_page import connect, meet
from e2e.conftest import OpenPage, Pair
from e2e.people import Newcomers
from e2e.server import PASSWORD, Server

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
    await meet(alice, bob, room)
    await alice.send("Hello Bob")
    await bob.wait_for_incoming("Hello Bob")
    await bob.send("Hello Alice")
    await alice.wait_for_incoming("Hello Alice")
    await alice.wait_for_arrival("Hello Bob")
    await bob.wait_for_arrival("Hello Alice")


async def test_two_accounts_see_each_other(open_page: OpenPage, room: str) -> None:
    """Two people register through the form, meet under their names, and see that what they wrote was read."""
    ada, ben = await open_page("chromium"), await open_page("chromium")
    await asyncio.gather(ada.open(f"/chat/{room}"), ben.open(f"/chat/{room}"))
    for page, username in ((ada, "Ada"), (ben, "ben.2")):
        await page.fill_in(username, PASSWORD)
        await page.handle("register").click()
        await page.wait_for_room()
    await connect(ada, ben)
    await ada.wait_for_peers("ben.2")
    await ben.wait_for_peers("Ada")
    await ada.send("Have you read this?")
    await ben.wait_for_incoming("Have you read this?")
    await ada.wait_for_delivery("Have you read this?", "read")


async def test_one_account_talks_from_tab_to_tab(newcomers: Newcomers, server: Server, room: str) -> None:
    """The second tab needs no login of its own; what one writes stands in the other on one's own side too."""
    first = await newcomers.open("chromium", server.url)
    await first.enter(room)
    await first.wait_for_status("waiting")
    second = await newcomers.open_beside(first.page.context, server.url)
    await second.open(f"/chat/{room}")
    await second.wait_for_room()
    await connect(first, second)
    await first.wait_for_peers("test")
    await second.wait_for_peers("test")
    await first.send("Note to myself")
    await second.wait_for_outgoing("Note to myself")
    await second.send("Noted")
    for page in (first, second):
        await page.wait_for_outgoing("Note to myself", "Noted")
        await expect(page.messages("incoming")).to_have_count(0)


async def test_people_who_enter_at_once_connect(neighbours: Pair, room: str) -> None:
    """No matter which of two comes first, and by how little, they connect; time after time."""
    alice, bob = neighbours
    for visit in range(5):
        if visit:
            await asyncio.gather(alice.leave_room(), bob.leave_room())
        await asyncio.gather(alice.go_to(f"{room}-{visit}"), bob.go_to(f"{room}-{visit}"))
        await connect(alice, bob)
        await asyncio.gather(alice.send(f"Alice, visit {visit}"), bob.send(f"Bob, visit {visit}"))
        await alice.wait_for_incoming(f"Bob, visit {visit}")
        await bob.wait_for_incoming(f"Alice, visit {visit}")


async def test_people_who_write_at_once_lose_nothing(pair: Pair) -> None:
    """What both send at the same time arrives once, in order, on both sides."""
    alice, bob = pair
    of_alice = [f"Alice’s message {number}" for number in range(20)]
    of_bob = [f"Bob’s message {number}" for number in range(20)]

    async def send_all_of_alice() -> None:
        for text in of_alice:
            await alice.send(text)

    async def send_all_of_bob() -> None:
        for text in of_bob:
            await bob.send(text)

    await asyncio.gather(send_all_of_alice(), send_all_of_bob())
    await bob.wait_for_incoming(*of_alice)
    await alice.wait_for_incoming(*of_bob)
    await alice.wait_for_outgoing(*of_alice)
    await bob.wait_for_outgoing(*of_bob)
    await alice.wait_for_arrival(of_alice[-1])
    await bob.wait_for_arrival(of_bob[-1])
