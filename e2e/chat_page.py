"""One person's page, driven by the handles that tests may rely on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.async_api import BrowserContext, ConsoleMessage, Dialog, Locator, Page, expect

from e2e.machine_state import describe_machine

READY_MS = 60_000
"""Python starts in some seconds; on a machine that is busy with several browsers, in more."""

CONNECT_MS = 45_000

DISTINCTIVE = 500
"""How many characters of a message tell it from others."""

PASSWORD = "test"
USERNAME = "test"
OTHER_USERNAME = OTHER_PASSWORD = "demo"

PASTE = """
(box, text) => {
    box.value = text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
}
"""


class ChatPage:
    """A page of the application, with what went wrong in it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self._errors: list[str] = []
        self._allowed: list[re.Pattern[str]] = []
        self._asked: list[str] | None = None
        """What the browser has asked, where the page is to be left whatever it asks."""
        page.on("console", self._note)
        page.on("pageerror", lambda error: self._errors.append(str(error)))
        page.on("dialog", self._dismiss)
        # A crash seldom comes of the page itself, and nothing else says what the machine had run out of.
        page.on("crash", lambda _: self._errors.append(f"The page crashed: {describe_machine()}"))

    @classmethod
    async def create(cls, context: BrowserContext, url: str) -> ChatPage:
        """Open an empty page."""
        return cls(await context.new_page(), url)

    def handle(self, name: str) -> Locator:
        """Find an element by its handle."""
        return self.page.get_by_test_id(name)

    def allow_refusal(self, status: int, path: str) -> None:
        """Expect Chromium to note by itself that the server refused a request; every other error still counts."""
        note = rf"^Failed to load resource: the server responded with a status of {status} .*"
        self._allowed.append(re.compile(note + re.escape(f"({self.url}{path})")))

    def allow_lost_server(self) -> None:
        """Expect the browser to note by itself that the WebSocket was cut off or could not be opened."""
        socket = re.escape(self.url.replace("http", "ws", 1) + "/ws")
        notes = (
            f"WebSocket connection to '{socket}' failed",
            f"Firefox can’t establish a connection .* at {socket}",
            f"The connection to {socket} was interrupted while the page was loading",
        )
        self._allowed += [re.compile(note) for note in notes]

    def allow_unreachable_server(self, path: str) -> None:
        """Expect Chromium to note by itself that a request found no server."""
        note = re.escape(f"net::ERR_CONNECTION_REFUSED ({self.url}{path})")
        self._allowed.append(re.compile(f"Failed to load resource: {note}"))

    def allow_error(self, pattern: str) -> None:
        """Expect errors like these, in which browsers put into their own words what a test is about."""
        self._allowed.append(re.compile(pattern))

    def allow_failed_connection(self) -> None:
        """Expect Firefox to note by itself that ICE found no path."""
        self._allowed.append(re.compile(r"^(WebRTC: )?ICE failed, "))

    def allow_lost_snapshot(self) -> None:
        """Expect the browser to note by itself that the snapshot did not come, or was not what the page expects."""
        self._allowed += [
            re.compile("Failed to load resource: net::ERR_FAILED"),
            re.compile("Failed to find a valid digest in the 'integrity' attribute"),
            re.compile("SRI's integrity checks failed"),
            re.compile("hashes in the integrity attribute match"),
        ]

    @property
    def errors(self) -> list[str]:
        """The console's errors, uncaught exceptions and dialogs so far, without those that a test allows."""
        return [error for error in self._errors if not any(pattern.search(error) for pattern in self._allowed)]

    # What a person does

    async def open(self, path: str = "/") -> None:
        """Open the application, and wait until Python has taken over."""
        await self.page.goto(self.url + path)
        await self.wait_until_ready()

    async def reload(self) -> None:
        """Load the page again, and wait until Python has taken over."""
        await self.page.reload()
        await self.wait_until_ready()

    async def forget_release(self) -> None:
        """Have the browser keep nothing of the application: the next load asks the server, and can be held back."""
        await self.page.evaluate("navigator.serviceWorker.ready.then((registration) => registration.unregister())")

    async def wait_until_ready(self) -> None:
        """Wait until Python has taken over the page."""
        await expect(self.page.locator("html")).to_have_attribute("data-app", "ready", timeout=READY_MS)

    async def fill_in(self, username: str, password: str) -> None:
        """Write name and password into the form."""
        await self.handle("username").fill(username)
        await self.handle("password").fill(password)

    async def log_in(self, username: str = USERNAME, password: str = PASSWORD) -> None:
        """Fill in the form and submit it."""
        await self.fill_in(username, password)
        await self.handle("login").click()

    async def enter(self, room: str, username: str = USERNAME, password: str = PASSWORD) -> None:
        """Open a room by its address, and log in there."""
        await self.open(f"/chat/{room}")
        await self.log_in(username, password)
        await self.wait_for_room()

    async def go_to(self, room: str) -> None:
        """Go to a room from where none is shown, without loading the page again."""
        await self.handle("room-name").fill(room)
        await self.handle("join-room").click()
        await self.wait_for_room()

    async def log_out(self) -> None:
        """End the login on this browser, by the account's menu."""
        await self.handle("account").click()
        await self.handle("logout").click()

    async def leave_room(self) -> None:
        """Leave the room that is shown, by its menu: it is off the list, and not connected any more."""
        leave = self.handle("leave-room")
        if not await leave.is_visible():  # the menu may have been left open, and the button would close it
            await self.handle("room-menu").click()
        await leave.click()
        await self.wait_for_start()

    async def send(self, text: str) -> None:
        """Write a message and send it by the button."""
        await self.handle("composer").fill(text)
        await self.handle("send").click()

    async def paste(self, text: str) -> None:
        """Send what no keyboard types: the text is put into the composer as it is."""
        await self.handle("composer").evaluate(PASTE, text)
        await self.handle("send").click()

    # What a person sees

    async def wait_for_form(self) -> None:
        """Wait until the form for logging in is there."""
        await expect(self.handle("username")).to_be_visible(timeout=READY_MS)

    async def wait_for_start(self) -> None:
        """Wait until a room can be chosen."""
        await expect(self.handle("room-name")).to_be_visible(timeout=READY_MS)

    async def wait_for_room(self) -> None:
        """Wait until a message could be written."""
        await expect(self.handle("composer")).to_be_visible(timeout=READY_MS)

    async def wait_for_status(self, *states: str) -> None:
        """Wait until the status is one of these."""
        selector = ", ".join(f'[data-testid="status"][data-state="{state}"]' for state in states)
        await expect(self.page.locator(selector)).to_be_visible(timeout=CONNECT_MS)

    async def wait_for_detail(self, sentence: str) -> None:
        """Wait until the line beside the status holds this."""
        await expect(self.handle("status-detail")).to_contain_text(sentence, timeout=CONNECT_MS)

    async def wait_for_peers(self, *usernames: str) -> None:
        """Wait until exactly these are the others in the room."""
        await expect(self.handle("peer")).to_have_count(len(usernames), timeout=CONNECT_MS)
        shown = [await peer.get_attribute("data-name") for peer in await self.handle("peer").all()]
        assert sorted(filter(None, shown)) == sorted(usernames)

    def messages(self, direction: str) -> Locator:
        """Find the texts of the messages of one direction."""
        return self.page.locator(f'[data-testid="message"][data-direction="{direction}"] [data-testid="message-text"]')

    async def wait_for_incoming(self, *texts: str) -> None:
        """Wait until exactly these texts have come in, in this order."""
        await expect(self.messages("incoming")).to_have_count(len(texts), timeout=CONNECT_MS)
        assert await self.messages("incoming").all_text_contents() == list(texts)

    async def wait_for_outgoing(self, *texts: str) -> None:
        """Wait until exactly these texts have been sent from here, in this order."""
        await expect(self.messages("outgoing")).to_have_count(len(texts), timeout=CONNECT_MS)
        assert await self.messages("outgoing").all_text_contents() == list(texts)

    async def wait_for_delivery(self, text: str, *deliveries: str) -> None:
        """Wait until an outgoing message has come so far."""
        # Browsers take no regular expression of any length; of a long text, the beginning tells it from others.
        exactly = re.escape(text) + "$" if len(text) <= DISTINCTIVE else re.escape(text[:DISTINCTIVE])
        saying = self.handle("message-text").filter(has_text=re.compile("^" + exactly))
        message = self.page.locator('[data-testid="message"][data-direction="outgoing"]').filter(has=saying)
        selector = ", ".join(f'[data-delivery="{delivery}"]' for delivery in deliveries)
        await expect(message.and_(self.page.locator(selector))).to_have_count(1, timeout=CONNECT_MS)

    async def wait_for_arrival(self, text: str) -> None:
        """Wait until the other side has acknowledged a message."""
        await self.wait_for_delivery(text, "delivered", "read")

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._errors.append(f"{message.text} ({message.location['url']})")

    @contextmanager
    def leaving_anyway(self) -> Iterator[list[str]]:
        """Leave the page meanwhile when the browser asks whether to; yields what it has asked."""
        self._asked = asked = list[str]()
        yield asked
        self._asked = None

    async def _dismiss(self, dialog: Dialog) -> None:
        if self._asked is not None and dialog.type == "beforeunload":
            self._asked.append(dialog.message)
            await dialog.accept()
            return
        self._errors.append(f"a dialog opened: {dialog.message}")
        await dialog.dismiss()


async def connect(*pages: ChatPage) -> None:
    """Wait until all of these are connected."""
    for page in pages:
        await page.wait_for_status("connected")


async def meet(first: ChatPage, second: ChatPage, room: str) -> None:
    """Let two people log in at a room, where the first one is already when the second one enters."""
    await asyncio.gather(first.open(f"/chat/{room}"), second.open(f"/chat/{room}"))
    await first.log_in()
    await first.wait_for_status("waiting")
    await second.log_in(OTHER_USERNAME, OTHER_PASSWORD)
    await connect(first, second)
