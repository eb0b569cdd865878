"""Measures how smoothly a reader moves through a hundred thousand messages, both ways, and back to the newest."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.async_api import Page, expect

from bench.link.stage import PAGE_MS, Stage, enter
from bench.report import Table
from e2e.long_history import fill_history

COUNT = 100_000
SECONDS = 8.0
PIXELS_PER_FRAME = 100
"""At 60 frames a second, seven screens a second: as fast as a wheel is turned by somebody who looks for something."""

SCROLL = """
([pixels, seconds]) => new Promise((resolve) => {
    const log = document.querySelector('[data-testid="transcript"]');
    const number = (node) => Number(node.textContent.match(/\\d+/)[0]);
    const texts = log.getElementsByClassName("text");
    const until = performance.now() + seconds * 1000;
    let most = 0;
    let passed = 0;
    let jumps = 0;
    let marked = null;
    window.watch.begin();
    const step = () => {
        most = Math.max(most, texts.length);
        // What stood in the middle after the last step should stand there still.
        if (marked !== null && marked.node.isConnected) {
            if (Math.abs(marked.node.getBoundingClientRect().top - marked.top) > 2) jumps += 1;
        }
        const before = log.scrollTop;
        log.scrollTop = before + pixels;
        passed += Math.abs(log.scrollTop - before);
        if (performance.now() >= until) {
            resolve({ ...window.watch.end(), most, passed, jumps, first: number(texts[0]) });
            return;
        }
        const box = log.getBoundingClientRect();
        const node = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2)?.closest(".message");
        marked = node ? { node, top: node.getBoundingClientRect().top } : null;
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
})
"""


@dataclass(frozen=True)
class Ride:
    """What watch.js and the script above tell of one direction."""

    frames: int
    p99: float
    longest: float
    task: float
    most: int
    """Messages on the page at once."""
    pixels: float
    jumps: int
    """Frames in which what the reader looked at stood elsewhere than it was scrolled to."""
    first: int
    """The number of the first message on the page at the end."""


async def scroll(page: Page, pixels: int) -> Ride:
    """Scroll for some seconds, at `pixels` a frame."""
    told = await page.evaluate(SCROLL, [pixels, SECONDS])
    return Ride(
        told["frames"],
        told["p99"],
        told["frame"],
        told["task"],
        told["most"],
        told["passed"],
        told["jumps"],
        told["first"],
    )


async def measure_scrolling(stage: Stage, _rounds: int) -> dict[str, Ride]:
    """Scroll up and down in a long history."""
    room = stage.room()
    page = await stage.open_ours(f"reader-{room}")
    await fill_history(page, f"reader-{room}", room, COUNT)
    await enter(page, room, "waiting")
    newest = page.get_by_text(f"Message {COUNT} of the history")
    await expect(newest).to_be_in_viewport(timeout=PAGE_MS)
    rides = {"up": await scroll(page, -PIXELS_PER_FRAME), "down": await scroll(page, PIXELS_PER_FRAME)}
    await page.context.close()
    return rides


def scrolling_tables(results: dict[str, dict[str, Ride]]) -> list[Table]:
    """Put the directions one under the other, by browser."""
    rows = [
        (
            f"{kind}, {direction}",
            str(ride.frames),
            f"{ride.p99:.0f}",
            f"{ride.longest:.0f}",
            f"{ride.task:.0f}" if kind == "chromium" else "–",
            f"{ride.pixels:,.0f}",
            str(ride.jumps),
            str(ride.most),
        )
        for kind, of_kind in results.items()
        for direction, ride in of_kind.items()
    ]
    head = ("page", "frames", "p99, ms", "longest, ms", "task, ms", "pixels", "jumps", "messages on the page")
    note = (
        f"{SECONDS:.0f} s at {PIXELS_PER_FRAME} pixels a frame, which waits at the edge of the window where "
        "the next messages are not there yet. Frames of a 60 Hz screen are 16.7 ms apart. A jump is a frame "
        "in which what stood in the middle of the transcript moved by itself."
    )
    return [Table(f"Scrolling through {COUNT:,} messages", head, rows, (note,))]
