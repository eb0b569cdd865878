from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import cycle, product

import pytest
import pytest_asyncio
from playwright.async_api import expect

from e2e.boots import lay_line
from e2e.browser_selection import CHROMIUM_FIRST, IN_BOTH, later
from e2e.browsers import Kind
from e2e.chat_page import ChatPage
from e2e.faulty_host import Fault, FaultyHost
from e2e.people import Newcomers
from e2e.server import Server

MODULES = ("pyodide.mjs", "pyodide.asm.mjs", "intake.js")
WASM, SNAPSHOT, ARCHIVES = "pyodide.asm.wasm", "python.snapshot", ("app.zip", "library.zip")
FATAL = [fault for fault in Fault if fault not in (Fault.DRIP, Fault.TYPE)]
"""What no file survives; the wrong type only counts where the browser runs what comes. An odd number of them, so that
every file and every way meet both browsers in turn."""
SAID_WITHIN_MS = 15_000
NEEDED = (*MODULES, WASM)
"""Whichever way the page starts; of the others, one way needs the first, and the other way the last two."""
KINDS: tuple[Kind, ...] = ("chromium", "firefox")

OpenFaulty = Callable[[Kind], Awaitable[ChatPage]]


@pytest_asyncio.fixture(loop_scope="session")
async def host(server: Server) -> AsyncIterator[FaultyHost]:
    """Stand between the pages and the server."""
    running = FaultyHost(server.port)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def open_faulty(newcomers: Newcomers, host: FaultyHost) -> OpenFaulty:
    """Open pages that get what the host spoils; the browser may complain of it as it likes."""

    async def open_page(kind: Kind) -> ChatPage:
        page = await newcomers.open(kind, host.url)
        page.allow_error("")
        return page

    return open_page


def and_later(*first: tuple[str, str, Fault], names: tuple[str, ...]) -> list[object]:
    """Return cases for every day, and for the long run every file in every way, the browsers in turn."""
    every = [(kind, name, fault) for kind, (name, fault) in zip(cycle(KINDS), product(names, FATAL), strict=False)]
    return [*first, *(later(*case) for case in every if case not in first)]


async def expect_sentence(page: ChatPage, *words: str) -> None:
    """Wait until the page says that it could not start, and why."""
    fault = page.handle("auth-error")
    for word in ("could not start", *words):
        await expect(fault).to_contain_text(word, timeout=SAID_WITHIN_MS)


@pytest.mark.parametrize(
    ("kind", "name", "fault"),
    and_later(
        ("chromium", WASM, Fault.STATUS),
        ("firefox", WASM, Fault.RESET),
        ("chromium", "pyodide.asm.mjs", Fault.STALL),
        ("firefox", "app.zip", Fault.PORTAL),
        names=(*NEEDED, SNAPSHOT, *ARCHIVES),
    ),
)
async def test_page_starts_when_a_file_fails_once(
    open_faulty: OpenFaulty, host: FaultyHost, kind: Kind, name: str, fault: Fault
) -> None:
    """In whichever way: there is one more try, and that by the other way of starting."""
    host.spoil(name, fault, times=1)
    page = await open_faulty(kind)
    await lay_line(page, slow=name in ARCHIVES)
    await page.open()
    assert host.spoilings[0].times == 0


@pytest.mark.parametrize(
    ("kind", "name", "fault"),
    and_later(
        ("firefox", WASM, Fault.STATUS),
        ("chromium", "pyodide.asm.mjs", Fault.SILENCE),
        ("firefox", "intake.js", Fault.TYPE),
        names=NEEDED,
    ),
)
async def test_page_says_which_file_failed(
    open_faulty: OpenFaulty, host: FaultyHost, kind: Kind, name: str, fault: Fault
) -> None:
    """Within 15 s, whichever file and in whichever way, and the form offers to reload."""
    host.spoil(name, fault)
    page = await open_faulty(kind)
    await page.page.goto(f"{page.url}/", wait_until="commit")
    await expect_sentence(page, name, *(["status 502"] if fault is Fault.STATUS else []))
    await expect(page.page.locator("html")).to_have_attribute("data-app", "failed")


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("chromium", Fault.STALL),
        *(later(kind, fault) for kind, fault in zip(cycle(KINDS), FATAL, strict=False) if fault is not Fault.STALL),
        later("firefox", Fault.STALL),
    ],
)
async def test_page_says_that_both_ways_failed(
    open_faulty: OpenFaulty, host: FaultyHost, kind: Kind, fault: Fault
) -> None:
    """Neither from the snapshot nor from the archives."""
    for name in (SNAPSHOT, "app.zip"):
        host.spoil(name, fault)
    page = await open_faulty(kind)
    await page.page.goto(f"{page.url}/", wait_until="commit")
    await expect_sentence(page)
    await expect(page.handle("auth-error")).to_contain_text(re.compile(f"{SNAPSHOT}|app.zip"))


@IN_BOTH
async def test_wrong_type_of_webassembly_does_no_harm(open_faulty: OpenFaulty, host: FaultyHost, kind: Kind) -> None:
    """As of a host that knows no `.wasm`."""
    host.spoil(WASM, Fault.TYPE)
    page = await open_faulty(kind)
    await page.open()


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        later("chromium", WASM),
        later("firefox", WASM),
        later("chromium", "pyodide.asm.mjs"),
        later("firefox", "pyodide.asm.mjs"),
        later("chromium", SNAPSHOT),
        later("firefox", "library.zip"),
    ],
)
async def test_slow_download_is_waited_for(open_faulty: OpenFaulty, host: FaultyHost, kind: Kind, name: str) -> None:
    """However long it takes: while pieces of it come, it lives."""
    host.spoil(name, Fault.DRIP, pause=2.5)
    page = await open_faulty(kind)
    await lay_line(page, slow=name in ARCHIVES)
    await page.open()


@CHROMIUM_FIRST
async def test_form_offers_to_reload_after_a_failed_start(
    open_faulty: OpenFaulty, host: FaultyHost, kind: Kind
) -> None:
    """What was submitted early is not said to be on its way any more; and the next load starts."""
    host.spoil(WASM, Fault.STALL)  # which leaves time to submit
    page = await open_faulty(kind)
    await page.page.goto(f"{page.url}/", wait_until="commit")
    await page.log_in()
    await expect(page.handle("status")).to_have_text("Signing in…")
    await expect_sentence(page, WASM, "stopped loading")
    await expect(page.handle("status")).to_have_text("Not started")
    await expect(page.handle("username")).to_be_disabled()
    await expect(page.handle("register")).to_be_hidden()
    host.spoilings.clear()
    await page.page.get_by_role("button", name="Reload the page").click()
    await page.wait_until_ready()


@CHROMIUM_FIRST
@pytest.mark.parametrize("fault", [Fault.STATUS, later(Fault.SILENCE)])
async def test_page_without_its_script_says_so(
    open_faulty: OpenFaulty, host: FaultyHost, kind: Kind, fault: Fault
) -> None:
    """There is no script to say it: the style does, after some seconds."""
    host.spoil("bootstrap.js", fault)
    page = await open_faulty(kind)
    await page.page.goto(f"{page.url}/", wait_until="commit")
    notice = page.page.get_by_text("bootstrap.js has not arrived")
    await expect(page.handle("login")).to_be_visible()
    await expect(notice).to_be_hidden()
    await expect(notice).to_be_visible(timeout=SAID_WITHIN_MS)
    await expect(page.handle("login")).to_be_hidden()
    host.spoilings.clear()
    await page.page.get_by_role("link", name="Reload the page").click()
    await page.wait_until_ready()
    await expect(notice).to_be_hidden()
