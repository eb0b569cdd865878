"""Measures how soon the page is ready, beside a page that does nothing but a plain `loadPyodide()`, from one server.

Run as `make bench-boot`. In every round each browser opens both pages in a fresh profile (cold) and once more (warm),
in turns, so that a slow moment of the machine falls on all of them alike.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
from collections import defaultdict
from dataclasses import dataclass
from itertools import product

from playwright.async_api import Page

from bench.report import Report, Table, spread
from bench.surroundings import running
from e2e.browsers import Browsers, Kind
from e2e.server import Server

ROUNDS = 5
KINDS: tuple[Kind, ...] = ("chromium", "firefox")
VISITS = ("cold", "warm")
READY_MS = 60_000
EMPTY_PATH = "/robots.txt"
"""A page of the same origin with nothing in it, where the plain start is made; its own loading is not counted."""
BYTES = """
const bytes = () => [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .reduce((sum, entry) => sum + entry.transferSize, 0);
"""
PLAIN = f"""
async (runtime) => {{
    {BYTES}
    const started = performance.now();
    const {{ loadPyodide }} = await import(`${{runtime}}pyodide.mjs`);
    await loadPyodide({{ indexURL: runtime }});
    return [performance.now() - started, bytes()];
}}
"""
READY = f"""
() => new Promise((resolve) => {{
    {BYTES}
    const root = document.documentElement;
    const look = () => {{ if (root.dataset.app === "ready") resolve([performance.now(), bytes()]); }};
    new MutationObserver(look).observe(root, {{ attributeFilter: ["data-app"] }});
    look();
}})
"""


@dataclass(frozen=True)
class Case:
    """Which page was opened, by what browser, and for which time."""

    page: str
    kind: Kind
    visit: str


@dataclass(frozen=True)
class Visit:
    """What one visit took."""

    ms: float
    """From the beginning of the navigation until `data-app` was "ready"; of the plain start, what it took alone."""
    kib: float
    """That came over the network by then, headers and all."""


async def visit(page: Page, name: str, url: str, runtime: str) -> Visit:
    """Open a page, and wait until Python runs."""
    if name == "ours":
        await page.goto(url)
        ms, size = await page.evaluate(READY)
    else:
        await page.goto(url + EMPTY_PATH)
        ms, size = await page.evaluate(PLAIN, runtime)
    return Visit(ms, size / 1024)


async def measure(browsers: Browsers, kind: Kind, name: str, url: str, runtime: str) -> list[Visit]:
    """Open a page for the first time, and for the second."""
    context = await (await browsers.get(kind)).new_context()
    context.set_default_timeout(READY_MS)
    visits = []
    for _ in VISITS:
        page = await context.new_page()
        visits.append(await visit(page, name, url, runtime))
        await page.close()
    await context.close()
    return visits


async def runtime_of(browsers: Browsers, server: Server) -> str:
    """Find out where the runtime is."""
    page = await (await browsers.get("chromium")).new_page()
    await page.goto(server.url)
    runtime = await page.locator("html").get_attribute("data-pyodide")
    await page.close()
    return str(runtime)


def table(results: dict[Case, list[Visit]]) -> Table:
    """Put the medians side by side, with their ratio."""
    rows = []
    for moment, kind in product(VISITS, KINDS):
        plain, ours = (results[Case(name, kind, moment)] for name in ("plain", "ours"))
        before, after = ([each.ms for each in series] for series in (plain, ours))
        sizes = (f"{statistics.median(each.kib for each in series):,.0f}" for series in (plain, ours))
        ratio = f"{statistics.median(after) / statistics.median(before):.2f}"
        rows.append((f"{moment}, {kind}", spread(before), spread(after), ratio, *sizes))
    head = ("visit", "plain, ms", "ours, ms", "ratio", "plain, KiB", "ours, KiB")
    return Table("Until Python runs: a plain `loadPyodide()`, and the whole page", head, rows)


async def measure_all(rounds: int = ROUNDS) -> Report:
    """Measure in turns."""
    results: dict[Case, list[Visit]] = defaultdict(list)
    async with running() as (server, browsers):
        runtime = await runtime_of(browsers, server)
        for _, kind, name in product(range(rounds), KINDS, ("plain", "ours")):
            visits = await measure(browsers, kind, name, server.url, runtime)
            for moment, taken in zip(VISITS, visits, strict=True):
                results[Case(name, kind, moment)].append(taken)
    return Report("The page starts", "make bench-boot", [table(results)])


async def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.boot", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often ({ROUNDS})")
    sys.stdout.write(f"{await measure_all(parser.parse_args().rounds)}\n")


if __name__ == "__main__":
    asyncio.run(main())
