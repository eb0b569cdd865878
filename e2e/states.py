"""Walks through every state of the page, so that each can be looked at: by a camera, or by a test."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page

from e2e.chat_page import ChatPage, connect
from e2e.server import Server

Look = Callable[[Page, str], Awaitable[None]]
"""Looks at a page in the state of this name."""
NewContext = Callable[[Browser], Awaitable[BrowserContext]]
"""Makes a profile of its own for a page."""

ASKED = "try { localStorage.setItem('p2pchat.notifications-asked', 'yes'); } catch { /* it is forbidden on purpose */ }"
"""Else the offer of notifications would stand above everything that comes after a first message."""
UNASKED = "Object.defineProperty(Notification, 'permission', { get: () => 'default' });"
"""A profile that was given any permission has been refused all others."""
SHARE = """
() => {
    history.pushState(null, "", "/#share=garden");
    dispatchEvent(new Event("popstate"));
}
"""
WITHOUT_WEBASSEMBLY = "delete window.WebAssembly"
WITHOUT_WEBRTC = "delete window.RTCPeerConnection"
WITHOUT_STORAGE = (
    "IDBFactory.prototype.open = () => { throw new DOMException('forbidden on purpose', 'SecurityError'); };"
)
WITHOUT_PATH = """
const Real = RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
  constructor(configuration) { super({ ...configuration, iceServers: [], iceTransportPolicy: "relay" }); }
};
"""
"""Without a TURN server there is no relayed candidate, so that no path is ever found."""
BREAKABLE = """
const Real = RTCPeerConnection;
window.connections = [];
window.RTCPeerConnection = class extends Real {
  constructor(configuration) {
    if (window.broken) throw new Error("broken on purpose");
    super(configuration);
    window.connections.push(this);
  }
};
window.breakConnections = () => { window.broken = true; for (const each of window.connections) each.close(); };
"""

ADA_SAYS = ["Good morning! Are you still coming on Sunday?", "The tomatoes are ripe: https://example.org/tomatoes"]
BEN_SAYS = ["Of course 🍅", "I bring bread, and the book that I told you about.\nShall we say eleven?"]
LONG = "A long line of text that does not want to end, " * 12


@dataclass
class Studio:
    """A server and a browser in which the states are set up, and who looks at them."""

    server: Server
    browser: Browser
    look: Look
    new_context: NewContext
    contexts: list[BrowserContext] = field(default_factory=list)
    """The profiles of all pages so far."""

    async def page(self, script: str = "", *, asked: bool = True) -> ChatPage:
        """Open an empty page with a profile of its own, whose person was asked already whether they want to be told."""
        context = await self.new_context(self.browser)
        self.contexts.append(context)
        if asked:
            await context.add_init_script(ASKED)
        if script:
            await context.add_init_script(script)
        return await ChatPage.create(context, self.server.url)

    async def visitor(self, room: str, username: str, script: str = "", *, asked: bool = True) -> ChatPage:
        """Open a page and log in to a room."""
        page = await self.page(script, asked=asked)
        await page.enter(room, username, "a password of 8 or more")
        return page


async def british(browser: Browser) -> BrowserContext:
    """Make a profile in which the page speaks English."""
    return await browser.new_context(locale="en-GB")


@asynccontextmanager
async def studio(browser: Browser, look: Look, new_context: NewContext = british) -> AsyncIterator[Studio]:
    """Set up a server with accounts, and close the pages at the end."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.start()
        for username in ("Ada", "Ben", "Cleo"):
            server.register(username)
        stage = Studio(server, browser, look, new_context)
        try:
            yield stage
        finally:
            for context in stage.contexts:
                await context.close()
            server.stop()


