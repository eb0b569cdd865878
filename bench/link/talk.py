"""Measures how long two people wait: until they are connected, and for each other's messages."""

from __future__ import annotations

import asyncio
import math
import random
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from playwright.async_api import Page

from bench.link.stage import CONTESTANTS, OURS, RAW, Pair, Stage
from bench.report import Table, spread

MESSAGES = 40
"""Each way, in each round."""
PAUSE_SECONDS = (0.01, 0.05)
"""Between two messages, so that none waits for another one."""


@dataclass
class Figures:
    """What was measured of one contestant, in milliseconds."""

    connect: list[float] = field(default_factory=list)
    message: list[float] = field(default_factory=list)
    clocks: list[float] = field(default_factory=list)
    """How far the clocks of the two pages were apart."""


def percentile(figures: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile."""
    return sorted(figures)[math.ceil(percent / 100 * len(figures)) - 1]


async def write(page: Page, text: str) -> float:
    """Write a message as a person does; gives the moment of Enter."""
    await page.get_by_test_id("composer").focus()
    await page.keyboard.insert_text(text)
    await page.keyboard.press("Enter")
    return float(await page.evaluate("window.watch.entered.at(-1)"))


async def shown(page: Page, text: str) -> float:
    """Return the moment at which a message was shown, as soon as it is."""
    return float(await page.evaluate("text => window.watch.until(text)", text))


async def apart(pair: Pair) -> float:
    """Tell how many milliseconds Ben's clock is ahead of Ada's."""
    ada, ben = [
        statistics.median([float(await page.evaluate("window.watch.offset()")) for _ in range(5)])
        for page in pair.pages
    ]
    return ben - ada


async def exchange(pair: Pair, figures: Figures) -> None:
    """Let both write to each other in turns."""
    ahead = await apart(pair)
    figures.clocks.append(abs(ahead))
    for number in range(MESSAGES):
        for writer, reader, late in ((pair.ada, pair.ben, ahead), (pair.ben, pair.ada, -ahead)):
            text = f"{'Ada' if writer is pair.ada else 'Ben'} says {number}"
            entered = await write(writer, text)
            figures.message.append(await shown(reader, text) - late - entered)
            await asyncio.sleep(random.uniform(*PAUSE_SECONDS))  # noqa: S311 - it is no secret


async def measure_talk(stage: Stage, rounds: int) -> dict[str, Figures]:
    """Let every contestant's pages meet and talk, in turns; the first round warms the browser up and does not count."""
    results: dict[str, Figures] = defaultdict(Figures)
    for turn in range(rounds + 1):
        for contestant in CONTESTANTS:
            pair = await stage.open(contestant)
            figures = results[contestant] if turn else Figures()
            figures.connect.append(await pair.meet(stage.room()))
            if turn:
                await exchange(pair, figures)
            await pair.close()
    return results


def talk_tables(results: dict[str, dict[str, Figures]]) -> list[Table]:
    """Put the contestants side by side, by browser."""
    return [connect_table(results), message_table(results)]


def connect_table(results: dict[str, dict[str, Figures]]) -> Table:
    """Tell how long connecting took."""
    rows = []
    for kind, of_kind in results.items():
        medians = {name: statistics.median(figures.connect) for name, figures in of_kind.items()}
        for name, figures in of_kind.items():
            ratio = f"{medians[OURS] / medians[name]:.2f}"
            rows.append((f"{kind}, {name}", str(len(figures.connect)), spread(figures.connect), ratio))
    note = (
        "Both pages are loaded, and one is in the room. Counted from the other one's click on Join until the "
        "data channel is open on both sides (ours: until both say “Connected”). Host candidates only, no "
        "STUN. Raw JavaScript and simple-peer signal over a WebSocket that only relays, PeerJS over its own "
        "server; ours checks a token, and looks into its database before it enters. The last column is our "
        "median over theirs."
    )
    return Table("Both in the room → connected", ("page", "n", "ms", "ours / it"), rows, (note,))


def message_table(results: dict[str, dict[str, Figures]]) -> Table:
    """Tell how long messages took."""
    rows = []
    for kind, of_kind in results.items():
        raw = statistics.median(of_kind[RAW].message)
        for name, figures in of_kind.items():
            way = figures.message
            middle = statistics.median(way)
            shown_figures = (f"{middle:.1f}", f"{percentile(way, 99):.1f}", f"{min(way):.1f} to {max(way):.1f}")
            rows.append((f"{kind}, {name}", str(len(way)), *shown_figures, f"{middle - raw:+.1f}"))
    clocks = max(apart for of_kind in results.values() for figures in of_kind.values() for apart in figures.clocks)
    note = (
        "From the keydown of Enter in one page to the text standing in the other page's document "
        "(MutationObserver). Ours is written to the disk on both sides on the way (IndexedDB, durability "
        f"“strict”); the others keep nothing. The clocks of two pages were at most {clocks:.2f} ms apart, "
        "which is taken off."
    )
    head = ("page", "n", "p50, ms", "p99, ms", "least to most, ms", "p50 over raw, ms")
    return Table("A message's way, from Enter to being shown", head, rows, (note,))
