"""A peer that knows the protocol, and lies about every field (`tests/protocol/lies.py`)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from playwright.async_api import BrowserContext

from client_py.core.frames import FRAMES, LENIENT_FRAMES
from e2e.browser_selection import CHROMIUM_FIRST, IN_BOTH
from e2e.browsers import Kind
from e2e.chat_page import ChatPage, connect
from e2e.conftest import OpenPage
from e2e.hostile_peer import HostilePeer
from e2e.server import PASSWORD, Server
from protocol.errors import RemoteProtocolError, UnknownMessage
from protocol.requests import REQUESTS
from tests.protocol.lies import Lie, lies

numbers = count()


def is_readable(lie: Lie) -> bool:
    """Tell whether a page reads a lie, and takes it for what it says."""
    try:
        LENIENT_FRAMES.decode(lie.text)
    except UnknownMessage:
        return True
    except RemoteProtocolError:
        return False
    return True


def is_passed_on(lie: Lie) -> bool:
    """Tell whether the server hands a lie to whom it is for."""
    try:
        REQUESTS.decode(lie.text)
    except RemoteProtocolError:
        return False
    return lie.about.startswith("signal.") and not lie.about.startswith("signal.to")


READABLE = [lie.text for lie in lies(FRAMES.types) if is_readable(lie)]
UNREADABLE = [lie for lie in lies(FRAMES.types) if not is_readable(lie)]
PASSED_ON = [lie.text for lie in lies({"signal": REQUESTS.types["signal"]}) if is_passed_on(lie)]


def of_type(lie: Lie) -> str:
    """Return the type that a lie is about."""
    return lie.about.split(" ")[0].split(".")[0]


def of_field(lie: Lie) -> str:
    """Return the field that a lie is about, or how it is about the whole."""
    return lie.about.split(" = ")[0]


def last_of_each(key: Callable[[Lie], str]) -> list[str]:
    """Return one lie of each group, of those that cannot be read."""
    return list({key(lie): lie.text for lie in UNREADABLE}.values())


class Victim:
    """A page to which one liar comes after the other."""

    def __init__(self, page: ChatPage, server: Server, room: str) -> None:
        self._page = page
        self._server = server
        self._room = room

    async def is_told(self, *frames: str, is_last: bool) -> None:
        """Have a liar come, greet, say frames, and go; `is_last` where the page has to close the channel for them."""
        peer = await self._liar(self._page.page.context)
        await peer.greet()
        await peer.send(*frames)
        if is_last:
            await peer.wait_until_closed(1)
        await peer.leave()

    async def is_signaled(self, *requests: str) -> None:
        """Have a liar come, and go after some requests to the server."""
        peer = await self._liar(self._page.page.context)
        await peer.tell_server(*requests)
        await peer.leave()

    async def _liar(self, context: BrowserContext) -> HostilePeer:
        peer = await HostilePeer.open(context, self._server, f"liar-{next(numbers)}")
        await peer.join(self._room)
        await peer.wait_until_opened(1)
        return peer


async def outlives(open_page: OpenPage, server: Server, kind: Kind, room: str, unreadable: list[str]) -> None:
    """Tell a page all that can be read, and one thing each that cannot; it has to be there for a friend after that."""
    names = [f"ann-{next(numbers)}-{kind}", f"ben-{next(numbers)}-{kind}"]
    for name in names:
        server.register(name)
    page = await open_page(kind)
    await page.enter(room, names[0], PASSWORD)
    victim = Victim(page, server, room)
    await victim.is_told(*READABLE, is_last=False)
    await victim.is_signaled(*PASSED_ON)
    for text in unreadable:
        await victim.is_told(text, is_last=True)
    friend = await open_page("chromium")
    await friend.enter(room, names[1], PASSWORD)
    await connect(page, friend)
    await page.send("Are you there?")
    await friend.wait_for_incoming("Are you there?")
    await friend.send("I am")
    await page.wait_for_incoming("I am")


@CHROMIUM_FIRST
async def test_page_outlives_lies(open_page: OpenPage, server: Server, kind: Kind, room: str) -> None:
    """A frame that cannot be read ends the channel of who sent it, and nothing else."""
    await outlives(open_page, server, kind, room, last_of_each(of_type)[::3])


@pytest.mark.long
@IN_BOTH
async def test_page_outlives_a_lie_about_each_field(open_page: OpenPage, server: Server, kind: Kind, room: str) -> None:
    """The same for each field of each type, and for what all of them have in common."""
    await outlives(open_page, server, kind, room, last_of_each(of_field))
