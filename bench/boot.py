"""Measures how soon the page is ready, beside a page that does nothing but a plain `loadPyodide()`, from one server.

Run as `make bench-boot`. In every round each browser opens both pages with a fresh profile (cold), once more (warm),
and again when the service worker has everything (repeat), in turns, so that a slow moment of the machine falls on all
of them alike; and all of that once more through a slow line.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from playwright.async_api import BrowserContext, Page, async_playwright

from bench.plain_page import with_plain_page
from bench.report import Report, Table, spread
from bench.slow_line import slow_line
from e2e.browsers import Browsers, Kind

ROUNDS = 3
KINDS: tuple[Kind, ...] = ("chromium", "firefox")
VISITS = ("cold", "warm", "repeat")
LINES = ("loopback", "10 Mbit/s, 40 ms")
MEGABITS = 10
ROUND_TRIP = 0.04
READY_MS = 60_000
LAST_RESORT_MS = 10_000
READY = """
() => new Promise((resolve) => {
    const root = document.documentElement;
    const look = () => {
        if (root.dataset.app !== "ready") return;
        const ms = performance.now();
        const entries = ["navigation", "resource"].flatMap((type) => performance.getEntriesByType(type));
        const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN;
        const boot = root.dataset.boot ?? "plain";
        resolve([ms, entries.reduce((sum, entry) => sum + entry.transferSize, 0) / 1024, paint, boot]);
    };
    new MutationObserver(look).observe(root, { attributeFilter: ["data-app"] });
    look();
})
"""
KEPT = """
() => new Promise((resolve) => {
    const { serviceWorker } = navigator;
    if (serviceWorker) serviceWorker.ready.then(() => resolve());
    setTimeout(resolve, LIMIT);
})
""".replace("LIMIT", str(LAST_RESORT_MS))


@dataclass(frozen=True)
class Case:
    """Which page was opened, through what line, by what browser, and for which time."""

    page: str
    line: str
    kind: Kind
    visit: str


@dataclass(frozen=True)
class Visit:
    """What one visit took, from the beginning of the navigation until `data-app` was "ready"."""

    ms: float
    kib: float
    """That came over the network by then, headers and all."""
    paint: float
    """When there was something to see, in ms."""
    boot: str


async def visit(page: Page, url: str) -> Visit:
    """Open a page, and wait until Python runs."""
    await page.goto(url)
    return Visit(*await page.evaluate(READY))


async def visits(context: BrowserContext, page: str, url: str) -> AsyncIterator[Visit]:
    """Open a page as often as somebody does who comes back; what the first visit leaves to be fetched has its time."""
    for _ in VISITS:
        tab = await context.new_page()
        yield await visit(tab, url)
        if page == "ours":
            await tab.evaluate(KEPT)
        await tab.close()


@asynccontextmanager
async def fresh_profile(browsers: Browsers, kind: Kind) -> AsyncIterator[BrowserContext]:
    """Yield a browser that nobody has used: on a disk, as people's are, and not private."""
    with tempfile.TemporaryDirectory() as folder:
        context = await browsers.launch_persistent(kind, Path(folder))
        context.set_default_timeout(READY_MS)
        await context.new_page()  # the first one starts the process that the others find
        yield context
        await context.close()


def table(line: str, results: dict[Case, list[Visit]]) -> Table:
    """Put the medians side by side, with their ratio."""
    rows = []
    for moment, kind in product(VISITS, KINDS):
        plain, ours = (results[Case(name, line, kind, moment)] for name in ("plain", "ours"))
        before, after = ([each.ms for each in series] for series in (plain, ours))
        sizes = (f"{statistics.median(each.kib for each in series):,.0f}" for series in (plain, ours))
        ratio = f"{statistics.median(after) / statistics.median(before):.2f}"
        paint = spread([each.paint for each in ours])
        rows.append((f"{moment}, {kind}", spread(before), spread(after), ratio, *sizes, paint, _ways(ours)))
    head = (
        "visit",
        "plain, ms",
        "ours, ms",
        "ratio",
        "plain, KiB",
        "ours, KiB",
        "first paint of ours, ms",
        "started from",
    )
    return Table(f"Until Python runs, {line}: a page with a plain `loadPyodide()`, and ours", head, rows)


def _ways(series: Sequence[Visit]) -> str:
    return ", ".join(sorted({"snapshot" if each.boot == "snapshot" else "archives" for each in series}))


async def measure_all(rounds: int = ROUNDS, lines: Sequence[str] = LINES) -> Report:
    """Measure in turns."""
    results: dict[Case, list[Visit]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, with_plain_page(Path(folder)) as (server, plain_path):
        async with async_playwright() as playwright, slow_line(server.port, MEGABITS, ROUND_TRIP) as slow_port:
            browsers = Browsers(playwright)
            ports = dict(zip(LINES, (server.port, slow_port), strict=True))
            paths = {"plain": plain_path, "ours": "/"}
            for _, line, kind, name in product(range(rounds), lines, KINDS, paths):
                async with fresh_profile(browsers, kind) as context:
                    moments = iter(VISITS)
                    async for taken in visits(context, name, f"http://127.0.0.1:{ports[line]}{paths[name]}"):
                        results[Case(name, line, kind, next(moments))].append(taken)
            await browsers.close()
    return Report("The page starts", "make bench-boot", [table(line, results) for line in lines])


async def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.boot", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often ({ROUNDS})")
    parser.add_argument("--lines", nargs="+", choices=LINES, default=LINES, help="through what (all)")
    options = parser.parse_args()
    sys.stdout.write(f"{await measure_all(options.rounds, options.lines)}\n")


if __name__ == "__main__":
    asyncio.run(main())
