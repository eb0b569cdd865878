"""One person's page, driven by the handles that tests may rely on."""

from __future__ import annotations

from playwright.async_api import BrowserContext, ConsoleMessage, Locator, Page, expect

READY_MS = 60_000
"""Python starts in some seconds; on a machine that is busy with several browsers, in more."""

CONNECT_MS = 45_000

PASSWORD = "test"
USERNAME = "test"


class ChatPage:
    """A page of the application, with what it wrote to its console."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.errors: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @classmethod
    async def create(cls, context: BrowserContext, url: str) -> ChatPage:
        """Open an empty page."""
        return cls(await context.new_page(), url)

    def handle(self, name: str) -> Locator:
        """Find an element by its handle."""
        return self.page.get_by_test_id(name)

    # What a person does

    async def open(self, path: str = "/") -> None:
        """Open the application, and wait until Python has taken over."""
        await self.page.goto(self.url + path)
        await self.wait_until_ready()

    async def wait_until_ready(self) -> None:
        """Wait until Python has taken over the page."""
        await expect(self.page.locator("html")).to_have_attribute("data-app", "ready", timeout=READY_MS)

    async def log_in(self, username: str = USERNAME, password: str = PASSWORD) -> None:
        """Fill in the form and submit it."""
        await self.handle("username").fill(username)
        await self.handle("password").fill(password)
        await self.handle("login").click()

    async def enter(self, room: str, username: str = USERNAME, password: str = PASSWORD) -> None:
        """Open a room by its address, and log in there."""
        await self.open(f"/chat/{room}")
        await self.log_in(username, password)
        await expect(self.handle("composer")).to_be_visible(timeout=READY_MS)

    async def send(self, text: str) -> None:
        """Write a message and send it by the button."""
        await self.handle("composer").fill(text)
        await self.handle("send").click()

    # What a person sees

    async def wait_for_status(self, *states: str) -> None:
        """Wait until the status is one of these."""
        selector = ", ".join(f'[data-testid="status"][data-state="{state}"]' for state in states)
        await expect(self.page.locator(selector)).to_be_visible(timeout=CONNECT_MS)

    def messages(self, direction: str) -> Locator:
        """Find the texts of the messages of one direction."""
        return self.page.locator(f'[data-testid="message"][data-direction="{direction}"] [data-testid="message-text"]')

    async def wait_for_incoming(self, *texts: str) -> None:
        """Wait until exactly these texts have come in, in this order."""
        await expect(self.messages("incoming")).to_have_count(len(texts), timeout=CONNECT_MS)
        assert await self.messages("incoming").all_text_contents() == list(texts)

    async def wait_for_delivery(self, text: str, *deliveries: str) -> None:
        """Wait until an outgoing message has come so far."""
        message = self.page.locator('[data-testid="message"][data-direction="outgoing"]').filter(has_text=text)
        selector = ", ".join(f'[data-delivery="{delivery}"]' for delivery in deliveries)
        await expect(message.and_(self.page.locator(selector))).to_have_count(1, timeout=CONNECT_MS)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)


async def connect(*pages: ChatPage) -> None:
    """Wait until all of these are connected."""
    for page in pages:
        await page.wait_for_status("connected")