async def show_sign_in(stage: Studio) -> None:
    """Show the form: while Python starts, ready, and refusing; then the lobby, and an address without a room."""
    page = await stage.page()
    gate = asyncio.Event()

    async def hold(route: object) -> None:
        await gate.wait()
        await route.continue_()  # type: ignore[attr-defined]  # Playwright's Route

    await page.page.route("**/pyodide.asm.wasm", hold)
    await page.page.goto(page.url)
    await page.page.locator('#boot-progress[value="30"]').wait_for(timeout=60_000)
    await stage.look(page.page, "starting")
    gate.set()
    await page.wait_until_ready()
    await stage.look(page.page, "sign-in")
    await page.handle("login").click()
    await stage.look(page.page, "sign-in-missing")
    await page.fill_in("A", "secret")
    await page.handle("register").click()
    await stage.look(page.page, "register-rule")
    await page.log_in("Ada", "not her password")
    await page.page.locator('[data-testid="auth-error"]:not(:empty)').wait_for()
    await stage.look(page.page, "sign-in-failed")
    await page.log_in("Ada", "a password of 8 or more")
    await page.handle("room-name").wait_for()
    await stage.look(page.page, "start")
    await page.handle("room-name").fill("no room")
    await page.handle("join-room").click()
    await stage.look(page.page, "start-rule")
    await page.handle("room-name").fill("https://other.example/chat/den")
    await page.handle("join-room").click()
    await stage.look(page.page, "start-other-server")
    await page.go_to("hall")
    await page.page.go_back()
    await stage.look(page.page, "list")
    await page.open("/chat/no%20such%20room")
    await stage.look(page.page, "room-fault")
    await page.open("/nowhere")
    await stage.look(page.page, "no-place")


async def show_tabs(stage: Studio) -> None:
    """Show what the form says of another tab: someone has signed in there, so has someone else, and has logged out."""
    first = await stage.page()
    second = await ChatPage.create(first.page.context, stage.server.url)
    for page in (first, second):
        await page.open()
    await first.log_in("Ada", "a password of 8 or more")
    await first.wait_for_start()
    await show_notice(stage, second, "signed-in-elsewhere")
    await second.log_in("Ben", "a password of 8 or more")
    await second.wait_for_start()
    await first.reload()
    await show_notice(stage, first, "someone-else")
    await first.log_in("Ada", "a password of 8 or more")
    await first.wait_for_start()
    await first.log_out()
    await show_notice(stage, second, "logged-out-elsewhere")


async def show_notice(stage: Studio, page: ChatPage, name: str) -> None:
    """Show why the form is there."""
    await page.page.locator("#sign-in-notice:not([hidden])").wait_for()
    await stage.look(page.page, name)


async def show_conversation(stage: Studio) -> None:
    """Show the room: alone, inviting, its connection, talking, full for a third, scrolled up, and interrupted."""
    ada = await stage.visitor("garden", "Ada")
    await ada.wait_for_status("waiting")
    await stage.look(ada.page, "alone")
    await ada.handle("invite").click()
    await stage.look(ada.page, "invite")
    await ada.page.locator("#invite-panel .copy").click()
    await stage.look(ada.page, "copied")
    await ada.page.keyboard.press("Escape")
    await ada.handle("connection").click()
    await stage.look(ada.page, "connection")
    await ada.page.keyboard.press("Escape")
    await ada.send("Nobody here yet?")
    await stage.look(ada.page, "queued")
    await ada.paste("x" * 300_000)
    await ada.page.locator(".composer .fault:not(:empty)").wait_for()
    await stage.look(ada.page, "too-long")
    await ada.handle("composer").fill("")
    ben = await stage.visitor("garden", "Ben", BREAKABLE)
    await connect(ada, ben)
    for text in ADA_SAYS:
        await ada.send(text)
    await ben.messages("incoming").nth(2).wait_for()
    for text in BEN_SAYS:
        await ben.send(text)
    await ada.messages("incoming").nth(1).wait_for()
    # Right after a message, nobody is told of the first keys.
    await ben.handle("composer").press_sequentially("And then", delay=250)
    await ada.handle("typing").wait_for()
    await stage.look(ada.page, "conversation")
    await show_history(stage, ada)
    cleo = await stage.visitor("garden", "Cleo")
    await cleo.wait_for_status("full")
    await stage.look(cleo.page, "full")
    for _ in range(6):
        await ben.send(LONG)
    await ada.messages("incoming").nth(7).wait_for()
    await ada.handle("transcript").evaluate("(element) => { element.scrollTop = 0; }")
    await ben.send("And one more.")
    await ada.messages("incoming").nth(8).wait_for()
    await stage.look(ada.page, "scrolled-up")
    await ben.page.evaluate("() => window.breakConnections()")
    await ada.wait_for_status("reconnecting")
    await stage.look(ada.page, "reconnecting")


