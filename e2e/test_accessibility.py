from __future__ import annotations

import asyncio
import re
from typing import Any

from playwright.async_api import Route, ViewportSize, expect

from e2e import logins
from e2e.accessibility_rules import AccessibilityRules
from e2e.chat_page import PASSWORD, USERNAME, ChatPage
from e2e.conftest import OpenPage, Pair
from e2e.people import Newcomers
from e2e.server import Server

Shift = dict[str, Any]

NAMELESS = re.compile(r"^\s*- (?:textbox|button|link|img|progressbar|region|dialog)(?: \[.*)?:?$", re.MULTILINE)
"""A line of an aria snapshot whose element has a role that needs a name, and none."""

FOCUS = """
() => {
    const focused = document.activeElement;
    const style = getComputedStyle(focused);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
    const label = focused === document.body ? "nowhere" : focused.dataset.testid ?? focused.textContent.trim();
    return { label, outlined };
}
"""
NOWHERE = "nowhere"

OVERFLOW = """
() => {
    const scrolls = (element) => /auto|scroll/.test(getComputedStyle(element).overflowX);
    const page = document.documentElement;
    return [page, ...document.querySelectorAll("main, main *")]
        .filter((element) => element.scrollWidth > element.clientWidth + 1 && (element === page || scrolls(element)))
        .map((element) => element.outerHTML.slice(0, 100));
}
"""

