"""Holds the lock by which one tab, of all that show a person's list, keeps the rooms of it open."""

from __future__ import annotations

from collections.abc import Callable

from client_py.drivers.tasks import Tasks
from client_py.ports.disposal import Dispose
from client_py.ports.storage import Locks, StorageFailed

LIST_LOCK = "p2pchat.list:"
"""What is held, with whose list it is after it."""
LIST_PATIENCE_SECONDS = 1.0
"""After a reload, the page before may hold the lock for a moment."""


def _hold_nothing() -> None:
    """Let go of no lock."""


class ListLock:
    """Whether this tab is the one; `held` is told when it has become so."""

    def __init__(self, locks: Locks, tasks: Tasks, held: Callable[[], None], warn: Callable[[str], None]) -> None:
        self._locks = locks
        self._tasks = tasks
        self._held = held
        self._warn = warn
        self._let_go: Dispose = _hold_nothing
        self.holder = ""
        """Whose list this tab keeps the rooms of open, where it is the one that does."""

    def claim(self, username: str, is_wanted: Callable[[], bool]) -> None:
        """Ask for the lock of a list, unless another tab has it: who wants it asks again."""
        self._tasks.spawn(self._claim(username, is_wanted))

    def let_go(self) -> None:
        """Leave it to another tab."""
        self._let_go()
        self.holder, self._let_go = "", _hold_nothing

    async def _claim(self, username: str, is_wanted: Callable[[], bool]) -> None:
        let_go: Dispose | None = _hold_nothing  # without locks, no tab knows of the others, and each has them open
        if self._locks.supported:
            try:
                let_go = await self._locks.claim(LIST_LOCK + username, LIST_PATIENCE_SECONDS)
            except StorageFailed as error:
                self._warn(f"Other tabs cannot be told from this one: {error}")
        if let_go is None:
            return
        if not is_wanted() or self.holder == username:
            let_go()
            return
        self.let_go()
        self.holder, self._let_go = username, let_go
        self._held()