async def show_list(stage: Studio) -> None:
    """Show the list beside a room: unread, begun, typing, archived, muted, chosen for what is shared; and what is new.

    With the dialog for a new room, a room just left, and the offer of notifications.
    """
    ada = await stage.visitor("garden", "Ada", UNASKED, asked=False)
    ben = await stage.visitor("garden", "Ben")
    await connect(ada, ben)
    await ada.send("Good morning!")
    await ada.handle("offer-notifications").wait_for()
    await stage.look(ada.page, "offer-notifications")
    await ada.handle("offer-notifications-no").click()
    await ada.handle("new-room").click()
    await stage.look(ada.page, "new-room")
    await ada.handle("room-name").fill("book-club")
    await ada.handle("join-room").click()
    await ada.wait_for_status("waiting")
    await ada.handle("composer").fill("I am at page")
    await ada.handle("new-room").click()
    await ada.handle("room-name").fill("studio")
    await ada.handle("join-room").click()
    await ada.wait_for_status("waiting")
    await ben.send("The tomatoes are ripe. Come and take some before the birds do.")
    await ada.page.locator('[data-room="garden"][data-unread="1"]').wait_for()
    await stage.look(ada.page, "list-unread")
    await ben.handle("composer").press_sequentially("And then", delay=250)
    await ada.page.locator('[data-room="garden"] .accented').wait_for()
    await stage.look(ada.page, "list-typing")
    await ada.handle("room-menu").click()
    await ada.handle("archive").click()
    await stage.look(ada.page, "list-archived")
    await ada.page.locator('[data-room="book-club"]').click()
    await ada.leave_room()
    await stage.look(ada.page, "list-left")
    await ada.page.locator('[data-room="garden"]').click()
    await ada.handle("unread-divider").wait_for()
    await stage.look(ada.page, "unread-divider")
    await ada.handle("room-menu").click()
    await ada.handle("mute").click()
    await stage.look(ada.page, "muted")
    await ada.handle("room-menu").click()
    await ada.handle("forget").click()
    await stage.look(ada.page, "forget-room")
    await ada.page.keyboard.press("Escape")
    await ada.page.evaluate(SHARE)
    await ada.handle("shared").wait_for()
    await stage.look(ada.page, "shared")
    await ada.handle("shared-no").click()
    await ada.handle("account").click()
    await stage.look(ada.page, "account")


async def show_settings(stage: Studio) -> None:
    """Show the settings: from above, with a name, the account's forms, and what is asked before the end."""
    ada = await stage.visitor("garden", "Ada")
    await ada.open("/settings")
    await ada.page.locator('[data-testid="device-login"]').first.wait_for()
    await stage.look(ada.page, "settings")
    await ada.handle("display-name").fill("Ada Lovelace")
    await ada.handle("save-name").click()
    await ada.handle("avatar-hue").locator('[data-value="4"]').click()
    await stage.look(ada.page, "settings-name")
    await ada.handle("forget-browser").click()
    await stage.look(ada.page, "settings-storage")
    await ada.handle("change-password").click()
    await ada.handle("current-password").fill("not her password")
    await ada.handle("new-password").fill("short")
    await ada.handle("submit-password").click()
    await stage.look(ada.page, "settings-password")
    await ada.handle("change-password").click()
    await ada.handle("delete-account").click()
    await stage.look(ada.page, "settings-delete")
    await ada.page.locator('[data-testid="shortcut"]').last.scroll_into_view_if_needed()
    await stage.look(ada.page, "settings-about")


async def show_history(stage: Studio, page: ChatPage) -> None:
    """Show the search, with what was found and with nothing found; and the room's menu, at rest and asking."""
    await page.handle("search-messages").click()
    await page.handle("search").fill("tomatoes")
    await page.handle("search-result").first.wait_for()
    await stage.look(page.page, "search-found")
    await page.handle("search").fill("potatoes")
    await page.page.locator(".found:has(ol[hidden]) > p:not(:empty)").wait_for()
    await stage.look(page.page, "search-not-found")
    await page.page.keyboard.press("Escape")
    await page.handle("room-menu").click()
    await stage.look(page.page, "room-menu")
    await page.handle("clear-history").click()
    await stage.look(page.page, "history-clear")
    await page.handle("keep-history").click()
    await stage.look(page.page, "history-stop-keeping")
    await page.page.keyboard.press("Escape")


