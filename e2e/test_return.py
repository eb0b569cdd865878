"""Reasons to come back, in real browsers: what makes itself noticed, where one was, and the page as an application."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from e2e.browsers import Kind
from e2e.chat_page import CONNECT_MS, ChatPage, connect
from e2e.people import Newcomers
from e2e.server import PASSWORD, Server

LOOK_AWAY = """
() => {
    Object.defineProperty(document, "visibilityState", { get: () => "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}
"""
LOOK = "() => { delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange')); }"
IN_FORCE = "navigator.serviceWorker.ready.then(() => {})"
NOTIFICATIONS = """
async ([count, words]) => {
    const worker = await navigator.serviceWorker.ready;
    let shown = await worker.getNotifications();
    while (shown.length !== count || !shown.every(({ body }) => body.includes(words))) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        shown = await worker.getNotifications();
    }
    return shown.map(({ title, body, tag, silent, data }) => ({ title, body, tag, silent, room: data.room }));
}
"""
"""What the system shows, once that is so many, each with these words."""
FIND_UPDATE = """
async () => {
    while (document.querySelector('[data-testid="offer-update"]').hidden) {
        dispatchEvent(new Event("online"));
        await new Promise((resolve) => setTimeout(resolve, 200));
    }
}
"""
CLICK = """
(room) => navigator.serviceWorker.dispatchEvent(
    new MessageEvent("message", { data: { type: "notification-clicked", room, message: "" } }))
"""
"""What the worker tells the page of a click, which nobody can do in a browser without a window."""
TOP_PIXELS = 20
TALL = "\n".join(f"line {number}" for number in range(80))
SHARED = "<form method=post action={action}><textarea name=text>{text}</textarea><button>Share</button></form>"


async def meet_in(first: ChatPage, second: ChatPage, room: str, names: tuple[str, str]) -> None:
    """Let two people meet."""
    for page, name in ((first, names[0]), (second, names[1])):
        await page.enter(room, name, PASSWORD)
    await connect(first, second)


async def notifications(page: ChatPage, count: int, words: str = "") -> list[dict[str, Any]]:
    """Return what the system shows, once that is so many, with these words: it may be brought up to date."""
    shown: list[dict[str, Any]] = await asyncio.wait_for(page.page.evaluate(NOTIFICATIONS, [count, words]), 20)
    return shown


async def test_person_comes_back_to_what_is_new(newcomers: Newcomers, server: Server, room: str) -> None:
    """They are told while they look elsewhere, find where it begins and the way to the end, and can have quiet."""
    names = ("comes-back", "says-things")
    for name in names:
        server.register(name, PASSWORD)
    ada, ben = [await newcomers.open("chromium", server.url) for _ in names]
    await ada.page.context.grant_permissions(["notifications"])
    await meet_in(ada, ben, room, names)
    await ada.page.evaluate(IN_FORCE)
    await ben.send("Before")
    await ada.wait_for_incoming("Before")
    await ada.handle("new-room").click()
    await ada.go_to(f"{room}-2")
    await ada.wait_for_status("waiting")
    await is_told(ada, ben, room)
    await finds_what_is_new(ada, ben, room)
    await stands_where_they_were(ada, ben, room)
    await has_quiet(ada, ben, room)


def row_of(page: ChatPage, room: str) -> Locator:
    """Find a conversation of the list."""
    return page.page.locator(f'[data-room="{room}"]')


async def is_told(ada: ChatPage, ben: ChatPage, room: str) -> None:
    """By title, icon, list and notification; once for all that comes."""
    plain = await ada.page.locator("#icon").get_attribute("href") or ""
    await ada.page.evaluate(LOOK_AWAY)
    for text in ("One", TALL, TALL, TALL, "Five"):
        await ben.paste(text)
    await expect(ada.page).to_have_title(re.compile(rf"^\(5\) {room}-2"))
    await expect(row_of(ada, room)).to_have_attribute("data-unread", "5")
    await expect(ada.page.locator("#icon")).not_to_have_attribute("href", plain)
    [shown] = await notifications(ada, 1, "Five")
    assert (shown["title"], shown["tag"], shown["room"], shown["silent"]) == (room, room, room, True)
    assert "5 new messages" in shown["body"]


async def finds_what_is_new(ada: ChatPage, ben: ChatPage, room: str) -> None:
    """By a click on the notification; it is read where it ends, and no sooner."""
    row, divider, jump = row_of(ada, room), ada.handle("unread-divider"), ada.handle("jump")
    await ada.page.evaluate(LOOK)
    await ada.page.evaluate(CLICK, room)
    await ada.page.wait_for_url(f"{ada.url}/chat/{room}")
    await expect(divider).to_have_text("5 new messages")
    await expect(divider).to_be_in_viewport()
    await expect(jump).to_have_accessible_name("5 new messages")
    await expect(row).to_have_attribute("data-unread", "5")
    await jump.click()
    await expect(row).to_have_attribute("data-unread", "0")
    await expect(jump).to_be_hidden()
    await notifications(ada, 0)
    await expect(ada.page).to_have_title(re.compile(rf"^{room}"))
    await ben.wait_for_delivery("Five", "read")
    await ada.send("I am here")
    await expect(divider).to_have_count(0)


async def stands_where_they_were(ada: ChatPage, ben: ChatPage, room: str) -> None:
    """Also beside another room; after a reload, at what is new."""
    row, divider, jump = row_of(ada, room), ada.handle("unread-divider"), ada.handle("jump")
    await ada.handle("transcript").evaluate("(log) => { log.scrollTop = 0; }")
    await expect(jump).to_have_accessible_name("Newest messages")
    await ben.send("Six")
    await expect(jump).to_have_accessible_name("1 new message")
    await row_of(ada, f"{room}-2").click()
    await row.click()
    assert await ada.handle("transcript").evaluate("(log) => log.scrollTop") < TOP_PIXELS
    await ada.reload()
    await expect(divider).to_have_text("1 new message")
    await expect(row).to_have_attribute("data-unread", "0")
    await connect(ada, ben)


async def has_quiet(ada: ChatPage, ben: ChatPage, room: str) -> None:
    """From a room that is muted; and from one that is forgotten, which can be taken back."""
    row = row_of(ada, room)
    await ada.handle("room-menu").click()
    await ada.handle("mute").click()
    await expect(row).to_have_attribute("data-muted", "")
    await row_of(ada, f"{room}-2").click()
    await ada.page.evaluate(LOOK_AWAY)
    await ben.send("Seven")
    await expect(row).to_have_attribute("data-unread", "1")
    await expect(ada.page).to_have_title(re.compile(rf"^{room}-2"))
    await ada.page.evaluate(LOOK)
    await row.click()
    await expect(row).to_have_attribute("data-unread", "0")
    await notifications(ada, 0)
    await ada.handle("room-menu").click()
    await ada.handle("forget").click()
    await ada.handle("confirm-forget").click()
    await expect(row).to_have_count(0)
    await ada.handle("undo").click()
    await ada.page.wait_for_url(f"{ada.url}/chat/{room}")
    await expect(ada.messages("incoming").last).to_have_text("Seven")
    await expect(row).to_have_attribute("data-muted", "")


@pytest.mark.parametrize("kind", ["chromium", "firefox"])
async def test_conversations_are_there_without_a_network(
    newcomers: Newcomers, own_server: Server, room: str, kind: Kind
) -> None:
    """Whoever starts the page offline reads and writes; what they write waits, also over a reload, and arrives."""
    names = (f"offline-{kind}", f"online-{kind}")
    for name in names:
        own_server.register(name, PASSWORD)
    ada, ben = await newcomers.open(kind, own_server.url), await newcomers.open("chromium", own_server.url)
    await meet_in(ada, ben, room, names)
    await ada.page.evaluate(IN_FORCE)
    await ben.send("See you on Sunday")
    await ada.wait_for_incoming("See you on Sunday")
    for page in (ada, ben):
        page.allow_lost_server()
        page.allow_error("Failed to load resource: net::ERR_CONNECTION_REFUSED|NetworkError|ERR_FAILED|ICE failed")
    own_server.stop()
    await ada.open("/")
    row = ada.page.locator(f'[data-room="{room}"]')
    await expect(row).to_contain_text("See you on Sunday")
    await row.click()
    await ada.wait_for_incoming("See you on Sunday")
    await ada.send("I am on the train")
    await ada.wait_for_delivery("I am on the train", "queued")
    await ada.reload()
    await ada.wait_for_delivery("I am on the train", "queued")
    own_server.start()
    await expect(ben.messages("incoming").last).to_have_text("I am on the train", timeout=2 * CONNECT_MS)
    await ada.wait_for_arrival("I am on the train")


async def test_page_is_an_application(newcomers: Newcomers, own_server: Server, room: str) -> None:
    """It can be installed, takes what others share without a server's seeing it, and offers what is newer."""
    own_server.register("installs", PASSWORD)
    page = await newcomers.open("chromium", own_server.url)
    await page.enter(room, "installs", PASSWORD)
    await page.page.evaluate(IN_FORCE)
    cdp = await page.page.context.new_cdp_session(page.page)
    manifest = await cdp.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"] == f"{own_server.url}/manifest.webmanifest"
    errors = (await cdp.send("Page.getInstallabilityErrors"))["installabilityErrors"]
    assert {error["errorId"] for error in errors} <= {"in-incognito"}

    await page.handle("composer").fill("half a sentence")
    await page.page.goto("about:blank")
    secret = "The tomatoes are ripe & red: https://example.org/?a=b"
    await page.page.set_content(SHARED.format(action=f"{own_server.url}/share", text=secret.replace("&", "&amp;")))
    await page.page.get_by_role("button", name="Share").click()
    await page.wait_until_ready()
    await expect(page.handle("shared")).to_contain_text("The tomatoes are ripe")
    assert page.page.url == f"{own_server.url}/"
    log = own_server.log.read_text()
    assert "/share" not in log
    assert "tomatoes" not in log
    await page.page.locator(f'[data-room="{room}"]').click()
    await expect(page.handle("composer")).to_have_value(f"{secret}\nhalf a sentence")
    await expect(page.handle("shared")).to_be_hidden()

    release = await page.page.locator("html").get_attribute("data-release")

    async def another(route: Any) -> None:
        await route.fulfill(content_type="text/html", body='<html data-release="another">')

    await page.page.route(f"{own_server.url}/", another)
    await asyncio.wait_for(page.page.evaluate(FIND_UPDATE), 30)
    await page.page.unroute(f"{own_server.url}/")
    async with page.page.expect_event("load"):
        await page.handle("offer-update-yes").click()
    await page.wait_until_ready()
    await expect(page.handle("composer")).to_have_value(f"{secret}\nhalf a sentence")
    assert await page.page.locator("html").get_attribute("data-release") == release
    await page.page.goto(f"{own_server.url}/#new")
    await expect(page.page.get_by_role("dialog", name="New conversation")).to_be_visible()
