"""Measures how long the page stands in an ordinary chat: logging in, entering, connecting, writing, searching."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from playwright.async_api import Page, expect

from bench.link.stage import PAGE_MS, PEOPLE, Stage, enter, wait_for
from bench.link.talk import shown, write
from bench.report import Table, spread
from e2e.server import PASSWORD

MESSAGES = 50
SECONDS_TO_SHOW = 10_000


@dataclass
class Stands:
    """The longest that the page stood in each step of each round, in milliseconds; the ticks' gaps and the tasks."""

    gaps: dict[str, list[float]] = field(default_factory=dict)
    tasks: dict[str, list[float]] = field(default_factory=dict)


class Observer:
    """Looks at both pages during one step after another."""

    def __init__(self, pages: tuple[Page, Page], stands: Stands) -> None:
        self._pages = pages
        self._stands = stands

    async def begin(self) -> None:
        """Begin a step."""
        for page in self._pages:
            await page.evaluate("window.watch.begin()")

    async def end(self, step: str) -> None:
        """End it, once both pages have come to rest."""
        await asyncio.sleep(0.3)
        told = [await page.evaluate("window.watch.end()") for page in self._pages]
        self._stands.gaps.setdefault(step, []).append(max(each["gap"] for each in told))
        self._stands.tasks.setdefault(step, []).append(max(each["task"] for each in told))


async def open_form(stage: Stage) -> Page:
    """Open the application for somebody who has never been here."""
    page = await (await stage.new_context()).new_page()
    await page.goto(stage.server.url)
    await expect(page.locator("html")).to_have_attribute("data-app", "ready", timeout=PAGE_MS)
    return page


async def chat(stage: Stage, stands: Stands) -> None:
    """Let two people have an ordinary chat."""
    ada, ben = pages = await asyncio.gather(open_form(stage), open_form(stage))
    room = stage.room()
    look = Observer((ada, ben), stands)
    await look.begin()
    for page, name in zip(pages, PEOPLE, strict=True):
        await page.get_by_test_id("username").fill(f"{name}-{room}")
        await page.get_by_test_id("password").fill(PASSWORD)
        await page.get_by_test_id("register").click()
        await expect(page.get_by_test_id("room-name")).to_be_visible(timeout=PAGE_MS)
    await look.end("log in")
    await look.begin()
    await enter(ada, room, "waiting")
    await enter(ben, room, "connected")
    await wait_for(ada, "connected")
    await look.end("enter and connect")
    await look.begin()
    await converse(ada, ben)
    await look.end(f"{MESSAGES} messages")
    await look.begin()
    await search(ada)
    await look.end("search the history")
    await look.begin()
    await ada.get_by_test_id("invite").first.click()
    await look.end("invite")
    for page in pages:
        await page.context.close()


async def converse(ada: Page, ben: Page) -> None:
    """Let them write in turns."""
    for number in range(MESSAGES):
        writer, reader = (ada, ben) if number % 2 else (ben, ada)
        text = f"Line {number} of an ordinary chat"
        await write(writer, text)
        await shown(reader, text)


async def search(page: Page) -> None:
    """Look for what everybody said."""
    await page.get_by_test_id("search-messages").click()
    await page.get_by_test_id("search").fill("ordinary")
    await expect(page.get_by_test_id("search-result")).to_have_count(MESSAGES, timeout=SECONDS_TO_SHOW)
    await page.keyboard.press("Escape")


async def measure_chat(stage: Stage, rounds: int) -> Stands:
    """Let chats take place, `rounds` of them."""
    stands = Stands()
    for _ in range(rounds):
        await chat(stage, stands)
    return stands


def chat_tables(results: dict[str, Stands]) -> list[Table]:
    """Put the steps one under the other, by browser."""
    rows = [
        (f"{kind}, {step}", str(len(gaps)), spread(gaps), spread(stands.tasks[step]) if kind == "chromium" else "–")
        for kind, stands in results.items()
        for step, gaps in stands.gaps.items()
    ]
    note = (
        "The longest gap between two ticks (of 4 ms), and the longest main-thread task where the browser "
        "tells (PerformanceObserver; 0 is none over 50 ms), of the page that stood longer; the median of the "
        "rounds."
    )
    return [Table("How long the page stands in an ordinary chat", ("step", "n", "gap, ms", "task, ms"), rows, (note,))]
