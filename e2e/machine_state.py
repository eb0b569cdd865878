"""Tells how much of the machine is left, for the reader of a test in which a page crashed."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from pathlib import Path

MIB = 1 << 20
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - nothing is written there
KERNEL_MEMORY = Path("/proc/meminfo")


def describe_machine() -> str:
    """Return a line on memory, room for shared memory and for files, load, processes, and open files of a process."""
    parts = [f"load {os.getloadavg()[0]:.1f}", *_memory()]
    parts += [f"{_free(folder)} MiB free in {folder}" for folder in _folders()]
    parts += [f"{sum(1 for _ in Path('/proc').glob('[0-9]*/task/*'))} threads"] if KERNEL_MEMORY.exists() else []
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return ", ".join([*parts, f"{soft} of {hard} files to be opened"])


def has_shared_memory(least: int) -> bool:
    """Return whether so many bytes are free where shared memory is made by default."""
    return SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free >= least


def _folders() -> list[Path]:
    return [folder for folder in (SHARED_MEMORY, Path(tempfile.gettempdir())) if folder.is_dir()]


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free // MIB


def _memory() -> list[str]:
    if not KERNEL_MEMORY.exists():
        return []
    lines = KERNEL_MEMORY.read_text(encoding="ascii").splitlines()
    return [" ".join(line.split()) for line in lines if line.startswith(("MemTotal", "MemAvailable"))]
