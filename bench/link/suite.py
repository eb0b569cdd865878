"""Runs the parts of the benchmark in both browsers, and puts what they say into one report."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench.link.burst import burst_tables, measure_burst
from bench.link.chat import chat_tables, measure_chat
from bench.link.reconnects import RECONNECTS, measure_reconnects, reconnects_tables
from bench.link.scrolling import measure_scrolling, scrolling_tables
from bench.link.stage import KINDS, PINS, Stage, staged
from bench.link.talk import measure_talk, talk_tables
from bench.report import Report, Table
from bundle.npm import versions

ROUNDS = 3

Measure = Callable[[Stage, int], Awaitable[Any]]
Tables = Callable[[dict[str, Any]], list[Table]]
PARTS: dict[str, tuple[Measure, Tables]] = {
    "talk": (measure_talk, talk_tables),
    "burst": (measure_burst, burst_tables),
    "scrolling": (measure_scrolling, scrolling_tables),
    "chat": (measure_chat, chat_tables),
    "reconnects": (measure_reconnects, reconnects_tables),
}
"""By name: what measures it in one kind of browser, and what puts the kinds side by side."""


async def measure_all(
    rounds: int = ROUNDS,
    parts: Sequence[str] = tuple(PARTS),
    kinds: Sequence[Any] = KINDS,
    *,
    reconnects: int = RECONNECTS,
) -> Report:
    """Measure the parts that are asked for, one kind of browser after the other."""
    measures = {part: measure for part, (measure, _) in PARTS.items()}
    measures["reconnects"] = partial(measure_reconnects, reconnects=reconnects)
    results: dict[str, dict[str, Any]] = {part: {} for part in parts}
    browsers = []
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            async with staged(kind, Path(folder)) as stage:
                for part in parts:
                    results[part][kind] = await measures[part](stage, rounds)
                browsers.append(stage.version)
    tables = [table for part in parts for table in PARTS[part][1](results[part])]
    return Report(
        "The conversation moves",
        "make bench-link",
        tables,
        [*browsers, *versions(PINS, "peerjs", "simple-peer", "peer")],
    )