async def show_guest(stage: Studio) -> None:
    """Show a link, somebody who opens it, comes as a guest and could stay, and a link that has ended."""
    ada = await stage.visitor("book-club", "Ada")
    await ada.wait_for_status("waiting")
    await ada.handle("invite").locator("button").first.click()
    await ada.page.locator('#invite-panel [data-access="ready"]').wait_for()
    await stage.look(ada.page, "invite-guests")
    link = await ada.page.locator("#invite-panel .link").text_content() or ""
    guest = await stage.page()
    await guest.page.goto(link)
    await guest.page.locator('[data-testid="guest"] .avatar[data-hue]').first.wait_for(timeout=60_000)
    await stage.look(guest.page, "guest")
    await guest.handle("guest-join").click()
    await stage.look(guest.page, "guest-fault")
    await guest.handle("guest-name").fill("Ben")
    await guest.handle("guest-join").click()
    await guest.wait_for_room()
    await connect(ada, guest)
    await guest.send("Good morning!")
    await ada.messages("incoming").first.wait_for()
    await stage.look(ada.page, "guest-seen")
    await guest.handle("room-menu").click()
    await stage.look(guest.page, "guest-menu")
    await guest.page.locator("#room-panel").get_by_test_id("keep-name").click()
    await guest.handle("create-account").click()
    await stage.look(guest.page, "keep-name")
    await guest.page.goto(f"{guest.url}/chat/garden")
    await guest.page.locator(".place .card").wait_for(timeout=60_000)
    await stage.look(guest.page, "guest-elsewhere")
    await ada.handle("renew-link").click()
    late = await stage.page()
    await late.page.goto(link)
    await late.page.locator('[data-testid="guest"][data-state="ended"]').wait_for(timeout=60_000)
    await stage.look(late.page, "guest-ended")


async def show_troubles(stage: Studio) -> None:
    """Show what goes wrong: no start, no WebRTC, no storage, no path, no server, and none that knows the login."""
    page = await stage.page()
    await page.page.route("**/pyodide.mjs", lambda route: route.abort())
    await page.page.goto(page.url)
    await page.page.locator('[data-app="failed"]').wait_for(timeout=60_000)
    await stage.look(page.page, "not-started")
    page = await stage.page(WITHOUT_WEBASSEMBLY)
    await page.page.goto(page.url)
    await page.page.locator('[data-app="failed"]').wait_for(timeout=60_000)
    await stage.look(page.page, "without-webassembly")
    page = await stage.visitor("attic", "Ada", WITHOUT_WEBRTC)
    await page.wait_for_status("unsupported")
    await stage.look(page.page, "unsupported")
    page = await stage.visitor("shed", "Ada", WITHOUT_STORAGE)
    await page.handle("keeping-fault").wait_for()
    await stage.look(page.page, "keeping-fault")
    first, second = (
        await stage.visitor("cellar", "Ada", WITHOUT_PATH),
        await stage.visitor("cellar", "Ben", WITHOUT_PATH),
    )
    await first.page.locator('[data-testid="status"][data-state="failed"]').wait_for(timeout=120_000)
    await stage.look(first.page, "failed")
    await second.page.close()
    await first.wait_for_status("waiting")
    stage.server.kill()
    await first.wait_for_status("offline")
    await stage.look(first.page, "offline")
    stage.server.settings["P2PCHAT_JWT_SECRET"] = "no login of before is good any more, by this"
    stage.server.start()
    await first.handle("password-prompt").wait_for(timeout=60_000)
    await stage.look(first.page, "password-again")


async def show_all(stage: Studio) -> None:
    """Show every state."""
    await show_sign_in(stage)
    await show_tabs(stage)
    await show_conversation(stage)
    await show_list(stage)
    await show_guest(stage)
    await show_settings(stage)
    await show_troubles(stage)
