"""Has a page send messages without end, and takes the times by the page's own observers: stopwatch.js."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from e2e.chat_page import ChatPage

SCRIPT = Path(__file__).with_suffix(".js")
EVERY_MS = 200
POLL_SECONDS = 0.2
"""Between two questions to the page. What it answers is what it has noted, so this makes no figure longer."""


@dataclass(frozen=True)
class Event:
    """Something that the browser told the page, or the page told the person."""

    at: float
    """Unix seconds."""
    what: str


class NotInTime(Exception):
    """Raised when a page does not come so far in time; `what` says how far."""

    def __init__(self, what: str, seconds: float) -> None:
        self.what = what
        self.seconds = seconds

    def __str__(self) -> str:
        return f"not {self.what} within {self.seconds:.0f} s"


class Stopwatch:
    """The stopwatch of one page; it is put there before the page is opened."""

    def __init__(self, page: ChatPage) -> None:
        self.page = page
        self.sent_before: list[str] = []
        """The messages of a document that is gone, in order."""

    async def install(self) -> None:
        """Have the page carry it from its next document on."""
        await self.page.page.add_init_script(path=SCRIPT)

    async def begin(self, prefix: str) -> None:
        """Forget all that was, and send messages with this prefix, one every 200 ms."""
        await self._ask(
            "([prefix, every]) => { stopwatch.forget(); stopwatch.begin(prefix, every); }", prefix, EVERY_MS
        )

    async def end(self) -> None:
        """Send no more."""
        await self._ask("() => stopwatch.end()")

    async def sent(self) -> dict[str, float]:
        """Return the messages with the Unix seconds when they were sent, in order."""
        return {text: at / 1000 for text, at in (await self._ask("() => stopwatch.sent")).items()}

    async def delivered(self) -> dict[str, float]:
        """Return the messages that were shown as delivered, with the Unix seconds of that."""
        return {text: at / 1000 for text, at in (await self._ask("() => stopwatch.delivered")).items()}

    async def events(self) -> list[Event]:
        """Return what has happened."""
        return [Event(at / 1000, what) for at, what in await self._ask("() => stopwatch.events")]

    async def ready_at(self) -> float:
        """Return the Unix seconds when Python had taken the page over."""
        return float(await self._ask("() => stopwatch.readyAt")) / 1000

    async def recovery(self, since: float, patience: float) -> float:
        """Wait until a message that was sent after a time is delivered; gives the seconds from that time on."""
        deadline = time.monotonic() + patience
        while (seconds := await self._ask("(since) => stopwatch.recovery(since)", since * 1000)) is None:
            if time.monotonic() > deadline:
                raise NotInTime("delivered", patience)
            await asyncio.sleep(POLL_SECONDS)
        return float(seconds)

    async def all_delivered(self, patience: float) -> None:
        """Wait until everything that was sent is delivered."""
        deadline = time.monotonic() + patience
        while missing := await self._ask("() => stopwatch.undelivered()"):
            if time.monotonic() > deadline:
                raise NotInTime(f"delivered: {missing[:3]} and others, {len(missing)} in all", patience)
            await asyncio.sleep(POLL_SECONDS)

    async def _ask(self, question: str, *arguments: object) -> Any:
        return await self.page.page.evaluate(question, arguments[0] if len(arguments) == 1 else list(arguments))
