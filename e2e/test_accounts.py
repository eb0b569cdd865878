from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Callable
from typing import Any, get_args

import httpx
import pytest
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Route, async_playwright, expect

from e2e import chat_page, logins
from e2e.boots import lay_line
from e2e.browsers import Browsers, Kind
from e2e.chat_page import ChatPage, connect, meet
from e2e.conftest import OpenPage
from e2e.people import Newcomers
from e2e.server import PASSWORD, Server

NOTE_THAT_IT_COMES_BACK = "addEventListener('pageshow', (event) => { window.isBack = event.persisted; })"
FORM_IS_BACK = "window.isBack === true && document.getElementById('sign-in')?.checkVisibility() === true"


async def expect_auth_error(page: ChatPage, sentence: str) -> None:
    """The form stands there with the reason, and can be filled in again."""
    await expect(page.handle("auth-error")).to_have_text(re.compile(sentence))
    await expect(page.handle("status")).to_have_attribute("data-state", "signed-out")
    await expect(page.handle("login")).to_be_enabled()


async def test_form_says_what_is_wrong(open_page: OpenPage, server: Server) -> None:
    """A wrong password, a name or password that cannot be had, and a taken name are told; the next try can succeed."""
    server.register("Frida")
    page = await open_page("chromium")
    for status, path in ((401, "/api/login"), (409, "/api/register")):
        page.allow_refusal(status, path)
    await page.open()
    attempts = (
        ("login", "", PASSWORD, "enter your username"),
        ("login", "Frida", "", "enter your password"),
        ("login", "Frida", "not her password", "wrong"),
        ("login", "Nobody", PASSWORD, "wrong"),
        ("register", "Fr!da", PASSWORD, "2 to 32 characters"),
        ("register", "Fr\u0456da", PASSWORD, "several scripts"),
        ("register", "Fr\u0131da", PASSWORD, "looks like this one"),
        ("register", "Admin", PASSWORD, "reserved"),
        ("register", "Frida2", "short", "at least 8"),
        ("register", "Frida2", "ü" * 37, "at most 72 bytes"),
        ("register", "fRIDA", PASSWORD, "taken"),
    )
    for button, username, password, sentence in attempts:
        await page.fill_in(username, password)
        await page.handle(button).click()
        await expect_auth_error(page, sentence)
        await expect(page.handle("username")).to_have_value(username)
    await page.log_in("frida", PASSWORD)
    await page.wait_for_start()


@pytest.mark.parametrize("held_back", ["pyodide.asm.wasm", "python.snapshot"])
async def test_form_is_carried_out_once_python_is_there(open_page: OpenPage, room: str, held_back: str) -> None:
    """What is submitted while Python loads is shown as signing in, kept, and leads to the room of the address."""
    page = await open_page("chromium")
    await lay_line(page, slow=False)
    submitted = asyncio.Event()

    async def wait_for_submission(route: Route) -> None:
        await submitted.wait()
        await route.continue_()

    await page.page.route(f"**/{held_back}", wait_for_submission)
    await page.page.goto(f"{page.url}/chat/{room}", wait_until="domcontentloaded")
    await page.log_in()
    await expect(page.handle("status")).to_have_attribute("data-state", "signing-in")
    await expect(page.page.locator("html")).to_have_attribute("data-app", "starting")
    submitted.set()
    await page.wait_for_room()
    await page.wait_for_status("waiting")
    assert page.page.url == f"{page.url}/chat/{room}"


