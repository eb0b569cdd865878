"""Waits for a server that a test has started, whichever it is."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

START_SECONDS = 30


def wait_until_it_answers(process: subprocess.Popen[bytes], answers: Callable[[], bool], log: Path) -> None:
    """Ask until it answers; an AssertionError with its log if it has ended, or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while not answers():
        assert process.poll() is None, f"it ended at once:\n{log.read_text()}"
        assert time.monotonic() < deadline, f"it does not answer:\n{log.read_text()}"
