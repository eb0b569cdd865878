"""Owns what runs in the background: sees each task fail, and ends them all together."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

Failed = Callable[[BaseException], None]

_EAGER: dict[str, Any] = {} if sys.version_info < (3, 12) else {"eager_start": True}


class Tasks:
    """A set of background tasks; a failure of one is told to its owner, once."""

    def __init__(self, failed: Failed) -> None:
        self._failed = failed
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine in the background."""
        return self._keep(asyncio.ensure_future(coroutine))

    def begin(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine up to its first pause at once, and on in the background; a page may be drawn before that.

        Before Python 3.12, which is in no browser, it is the same as `spawn`.
        """
        return self._keep(asyncio.Task(coroutine, loop=asyncio.get_running_loop(), **_EAGER))

    def cancel_all(self) -> None:
        """End everything that still runs."""
        for task in self._tasks:
            task.cancel()

    def _keep(self, task: asyncio.Task[None]) -> asyncio.Task[None]:
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(error)