@pytest.mark.parametrize("spoil", [logins.expired, logins.forged])
async def test_bad_login_leads_back_to_the_form(
    newcomers: Newcomers, server: Server, room: str, spoil: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    """A kept login that the server no longer takes leads to the form, with a sentence, and from there to the room."""
    username = f"Greta-{spoil.__name__}"
    login = server.register(username)
    page = await newcomers.open("chromium", server.url, logins.storage(server.url, spoil(login)))
    page.allow_refusal(401, "/api/refresh")
    await page.open(f"/chat/{room}")
    await expect(page.page.get_by_text("Your login has expired. Please sign in again.")).to_be_visible()
    await expect(page.handle("username")).to_have_value(username)
    await page.log_in(username, PASSWORD)
    await page.wait_for_status("waiting")
    assert page.page.url == f"{page.url}/chat/{room}"


async def test_login_that_ends_in_a_room_can_be_renewed_there(
    own_server: Server, newcomers: Newcomers, room: str
) -> None:
    """When the server changes its secret, the conversation goes on, and asks for the passwords meanwhile."""
    alice, bob = [await newcomers.open("chromium", own_server.url) for _ in range(2)]
    for page in (alice, bob):
        page.allow_lost_server()
    await meet(alice, bob, room)
    own_server.kill()
    own_server.settings["P2PCHAT_JWT_SECRET"] = logins.ANOTHER_SECRET
    own_server.start()
    for page in (alice, bob):
        await expect(page.handle("password-prompt")).to_be_visible(timeout=45_000)
    await alice.send("Still here.")
    await bob.wait_for_incoming("Still here.")
    for page, password in ((alice, chat_page.PASSWORD), (bob, chat_page.OTHER_PASSWORD)):
        await page.handle("password-again").fill(password)
        await page.handle("password-again").press("Enter")
        await expect(page.handle("password-prompt")).to_be_hidden()
    await bob.send("So am I.")
    await alice.wait_for_incoming("So am I.")
    await connect(alice, bob)


@pytest.mark.parametrize("hours", [pytest.param(-3, marks=pytest.mark.long), 48])
async def test_wrong_clock_signs_nobody_out(newcomers: Newcomers, own_server: Server, room: str, hours: int) -> None:
    """A page whose clock is hours behind or days ahead renews its login when it is time, and no more often."""
    own_server.settings["P2PCHAT_TOKEN_LIFE"] = "60"
    own_server.kill()
    own_server.start()
    page = await newcomers.open("chromium", own_server.url)
    shift = f"const now = Date.now; Date.now = () => now() + {hours} * 3600000;"
    await page.page.add_init_script(shift)
    await page.enter(room)
    await page.wait_for_status("waiting")
    entered_at = time.monotonic()
    async with page.page.expect_response("**/api/refresh", timeout=60_000) as renewal:
        assert (await renewal.value).ok
    assert 20 <= time.monotonic() - entered_at <= 55
    await expect(page.handle("password-prompt")).to_be_hidden()


async def test_login_lasts_until_the_person_logs_out(open_page: OpenPage, room: str) -> None:
    """A login is still there after a reload; once ended, it is gone, after another reload too, and so is the token."""
    page = await open_page("chromium")
    await page.enter(room)
    await page.reload()
    await page.wait_for_room()
    await page.log_out()
    await page.wait_for_form()
    await expect(page.handle("password")).to_have_value("")
    await page.reload()
    await page.wait_for_form()
    await expect(page.handle("composer")).to_have_count(0)
    assert "eyJ" not in await page.page.evaluate("JSON.stringify(localStorage)")


async def test_browser_that_logged_in_before_is_not_locked_out(own_server: Server, newcomers: Newcomers) -> None:
    """Someone at the same address has used up the tries: a browser that is new waits, one that is known logs in."""
    login = {"username": "Hanna", "password": PASSWORD}
    own_server.register("Hanna")
    known, new = [await newcomers.open("chromium", own_server.url) for _ in range(2)]
    await known.open()
    await known.log_in("Hanna", PASSWORD)
    await known.wait_for_start()
    await known.log_out()
    await known.wait_for_form()
    assert "hanna" not in (await known.page.evaluate("JSON.stringify(localStorage)")).lower()
    async with httpx.AsyncClient(base_url=own_server.url, trust_env=False) as neighbour:
        while (await neighbour.post("/api/login", json=login | {"password": "a wrong one"})).status_code == 401:
            pass
    await new.open()
    new.allow_refusal(429, "/api/login")
    await new.log_in("Hanna", PASSWORD)
    await expect_auth_error(new, "Too many attempts")
    await known.reload()
    await known.log_in("hanna", PASSWORD)
    await known.wait_for_start()


async def two_tabs(newcomers: Newcomers, kind: Kind, url: str) -> tuple[ChatPage, ChatPage]:
    """Open two tabs of one profile."""
    first = await newcomers.open(kind, url)
    return first, await newcomers.open_beside(first.page.context, url)


async def expect_no_token(page: ChatPage) -> None:
    """No token is left in the browser, wherever a page may have put it."""
    assert "eyJ" not in await page.page.evaluate("JSON.stringify([localStorage, sessionStorage])")


@pytest.mark.parametrize("kind", get_args(Kind))
async def test_logout_reaches_every_tab(newcomers: Newcomers, server: Server, room: str, kind: Kind) -> None:
    """Logging out in one tab logs out the others at once, in whatever place they are; a reload changes nothing."""
    first, second = await two_tabs(newcomers, kind, server.url)
    await first.enter(room)
    await second.open()
    await second.wait_for_start()
    third = await newcomers.open_beside(first.page.context, server.url)
    await third.open(f"/chat/{room}")
    await third.wait_for_room()
    await first.log_out()
    for page in (second, third):
        await expect(page.page.get_by_text("You have logged out in another tab.")).to_be_visible()
        await page.wait_for_form()
        await expect_no_token(page)
    await third.reload()
    await third.wait_for_form()
    await expect(third.handle("composer")).to_have_count(0)


async def test_logout_ends_the_login_on_the_server(newcomers: Newcomers, own_server: Server) -> None:
    """It is gone from the list of logins, and its token is worth nothing."""
    elsewhere = {"Authorization": f"Bearer {own_server.register('Vera')['token']}"}
    page = await newcomers.open("chromium", own_server.url)
    await page.open()
    await page.log_in("Vera", PASSWORD)
    await page.wait_for_start()
    async with httpx.AsyncClient(base_url=own_server.url, trust_env=False, headers=elsewhere) as client:
        assert len((await client.get("/api/logins")).json()["logins"]) == 2
        async with page.page.expect_response("**/api/logout"):
            await page.log_out()
        await page.wait_for_form()
        [left] = (await client.get("/api/logins")).json()["logins"]
    assert left["is_current"]


async def until_form_is_back(page: ChatPage) -> None:
    """Wait until a page has come back alive with the form; Playwright waits for a load that there is none of then."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(PlaywrightError):  # it is on its way
                if await page.page.evaluate(FORM_IS_BACK):
                    return
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("kind", get_args(Kind))
async def test_logout_reaches_a_page_that_comes_back_from_the_history(server: Server, kind: Kind) -> None:
    """A page that the browser kept alive while another was shown has heard nothing of it, and looks."""
    async with async_playwright() as playwright:
        # Playwright has Chromium keep no such pages.
        browsers = Browsers(playwright, chromium_without=["--disable-back-forward-cache"])
        try:
            first, second = await two_tabs(Newcomers(browsers), kind, server.url)
            await first.open()
            await first.log_in()
            await first.wait_for_start()
            await first.page.evaluate(NOTE_THAT_IT_COMES_BACK)
            await second.open()
            await second.wait_for_start()
            await first.page.goto(f"{server.url}/healthz")
            await second.log_out()
            await second.wait_for_form()
            await first.page.evaluate("setTimeout(() => history.back())")
            await until_form_is_back(first)
            await expect_no_token(first)
            assert [*first.errors, *second.errors] == []
        finally:
            await browsers.close()


@pytest.mark.parametrize("kind", get_args(Kind))
async def test_login_is_not_written_back_after_a_logout(
    newcomers: Newcomers, server: Server, room: str, kind: Kind
) -> None:
    """A renewal that is under way in one tab while another logs out comes to nothing."""
    first, second = await two_tabs(newcomers, kind, server.url)
    await first.enter(room)
    asked, logged_out = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        answer = await route.fetch()
        asked.set()
        await logged_out.wait()
        await route.fulfill(response=answer)

    await second.page.route("**/api/refresh", hold)
    await second.open(f"/chat/{room}")
    await asyncio.wait_for(asked.wait(), 30)
    await first.log_out()
    await first.wait_for_form()
    async with second.page.expect_response("**/api/refresh"):
        logged_out.set()
    await second.wait_for_form()
    for page in (first, second):
        await expect_no_token(page)
        await page.reload()
        await page.wait_for_form()


@pytest.mark.parametrize("kind", get_args(Kind))
async def test_two_people_at_two_tabs_stay_two(newcomers: Newcomers, server: Server, room: str, kind: Kind) -> None:
    """Signing in as someone else in another tab makes nobody someone else, not even by a reload; the header tells."""
    first, second = await two_tabs(newcomers, kind, server.url)
    for page in (first, second):
        await page.open(f"/chat/{room}")
    await first.log_in("test", "test")
    await first.wait_for_room()
    await expect(second.page.get_by_text("test has signed in in another tab.")).to_be_visible()
    await second.log_in("demo", "demo")
    await connect(first, second)
    await expect(first.handle("account")).to_have_attribute("data-name", "test")
    await expect(second.handle("account")).to_have_attribute("data-name", "demo")
    await first.send("from test")
    await second.wait_for_incoming("from test")
    await first.reload()
    await expect(first.page.get_by_text("demo has signed in in this browser.")).to_be_visible()
    await expect(first.handle("username")).to_have_value("test")
    await first.log_in("test", "test")
    await connect(first, second)
    await expect(second.handle("account")).to_have_attribute("data-name", "demo")


@pytest.mark.parametrize("kind", get_args(Kind))
async def test_lobby_follows_the_rooms_of_other_tabs(
    newcomers: Newcomers, server: Server, room: str, kind: Kind
) -> None:
    """A room that another tab has entered is offered in a lobby that stands open."""
    first, second = await two_tabs(newcomers, kind, server.url)
    await first.open()
    await first.log_in()
    await first.wait_for_start()
    await second.open(f"/chat/{room}")
    await second.wait_for_room()
    await expect(first.page.locator(f'[data-room="{room}"]')).to_be_visible()
