from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from playwright.async_api import Route, expect

from e2e.browsers import Kind
from e2e.chat_page import CONNECT_MS, ChatPage, connect, meet
from e2e.conftest import REGULARS, OpenPage, Pair
from e2e.peer_connections import break_connection, count_connections, record_connections, set_muted
from e2e.people import Newcomers
from e2e.proxy import Proxy
from e2e.server import PASSWORD, Server

SERVER_AWAY = "The server cannot be reached"


async def say_something(speaker: ChatPage, listener: ChatPage, text: str) -> None:
    """Send a message, and wait until both sides show that it has arrived, once."""
    await speaker.send(text)
    await speaker.wait_for_arrival(text)
    await expect(listener.messages("incoming").get_by_text(text, exact=True)).to_have_count(1)


async def lose_what_they_send(unlucky: Iterable[ChatPage], *, muted: bool) -> None:
    """Begin or end to lose what these pages send over their channels."""
    for page in unlucky:
        await set_muted(page, muted=muted)


async def send_from_both(first: ChatPage, second: ChatPage, text: str) -> list[str]:
    """Have both send the same; gives what each has sent."""
    for page in (first, second):
        await page.send(text)
    return [text]


@pytest.mark.parametrize("leaver_name", REGULARS)
async def test_reload_loses_and_doubles_nothing(pair: Pair, leaver_name: str) -> None:
    """A page that is reloaded comes back by itself, and what was written to it meanwhile arrives once, in order."""
    leaver, stayer = pair if leaver_name == "alice" else reversed(pair)
    await say_something(stayer, leaver, "before")
    may_start = asyncio.Event()

    async def hold_back(route: Route) -> None:
        await may_start.wait()
        await route.continue_()

    await leaver.forget_release()
    await leaver.page.route("**/pyodide.asm.wasm", hold_back)
    await leaver.page.reload(wait_until="commit")
    await stayer.wait_for_peers()
    await stayer.wait_for_status("waiting")
    for text in ("meanwhile", "and then"):
        await stayer.send(text)
        await stayer.wait_for_delivery(text, "queued")
    may_start.set()
    await connect(leaver, stayer)
    await stayer.wait_for_peers(leaver_name)
    await stayer.wait_for_arrival("and then")
    await say_something(stayer, leaver, "after")
    shown = await leaver.messages("incoming").all_text_contents()
    assert [text for text in shown if text != "before"] == ["meanwhile", "and then", "after"]
    await say_something(leaver, stayer, "I am back")
    await leaver.page.unroute_all()


async def test_third_person_gets_in_when_one_leaves(pair: Pair, open_page: OpenPage, room: str) -> None:
    """A full room says so to who comes third, disturbs nobody, and lets them in as soon as there is a place."""
    alice, bob = pair
    third = await open_page("chromium")
    await third.enter(room)
    await third.wait_for_status("full")
    await expect(third.handle("status-detail")).not_to_be_empty()
    await say_something(bob, alice, "Somebody is at the door")
    await alice.wait_for_peers("bob")
    await bob.leave_room()
    await connect(third, alice)
    await alice.wait_for_peers("test")
    await say_something(third, alice, "At last")
    await say_something(alice, third, "Come in")
    await expect(third.messages("incoming")).to_have_count(1)


async def test_conversation_outlives_the_server(own_server: Server, newcomers: Newcomers, room: str) -> None:
    """While the server is dead, those who are connected go on; when it is back, they are known to it as before."""
    first, second = [await newcomers.open(kind, own_server.url) for kind in ("chromium", "firefox")]
    for page in (first, second):
        page.allow_lost_server()
    await record_connections(first, second)
    await meet(first, second, room)
    own_server.kill()
    connections = await count_connections(first)
    for page in (first, second):
        await page.wait_for_detail(SERVER_AWAY)
        await page.wait_for_status("connected")
    await say_something(first, second, "Is the server gone?")
    await say_something(second, first, "Who needs it?")

    own_server.start()
    for page in (first, second):
        await expect(page.handle("status-detail")).not_to_contain_text(SERVER_AWAY, timeout=CONNECT_MS)
        await page.wait_for_status("connected")
    own_server.register("Cleo")
    third = await newcomers.open("chromium", own_server.url)
    await third.enter(room, "Cleo", PASSWORD)
    await third.wait_for_status("full")
    await say_something(first, second, "It is back")
    assert await count_connections(first) == connections
    # The links are kept by peer ids that the new server has to know, or nothing could be repaired any more.
    await break_connection(first)
    await say_something(second, first, "And we still are here")
    await first.wait_for_outgoing("Is the server gone?", "It is back")


async def test_person_who_waits_alone_survives_a_lost_line(
    proxy: Proxy, newcomers: Newcomers, neighbours: Pair, room: str
) -> None:
    """Who loses the server while alone is offline, then waiting again, and what was written meanwhile is delivered."""
    _, bob = neighbours
    page = await newcomers.open("chromium", proxy.url)
    page.allow_lost_server()
    await page.enter(room)
    await page.wait_for_status("waiting")
    await page.send("written while waiting")
    await page.wait_for_delivery("written while waiting", "queued")
    await proxy.cut()
    await page.wait_for_status("offline")
    await page.send("written while offline")
    await page.wait_for_delivery("written while offline", "queued")
    await proxy.start()
    await page.wait_for_status("waiting")
    await bob.go_to(room)
    await connect(page, bob)
    await bob.wait_for_incoming("written while waiting", "written while offline")
    await page.wait_for_arrival("written while waiting")
    await page.wait_for_arrival("written while offline")


@pytest.mark.parametrize(("first_kind", "second_kind"), [("chromium", "firefox"), ("firefox", "chromium")])
async def test_broken_connection_is_repaired(
    open_page: OpenPage, room: str, first_kind: Kind, second_kind: Kind
) -> None:
    """When RTCPeerConnections die on one side or on both, new ones replace them; all arrives once, in order."""
    first, second = await open_page(first_kind), await open_page(second_kind)
    await record_connections(first, second)
    await meet(first, second, room)
    texts: list[str] = []
    for unlucky in ((first,), (second,), (first, second)):
        connections = await count_connections(first)
        # Of the unlucky, neither messages nor acknowledgements get through any more.
        await lose_what_they_send(unlucky, muted=True)
        texts += await send_from_both(first, second, f"{len(texts)} swallowed")
        for page in (first, second):
            await page.wait_for_delivery(texts[-1], "sent")
        await asyncio.gather(*map(break_connection, unlucky))
        await lose_what_they_send(unlucky, muted=False)
        for _ in range(3):
            texts += await send_from_both(first, second, f"{len(texts)} after the break")
        await first.wait_for_incoming(*texts)
        await second.wait_for_incoming(*texts)
        for page in (first, second):
            await page.wait_for_arrival(texts[-1])
        assert await count_connections(first) > connections
