"""Measures twenty thousand messages in a row: how long they take, whether a page stalls, and what remains of them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

from bench.link.memory import tabs
from bench.link.stage import CONTESTANTS, Pair, Stage
from bench.link.talk import shown
from bench.report import Table

COUNT = 20_000
PATIENCE_SECONDS = 180
"""A page that keeps all messages may come to lay them all out for each new one, and then takes very long."""
WRITE = "count => window.watch.write(count, 'Message')"


@dataclass(frozen=True)
class Burst:
    """What a burst came to."""

    seconds: float | None
    """From the first Enter to the last message shown on the other side; None if we have lost patience."""
    writer: dict[str, float]
    reader: dict[str, float]
    """What watch.js tells of each page: its longest gap between ticks, frames and tasks, in milliseconds."""
    before: float
    after: float
    """MiB of the larger tab, before the burst and after."""


async def burst(pair: Pair, count: int) -> Burst:
    """Let Ada write `count` messages to Ben."""
    before = max(tabs(2))
    for page in pair.pages:
        await page.evaluate("window.watch.begin()")
    seconds = None
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            written: dict[str, Any] = await pair.ada.evaluate(WRITE, count)
            last = await shown(pair.ben, f"Message {count} of {count}")
            seconds = (last - written["begun"]) / 1000
    writer, reader = [await _end(page) for page in pair.pages]
    return Burst(seconds, writer, reader, before, max(tabs(2)))


async def measure_burst(stage: Stage, _rounds: int) -> dict[str, Burst]:
    """Let every contestant's pages do it once."""
    results = {}
    for contestant in CONTESTANTS:
        pair = await stage.open(contestant)
        await pair.meet(stage.room())
        results[contestant] = await burst(pair, COUNT)
        await pair.close()
    return results


def burst_tables(results: dict[str, dict[str, Burst]]) -> list[Table]:
    """Put the contestants side by side, by browser."""
    rows = [
        (
            f"{kind}, {name}",
            f"over {PATIENCE_SECONDS}" if done.seconds is None else f"{done.seconds:.1f}",
            f"{done.writer['gap']:.0f} / {done.reader['gap']:.0f}",
            f"{done.writer['frame']:.0f} / {done.reader['frame']:.0f}",
            f"{done.writer['task']:.0f} / {done.reader['task']:.0f}",
            f"{done.before:.0f}",
            f"{done.after:.0f}",
        )
        for kind, of_kind in results.items()
        for name, done in of_kind.items()
    ]
    head = ("page", "s", "tick gap, ms", "frame gap, ms", "task, ms", "tab before, MiB", "after, MiB")
    note = (
        "Written by a script into the composer, in slices of 4 ms, the next one as soon as the page lets it; "
        "until the last is shown on the other side. The longest gaps between ticks (4 ms), between animation "
        "frames, and the longest main-thread task (0: none over 50 ms, or Firefox, which does not tell), of "
        "the writing / reading page. Memory is the process of the larger tab (PSS). Ours keeps everything on "
        "the disk, and a window of it on the page; the others keep all in the page, and nothing else. One run "
        "each."
    )
    return [Table(f"{COUNT:,} messages in a row", head, rows, (note,))]


async def _end(page: Page) -> dict[str, float]:
    told: dict[str, float] = await page.evaluate("window.watch.end()")
    return told
