"""Tells what memory the tabs of a browser take, by /proc: the share of each process in what it has resident (PSS)."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TAB = re.compile(rb"--type=renderer(?!.*--top-chrome-webui)|-contentproc.*[\0 ]tab[\0 ]*$", re.DOTALL)
"""The command line of a process that pages run in: Chromium's, or Firefox's."""


def tabs(count: int) -> list[float]:
    """Return the MiB of the `count` largest tabs of all browsers that this process has started."""
    sizes = sorted((_mebibytes(pid) for pid in _descendants(os.getpid()) if _is_tab(pid)), reverse=True)
    return sizes[:count]


def _descendants(pid: int) -> Iterator[int]:
    children = defaultdict(list)
    for status in Path("/proc").glob("[0-9]*/status"):
        if found := re.search(r"^PPid:\s+(\d+)", _text(status), re.MULTILINE):
            children[int(found[1])].append(int(status.parent.name))
    found_so_far = [pid]
    for each in found_so_far:
        found_so_far += children[each]
        yield each


def _is_tab(pid: int) -> bool:
    try:
        return TAB.search(Path(f"/proc/{pid}/cmdline").read_bytes()) is not None
    except OSError:
        return False


def _mebibytes(pid: int) -> float:
    found = re.search(r"^Pss:\s+(\d+) kB", _text(Path(f"/proc/{pid}/smaps_rollup")), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""  # it has ended meanwhile
