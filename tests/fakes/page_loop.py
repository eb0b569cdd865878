"""The event loop of one page of the simulated world: its clock is the agenda's, and what runs when, its seed decides.

asyncio's own tasks and futures run on it. The agenda stays the one scheduler: whatever befalls the page `enter`s the
loop, and all that is ready by then runs at once, in the order in which it became ready, unless the page is busy.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from typing import Any, TypeVar

from tests.fakes.agenda import Action, Agenda

BUSY = 0.03
"""The probability that a page does something else before the next task goes on, and events come in between."""
BUSY_SECONDS = (0.0, 0.02)

Result = TypeVar("Result")
Callback = Callable[..., object]
Event = Callable[[], object]


class Handle:
    """A callback that waits for its turn; implements what asyncio uses of `asyncio.Handle`."""

    __slots__ = ("arguments", "callback", "context")

    def __init__(self, callback: Callback | None, arguments: tuple[Any, ...], context: Context | None) -> None:
        self.callback = callback
        self.arguments = arguments
        self.context = context or copy_context()

    def cancel(self) -> None:
        """Do not call back."""
        self.callback = None
        self.arguments = ()


class PageLoop(asyncio.AbstractEventLoop):
    """The event loop of one page, which can be frozen, and ends with it."""

    def __init__(self, agenda: Agenda) -> None:
        self.agenda = agenda
        self.has_ended = False
        self.entered: Action = _nothing
        """Called whenever something has happened to the page, and all was run that comes of it at once."""
        self._chance = agenda.random.random
        self._ready: deque[Handle] = deque()
        self._missed: list[Event] | None = None
        """What happened while it is frozen."""
        self._is_busy = False
        self._failures: list[dict[str, Any]] = []

    # What befalls the page

    def enter(self, action: Event) -> None:
        """Let something happen to the page, and let run what comes of it; a frozen page hears of it later."""
        if self.has_ended:
            return
        if self._missed is not None:
            self._missed.append(action)
            return
        assert asyncio._get_running_loop() is None, "an event of one page happened within another one"
        asyncio._set_running_loop(self)
        try:
            action()
            self._run_ready()
            self.entered()
        finally:
            asyncio._set_running_loop(None)
        if self._failures:
            self._raise_failure()

    @property
    def is_frozen(self) -> bool:
        """Whether nothing runs for now."""
        return self._missed is not None

    def freeze(self) -> None:
        """Let nothing run until `thaw`."""
        if self._missed is None:
            self._missed = []

    def thaw(self) -> None:
        """Let happen what was missed, in its order, and all that comes from now on."""
        if self._missed is not None:
            missed, self._missed = self._missed, None
            for action in missed:
                self.enter(action)

    def end(self) -> None:
        """End for good: no task goes on, whatever it waits for."""
        if self.has_ended:
            return
        self.has_ended = True
        self._ready.clear()
        self._missed = None
        for task in asyncio.all_tasks(self):
            coroutine = task.get_coro()
            assert isinstance(coroutine, Coroutine)
            coroutine.close()  # now, and not whenever its memory is freed

    def arrive(self, future: asyncio.Future[Result], result: Result) -> None:
        """Let what a task of the page waits for be there, unless it waits no longer."""
        self.enter(lambda: None if future.done() else future.set_result(result))

    def fail(self, future: asyncio.Future[Any], error: Exception) -> None:
        """Let what a task of the page waits for fail, unless it waits no longer."""
        self.enter(lambda: None if future.done() else future.set_exception(error))

    def _run_ready(self) -> None:
        ready, chance = self._ready, self._chance
        while ready:
            if chance() < BUSY:
                self._be_busy()
                return
            handle = ready.popleft()
            if handle.callback is not None:
                handle.context.run(handle.callback, *handle.arguments)

    def _be_busy(self) -> None:
        if not self._is_busy:
            self._is_busy = True
            self.agenda.within(*BUSY_SECONDS, lambda: self.enter(self._go_on))

    def _go_on(self) -> None:
        self._is_busy = False

    def _raise_failure(self) -> None:
        failure = self._failures.pop(0)
        error = failure.get("exception")
        raise error if error is not None else AssertionError(failure["message"])

    # What asyncio asks of a loop

    def call_soon(self, callback: Callback, *args: Any, context: Context | None = None) -> Handle:  # type: ignore[override]
        """Call back after all that is ready already."""
        handle = Handle(callback, args, context)
        if not self.has_ended:
            self._ready.append(handle)
        return handle

    def call_later(self, delay: float, callback: Callback, *args: Any, context: Context | None = None) -> Handle:  # type: ignore[override]
        """Call back after some seconds."""
        handle = Handle(callback, args, context)
        self.agenda.after(delay, lambda: self.enter(lambda: self._ready.append(handle)))
        return handle

    def call_at(self, when: float, callback: Callback, *args: Any, context: Context | None = None) -> Handle:  # type: ignore[override]
        """Call back at a moment."""
        return self.call_later(max(0.0, when - self.agenda.now), callback, *args, context=context)

    def time(self) -> float:
        """Return the time of the world."""
        return self.agenda.now

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(  # type: ignore[override]
        self, coro: Coroutine[Any, Any, Result], *, name: str | None = None, **options: Any
    ) -> asyncio.Task[Result]:
        """Run a coroutine in the background."""
        return asyncio.Task(coro, loop=self, name=name, **options)

    def get_debug(self) -> bool:
        """Return that nothing is looked at more closely."""
        return False

    def is_running(self) -> bool:
        """Tell whether the page does something just now."""
        return asyncio._get_running_loop() is self

    def is_closed(self) -> bool:
        """Tell whether the page is gone."""
        return self.has_ended

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what went wrong unseen, for the one who lets the page go on; nothing can, where it has ended."""
        if not self.has_ended:
            self._failures.append(context)


def _nothing() -> None:
    pass
