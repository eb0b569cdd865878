"""Measures how long people wait: from opening the page until Python has it, and from both entering until connected.

Run as `make bench-start`. Every round opens fresh profiles, so that each visit is a first one.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from itertools import product

from bench.server_and_browsers import running
from e2e.browsers import Browsers, Kind
from e2e.chat_page import ChatPage

ROUNDS = 5
KINDS: tuple[Kind, ...] = ("chromium", "firefox")


async def open_page(browsers: Browsers, kind: Kind, url: str, room: str) -> tuple[ChatPage, float]:
    """Open a room's address in a fresh profile; gives the page, and the seconds until Python had taken it over."""
    context = await (await browsers.get(kind)).new_context()
    page = await ChatPage.create(context, url)
    started = time.perf_counter()
    await page.open(f"/chat/{room}")
    return page, time.perf_counter() - started


async def measure_pair(browsers: Browsers, first: Kind, second: Kind, url: str, room: str) -> tuple[list[float], float]:
    """Let two people meet; gives the seconds to ready of both, and those from the second's entering to connected."""
    ada, ready_ada = await open_page(browsers, first, url, room)
    await ada.log_in()
    await ada.wait_for_status("waiting")
    ben, ready_ben = await open_page(browsers, second, url, room)
    await ben.log_in()
    await ben.handle("composer").wait_for()
    started = time.perf_counter()
    await asyncio.gather(ada.wait_for_status("connected"), ben.wait_for_status("connected"))
    connected = time.perf_counter() - started
    for page in (ada, ben):
        await page.page.context.close()
    return [ready_ada, ready_ben], connected


def report(title: str, seconds: list[float]) -> None:
    """Print the median and the spread of a series."""
    row = f"{title:<58} median {statistics.median(seconds):6.2f} s   {min(seconds):6.2f} to {max(seconds):6.2f} s"
    sys.stdout.write(f"{row}   n = {len(seconds)}\n")


async def main() -> None:
    """Measure every pairing in turns, so that a slow moment of the machine falls on all of them alike."""
    ready: dict[Kind, list[float]] = {kind: [] for kind in KINDS}
    connected: dict[tuple[Kind, Kind], list[float]] = {pair: [] for pair in product(KINDS, KINDS)}
    async with running() as (server, browsers):
        for turn, (first, second) in product(range(ROUNDS), connected):
            room = f"bench-{turn}-{first}-{second}"
            waited, took = await measure_pair(browsers, first, second, server.url, room)
            for kind, seconds in zip((first, second), waited, strict=True):
                ready[kind].append(seconds)
            connected[first, second].append(took)
    for kind, series in ready.items():
        report(f"page opened → ready, {kind}", series)
    for (first, second), series in connected.items():
        report(f"both in the room → connected, {first} + {second}", series)


if __name__ == "__main__":
    asyncio.run(main())