RECORD_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
        window.shifts.push({ value, moved: sources.map(({ node }) => node?.className ?? node?.nodeName) });
    }
}).observe({ type: "layout-shift", buffered: true });
"""
TAKE_SHIFTS = """
() => new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(window.shifts.splice(0))));
})
"""
"""Once everything has been painted: shifts are told after that."""
TINY_SHIFT = 0.01
"""A tenth of what is called good (web.dev/cls): a line of text that moves by a pixel or two."""

PHONE: ViewportSize = {"width": 360, "height": 640}
LONG_NAME = "a-room-with-a-very-long-name-that-goes-on-to-the-sixty-fourth-ch"
UNBROKEN = "https://example.org/" + "a" * 300 + " " + "b" * 300


async def press(page: ChatPage, *keys: str) -> None:
    """Press keys, wherever the focus is."""
    for key in keys:
        await page.page.keyboard.press(key)


async def expect_visible_focus(page: ChatPage, handle: str) -> None:
    """The keyboard is at this element, and a person sees that it is."""
    await expect(page.handle(handle)).to_be_focused()
    assert (await page.page.evaluate(FOCUS))["outlined"], f"the focus on {handle} cannot be seen"


async def controls_by_tab(page: ChatPage) -> list[str]:
    """Go once through everything that Tab reaches; each must show that it has the focus."""
    labels: list[str] = []
    while True:
        await press(page, "Tab")
        focus = await page.page.evaluate(FOCUS)
        if focus["label"] in labels:
            return labels
        # Between the last element and the first, the focus may be at none.
        assert focus["outlined"] or focus["label"] == NOWHERE, f"the focus on {focus['label']} cannot be seen"
        labels.append(focus["label"])


async def test_keyboard_alone_leads_from_login_to_a_message(open_page: OpenPage, neighbours: Pair, room: str) -> None:
    """Tab and Enter are enough for everything, and the focus is seen wherever it is."""
    bob = neighbours[1]
    await bob.go_to(room)
    page = await open_page("chromium")
    await page.open()
    keyboard = page.page.keyboard
    await expect_visible_focus(page, "username")
    await keyboard.type(USERNAME)
    await press(page, "Tab")
    await expect_visible_focus(page, "password")
    await keyboard.type(PASSWORD)
    await press(page, "Tab")  # to the button that shows the password
    assert (await page.page.evaluate(FOCUS)) == {"label": "Show", "outlined": True}
    for button in ("login", "register"):
        await press(page, "Tab")
        await expect_visible_focus(page, button)
    await press(page, "Shift+Tab", "Enter")
    await page.wait_for_start()
    await expect_visible_focus(page, "room-name")
    await keyboard.type(room)
    await press(page, "Tab")
    await expect_visible_focus(page, "join-room")
    await press(page, "Enter")
    await page.wait_for_room()
    await page.wait_for_status("connected")
    await expect_visible_focus(page, "composer")
    await keyboard.type("Typed, not clicked")
    await press(page, "Enter")
    await bob.wait_for_incoming("Typed, not clicked")
    await expect_visible_focus(page, "composer")

    reached = await controls_by_tab(page)
    named = {"send", "connection", "search-messages", "room-menu", "new-room", "account", "transcript", "composer"}
    assert named <= set(reached)
    await page.handle("invite").get_by_role("button", name="Invite").focus()
    await press(page, "Enter")
    await expect(page.page.get_by_role("dialog")).to_be_visible()
    await press(page, "Escape")
    await expect(page.page.get_by_role("dialog")).to_be_hidden()


async def expect_names_and_no_overflow(page: ChatPage) -> None:
    """Everything that can be operated has a name, and nothing is wider than a phone."""
    snapshot = await page.page.locator("body").aria_snapshot()
    assert NAMELESS.findall(snapshot) == [], snapshot
    assert await page.page.evaluate(OVERFLOW) == []


async def test_screens_have_names_and_fit_a_phone(open_page: OpenPage) -> None:
    """On every screen each input and button has an accessible name, and at 360 pixels nothing scrolls sideways."""
    page = await open_page("chromium")
    page.allow_refusal(401, "/api/login")
    await page.page.set_viewport_size(PHONE)
    await page.open()
    await expect_names_and_no_overflow(page)
    await page.log_in(USERNAME, "not the password of anybody")
    await expect(page.handle("auth-error")).not_to_be_empty()
    await expect_names_and_no_overflow(page)
    await page.log_in()
    await page.wait_for_start()
    await page.go_to(LONG_NAME)
    await page.wait_for_status("waiting")
    await expect_names_and_no_overflow(page)
    await page.send(UNBROKEN)
    await page.wait_for_delivery(UNBROKEN, "queued")
    await expect_names_and_no_overflow(page)
    await page.handle("invite").get_by_role("button", name="Invite").click()
    await expect(page.page.get_by_role("dialog")).to_be_visible()
    await expect_names_and_no_overflow(page)
    await page.page.keyboard.press("Escape")
    await page.leave_room()
    await expect_names_and_no_overflow(page)
    await page.handle("undo").click()
    await page.wait_for_room()
    await page.handle("lobby").click()
    await expect(page.handle("conversation")).to_be_visible()
    await expect_names_and_no_overflow(page)
    await page.open("/settings")
    await page.handle("text-size").get_by_role("radio", name="Larger").click()
    for opener in ("change-password", "delete-account", "forget-browser"):
        await page.handle(opener).click()
    await expect_names_and_no_overflow(page)


async def shifts_until_ready(page: ChatPage) -> tuple[list[Shift], list[Shift]]:
    """Open the application; gives what moved before Python was there, and what moved when it took over."""
    may_start = asyncio.Event()

    async def hold_back(route: Route) -> None:
        await may_start.wait()
        await route.continue_()

    await page.page.add_init_script(RECORD_SHIFTS)
    await page.page.route("**/pyodide.asm.wasm", hold_back)
    await page.page.goto(page.url, wait_until="domcontentloaded")
    await expect(page.page.get_by_role("progressbar")).to_be_visible()
    before = await page.page.evaluate(TAKE_SHIFTS)
    may_start.set()
    await page.wait_until_ready()
    await (page.handle("username").or_(page.handle("room-name"))).wait_for()
    return before, await page.page.evaluate(TAKE_SHIFTS)


async def test_nothing_shifts_when_python_takes_over(newcomers: Newcomers, server: Server) -> None:
    """The form stays where it is from the first paint on; and who is signed in sees the lobby come without a jump."""
    form = await newcomers.open("chromium", server.url)
    before, at_takeover = await shifts_until_ready(form)
    assert total(before) + total(at_takeover) < TINY_SHIFT, before + at_takeover
    lobby = await newcomers.open("chromium", server.url, logins.storage(server.url, server.register("Hanna")))
    before, at_takeover = await shifts_until_ready(lobby)
    assert total(before) + total(at_takeover) < TINY_SHIFT, before + at_takeover


def total(shifts: list[Shift]) -> float:
    """Add up how far things moved."""
    return float(sum(shift["value"] for shift in shifts))


async def test_rules_find_what_breaks_them(open_page: OpenPage) -> None:
    """A picture without words, and a text that is too faint in one scheme alone."""
    page = await open_page("chromium")
    await page.open()
    await page.page.evaluate(
        """() => {
            const [text, picture] = ["p", "img"].map((name) => document.createElement(name));
            text.style.color = "light-dark(black, #222)";
            text.append("hard to read");
            document.querySelector("main").append(text, picture);
        }"""
    )
    faults = await AccessibilityRules().faults(page.page)
    found = {(scheme, rule) for scheme, rule in (fault.split(" | ")[0].split(": ") for fault in faults)}
    assert found == {("light", "image-alt"), ("dark", "color-contrast")}
