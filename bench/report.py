"""Writes down what a benchmark has measured: in Markdown that reads well on a terminal too."""

from __future__ import annotations

import math
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LEAST_WIDTH = 3
"""Markdown's rule below the head takes at least three characters."""


@dataclass(frozen=True)
class Table:
    """Figures side by side; the first column says of what they are."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def __str__(self) -> str:
        widths = [max(LEAST_WIDTH, *map(len, column)) for column in zip(self.head, *self.rows, strict=True)]
        rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
        lines = [_line(cells, widths) for cells in (self.head, rule, *self.rows)]
        return "\n".join([f"**{self.caption}**", "", *lines, *(f"\n{note}" for note in self.notes)])


@dataclass(frozen=True)
class Report:
    """What one benchmark says: how to measure it again, in what versions, and its tables."""

    title: str
    command: str
    tables: Sequence[Table]
    versions: Sequence[str] = ()
    """Of everything that was measured, beside Python: "Chromium 156.0.8078.73"."""

    def __str__(self) -> str:
        head = f"## {self.title}\n\nMeasure again with `{self.command}`."
        versions = f" Versions: {', '.join(self.versions)}." if self.versions else ""
        return "\n\n".join([head + versions, *map(str, self.tables)])


def machine() -> str:
    """Say on what was measured."""
    names = [line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cpu = f"{os.cpu_count()} cores ({names[0] if names else platform.processor() or platform.machine()})"
    return f"{cpu}, {memory:.0f} GiB, {platform.system()} {platform.release()}, Python {platform.python_version()}"


def spread(figures: Sequence[float], digits: int = 0) -> str:
    """Return the median with the least and the most, as in "12 (11 to 15)"."""
    shown = (statistics.median(figures), min(figures), max(figures))
    return "{} ({} to {})".format(*(f"{figure:,.{digits}f}" for figure in shown))


def percentile(figures: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile."""
    return sorted(figures)[math.ceil(percent / 100 * len(figures)) - 1]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    padded = [f"{first[0]:<{first[1]}}", *(f"{cell:>{width}}" for cell, width in others)]
    return f"| {' | '.join(padded)} |"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
