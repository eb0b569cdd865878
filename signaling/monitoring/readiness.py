"""Awaits what the server depends on, and says whether it can serve a request now."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from signaling.errors import DependencyUnavailable
from signaling.monitoring.logs import LOGGER, log

CHECK_SECONDS = 2.0
"""For a dependency to answer: less than any prober waits."""
OK = "ok"

Check = Callable[[], Awaitable[None]]
"""Returns where a dependency answers, and raises a DependencyUnavailable where it does not."""


class Readiness:
    """The checks of a server, by the names of its dependencies.

    However many ask, each dependency is asked once at a time: an answer is shared by those who wait for it.
    """

    def __init__(self, checks: Mapping[str, Check], seconds: float = CHECK_SECONDS) -> None:
        self._checks = checks
        self._seconds = seconds
        self._look: asyncio.Task[dict[str, str]] | None = None
        self.is_stopping = False

    def stop(self) -> None:
        """The server stops: from now on it is not ready, whatever its dependencies say."""
        self.is_stopping = True

    async def dependencies(self) -> dict[str, str]:
        """Return `ok`, or a phrase that a stranger may read, for each dependency."""
        if self._look is None or self._look.done():
            self._look = asyncio.create_task(self._look_at_all())
        # A caller that stops waiting for the answer must not take it from the others.
        return await asyncio.shield(self._look)

    async def _look_at_all(self) -> dict[str, str]:
        states = await asyncio.gather(*(self._state(name, check) for name, check in self._checks.items()))
        return dict(zip(self._checks, states, strict=True))

    async def _state(self, name: str, check: Check) -> str:
        """Ask one dependency. What it says itself is for the log: it may name hosts and people."""
        try:
            async with asyncio.timeout(self._seconds):
                await check()
        except TimeoutError:
            reason, seconds = "no answer", self._seconds
            log("not_ready", level=logging.WARNING, source=name, dependency=name, reason=reason, seconds=seconds)
            return f"does not answer within {self._seconds:g} s"
        except DependencyUnavailable as error:
            log("not_ready", level=logging.WARNING, source=name, dependency=name, reason=error.reason)
            return "cannot be used"
        except Exception:  # noqa: BLE001 - it is logged, and a check that fails is no reason to fail others
            LOGGER.exception("The check of %s failed", name)
            return "cannot be checked"
        return OK
