"""What a browser of the simulated world keeps when its pages end: rows, names that are held, and wishes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from client_py.drivers.memory_database import MemoryDatabase
from client_py.ports.storage import Append, Change, Key
from tests.fakes.agenda import Action, Agenda, Pipe
from tests.fakes.ports import FakeStore

Result = TypeVar("Result")
Written = Callable[[Key, str], None]
"""Told the key and the value of each new message that is safe."""


class Profile:
    """What a browser keeps for all its pages, whatever becomes of them: rows, names that are held, and wishes."""

    def __init__(self, agenda: Agenda, storing: float, written: Written) -> None:
        self.clock_error = 0.0
        """By how many seconds the clock of this machine is ahead."""
        self.agenda = agenda
        self.store = FakeStore()
        self.transactions = Pipe(agenda, 0.0, storing)
        """One after the other, whichever page asks for them."""
        self.claims: dict[str, deque[Claim]] = {}
        """Who wants to hold a name, in the order of asking; the first one does."""
        self.ending: list[Action] = []
        """Let go of what pages held that were closed, which each of them does by itself in a moment."""
        self._rows = MemoryDatabase()
        self._written = written

    def write(self, changes: Sequence[Change]) -> Sequence[Key | None]:
        """Make all changes at once."""
        appended = [change for change in changes if isinstance(change, Append)]
        if not appended:
            return at_once(self._rows.write(changes))
        known = dict(zip(appended, at_once(self._rows.get([change.index for change in appended])), strict=True))
        keys = at_once(self._rows.write(changes))
        for change, key in zip(changes, keys, strict=True):
            if isinstance(change, Append) and key is not None and known[change] is None:
                self._written(key, change.value)
        return keys

    def get(self, keys: Sequence[Key]) -> Sequence[str | None]:
        """Return values."""
        return at_once(self._rows.get(keys))

    def read(self, prefix: Key, **limits: Any) -> Sequence[tuple[Key, str]]:
        """Return rows."""
        return at_once(self._rows.read(prefix, **limits))


class Claim:
    """The wish of a page to hold a name, until it lets go; `granted` is called if it comes to hold it only later."""

    def __init__(self, profile: Profile, name: str, granted: Action) -> None:
        self._waiting = profile.claims.setdefault(name, deque())
        self._granted = granted
        self._waiting.append(self)

    @property
    def is_held(self) -> bool:
        """Whether the page holds the name."""
        return bool(self._waiting) and self._waiting[0] is self

    def release(self) -> None:
        """Let go of the name, or of the wish for it; twice does no harm."""
        if self in self._waiting:
            was_held = self.is_held
            self._waiting.remove(self)
            if was_held and self._waiting:
                self._waiting[0]._granted()


def at_once(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run what awaits nothing that takes time."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    raise AssertionError("it waits for something")
