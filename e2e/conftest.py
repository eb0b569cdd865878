"""The fixtures of the end-to-end tests: a real server, real browsers, and people's pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright

from bundle.site import EVERYDAY, ROOT, build_site
from e2e.browsers import Browsers, Kind
from e2e.chat_page import ChatPage, connect
from e2e.people import Newcomers, Regulars
from e2e.proxy import Proxy
from e2e.python_page import PythonPage
from e2e.server import Server
from e2e.services.redis import Redis, redis

OpenPage = Callable[[Kind], Awaitable[ChatPage]]
"""Opens an empty page in a browser of this kind, with a profile of its own."""

Pair = tuple[ChatPage, ChatPage]
"""Alice in Chromium, who came first, and Bob in Firefox, connected to each other."""

REGULARS: dict[str, Kind] = {"alice": "chromium", "bob": "firefox"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run every test in the session's event loop: that is where the browsers live."""
    for item in items:
        if pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session", autouse=True)
def built_site() -> None:
    """Bring what the page is served with up to date, which takes no time where it is so already."""
    build_site(ROOT / "static", EVERYDAY)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run one server for all tests that do not break it; each test has rooms of its own."""
    running = Server(tmp_path_factory.mktemp("server"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """Run a server for one test alone, which may do with it as it likes."""
    running = Server(tmp_path)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Redis]:
    """Run a Redis for one test, which may stop it."""
    with redis(tmp_path) as running:
        yield running


@pytest.fixture
def room(request: pytest.FixtureRequest) -> str:
    """Name a room that no other test uses."""
    name = "".join(character if character.isalnum() else "-" for character in request.node.name.lower())
    return name[:64]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browsers() -> AsyncIterator[Browsers]:
    """Keep the browsers for all tests."""
    async with async_playwright() as playwright:
        running = Browsers(playwright)
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def newcomers(browsers: Browsers) -> AsyncIterator[Newcomers]:
    """Open pages of any server; at the end, no console may hold an error."""
    people = Newcomers(browsers)
    yield people
    assert await people.close() == []


@pytest.fixture
def open_page(newcomers: Newcomers, server: Server) -> OpenPage:
    """Open pages of the common server."""
    return lambda kind: newcomers.open(kind, server.url)


@pytest_asyncio.fixture(loop_scope="session")
async def proxy(server: Server) -> AsyncIterator[Proxy]:
    """Stand between the pages and the server, from the first byte on."""
    running = Proxy(server.port)
    await running.start()
    yield running
    await running.cut()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def regulars(browsers: Browsers, server: Server) -> AsyncIterator[Regulars]:
    """Keep the pages of those who are in many tests."""
    people = Regulars(browsers, server)
    yield people
    await people.close()


@pytest_asyncio.fixture(loop_scope="session")
async def neighbours(regulars: Regulars) -> AsyncIterator[Pair]:
    """Yield the regulars while they are in the lobby still; each test takes them to a room of its own."""
    alice, bob = [await regulars.get(username, kind) for username, kind in REGULARS.items()]
    for page in (alice, bob):
        # Of the tabs of one browser, only the one in front counts as read.
        await page.page.bring_to_front()
    yield alice, bob
    await regulars.send_home(*REGULARS)


@pytest_asyncio.fixture(loop_scope="session")
async def pair(neighbours: Pair, room: str) -> Pair:
    """Return the regulars, connected to each other in a room."""
    alice, bob = neighbours
    await alice.go_to(room)
    await alice.wait_for_status("waiting")
    await bob.go_to(room)
    await connect(alice, bob)
    return neighbours


@pytest_asyncio.fixture(scope="session", loop_scope="session", params=get_args(Kind))
async def python_page(request: pytest.FixtureRequest, browsers: Browsers, server: Server) -> AsyncIterator[PythonPage]:
    """Keep a page with Python and nothing else in each kind of browser, for all tests: a start takes seconds."""
    context = await (await browsers.get(request.param)).new_context()
    yield await PythonPage.open(context, server, request.param)
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def python(python_page: PythonPage) -> AsyncIterator[PythonPage]:
    """Yield that page with nothing kept; at the end, JavaScript may hold no more of Python, and nothing has failed."""
    await python_page.begin()
    proxies = await python_page.count_proxies()
    yield python_page
    await python_page.until_proxies_are(proxies)
    assert python_page.errors == []


@pytest_asyncio.fixture(loop_scope="session")
async def tab(python: PythonPage) -> AsyncIterator[Page]:
    """Open another tab of the same site, without Python."""
    page = await python.page.context.new_page()
    await page.goto(python.page.url)
    yield page
    await page.close()
