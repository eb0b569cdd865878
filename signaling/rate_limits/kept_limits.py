"""Touches the file by which limits survive a restart of their process: read at the start, written now and then.

It holds what somebody could otherwise be rid of by having the server restarted: failed logins, registrations, addresses
where a name has logged in, and for how long addresses are refused. What refills within a minute starts afresh.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from signaling.monitoring.logs import log
from signaling.rate_limits.address_and_account_quotas import Quotas
from signaling.rate_limits.penalties import MOST_SECONDS, KeptPenalty
from signaling.rate_limits.rate_counters import Counted, ProcessMemory

SAVE_SECONDS = 30.0
"""What a process that is killed forgets is younger than that."""
MAX_KEYS = 20_000
"""Of each kind, the latest: some megabytes. Someone with more addresses than that is not stopped by limits on them."""
MAX_FILE_BYTES = 64 * 2**20
"""Far more than that becomes. A file that something else has filled must not fill our memory too."""

Value = TypeVar("Value")


class KeptLimits:
    """The limits of one process, and their file. One that cannot be used is told in the log, and done without."""

    def __init__(self, path: Path, memory: ProcessMemory, quotas: Quotas) -> None:
        self._path = path
        self._memory = memory
        self._quotas = quotas

    def load(self) -> None:
        """Count what was counted before, if there is a file. What cannot be read of it counts as nothing."""
        try:
            _restore(json.loads(_text(self._path)), self._memory, self._quotas)
        except FileNotFoundError:
            return
        except (OSError, ValueError, TypeError, ArithmeticError, KeyError, AttributeError, RecursionError) as error:
            log("limits_not_read", level=logging.WARNING, path=str(self._path), reason=type(error).__name__)

    async def run(self, seconds: float = SAVE_SECONDS) -> None:
        """Save now and then, for ever."""
        while True:
            await asyncio.sleep(seconds)
            await asyncio.to_thread(self._write, self._snapshot())

    def save(self) -> None:
        """Save what counts now: the server stops."""
        self._write(self._snapshot())

    def _snapshot(self) -> dict[str, Any]:
        counted, now = self._memory.counted(), time.time()
        penalties = self._quotas.penalties(time.monotonic())
        return {
            "moving": _latest(counted.moving.items()),
            "fixed": _latest(counted.fixed.items()),
            "penalties": {
                kind: _latest((name, asdict(penalty)) for name, penalty in held.items())
                for kind, held in penalties.items()
            },
            "saved_at": now,
        }

    def _write(self, snapshot: dict[str, Any]) -> None:
        """Replace the file as a whole; it is its owner's alone, since addresses and names are in it."""
        try:
            # Its mode is 0600.
            descriptor, name = tempfile.mkstemp(prefix=f".{self._path.name}-", dir=self._path.parent)
            scratch = Path(name)
            try:
                # What a full disk leaves of it goes too, or each try would leave some more.
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    json.dump(snapshot, file)
                scratch.replace(self._path)
            finally:
                scratch.unlink(missing_ok=True)
        except OSError as error:
            log("limits_not_saved", level=logging.WARNING, path=str(self._path), reason=error.strerror)


def _latest(items: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    known = list(items)
    return dict(islice(known, max(0, len(known) - MAX_KEYS), None))


def _text(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        text = file.read(MAX_FILE_BYTES)
        if file.read(1):
            raise ValueError(path)
    return text


def _restore(saved: Any, memory: ProcessMemory, quotas: Quotas) -> None:
    now = time.time()
    moving = {str(key): [_counted(now, *each) for each in entries] for key, entries in saved["moving"].items()}
    fixed = {str(key): (int(count), _number(until)) for key, (count, until) in saved["fixed"].items()}
    passed = max(0.0, now - _number(saved["saved_at"]))
    penalties = {
        kind: {name: _penalty(kept, passed) for name, kept in held.items()} for kind, held in saved["penalties"].items()
    }
    memory.restore(Counted(moving, fixed))
    quotas.restore(penalties, time.monotonic())


def _counted(now: float, counted_at: Any, expires_at: Any) -> tuple[float, float]:
    """Return when something was counted, and until when: no later than now, where the clock has been set back since.

    A clock that was years ahead for a moment would lock people out until then.
    """
    ahead = max(0.0, _number(counted_at) - now)
    return _number(counted_at) - ahead, _number(expires_at) - ahead


def _penalty(kept: Any, passed: float) -> KeptPenalty:
    seconds = min(_number(kept["seconds"]), MOST_SECONDS)
    return KeptPenalty(seconds, min(_number(kept["seconds_left"]) - passed, seconds))


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number
