"""Awaits worker processes: several servers share one address, and one that ends is started again.

The first is started alone, so that what only one of them can do (bringing a database up to date, making a secret) is
done when the others come, and so that a reason not to start is told once. Each holds the reading side of a pipe, its
standard input: when this process is gone, however it went, the pipe ends, and so do they.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from signaling.errors import WorkersUnusable
from signaling.monitoring.logs import WARNING, log
from signaling.process.serving import stop_signals, take_stop_signals
from signaling.process.worker_folder import worker_folder

RESTART_SECONDS = 1.0
"""Between the end of a worker and the start of the next, which may end for the same reason."""
READY = "ready"


def check_system() -> None:
    """Raise WorkersUnusable where processes cannot share a listening socket in this way."""
    if os.name == "nt":
        raise WorkersUnusable("this system has no sockets that several processes accept from")


def run(
    count: int,
    sockets: Sequence[socket.socket],
    environment: Mapping[str, str],
    ready: Callable[[], None],
    *,
    reloads: bool = False,
) -> int:
    """Have `count` workers serve until a signal to stop; give the exit code, the first worker's if it cannot start.

    With `reloads`, they have something to read again at SIGHUP.
    """
    with contextlib.ExitStack() as stack:
        for listener in sockets:
            stack.enter_context(listener)
        folder = stack.enter_context(worker_folder())
        return asyncio.run(Workers(sockets, environment, folder, reloads=reloads).run(count, ready))


def say_ready() -> None:
    """Tell the process that has started this worker that it serves."""
    print(READY, flush=True)  # noqa: T201 - standard output is the way to that process


class Workers:
    """The workers on some listening sockets."""

    def __init__(
        self, sockets: Sequence[socket.socket], environment: Mapping[str, str], folder: Path, *, reloads: bool
    ) -> None:
        self._sockets = sockets
        self._descriptors = [listener.fileno() for listener in sockets]
        self._environment = environment
        self._folder = folder
        self._reloads = reloads
        self._running: set[Process] = set()
        self._stopped = asyncio.Event()

    async def run(self, count: int, ready: Callable[[], None]) -> int:
        """Keep workers running until a signal comes, and then until they have ended."""
        loop = asyncio.get_running_loop()
        for number in stop_signals():
            loop.add_signal_handler(number, self._stop)
        if self._reloads:
            loop.add_signal_handler(signal.SIGHUP, self._reload)
        first = await self._start(0)
        if not await _is_ready(first):
            code = await first.wait()
            return 0 if self._stopped.is_set() else code
        ready()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep(first, 0))
            for place in range(1, count):
                if not self._stopped.is_set():
                    group.create_task(self._keep(await self._start(place), place))
        # What is left is to remove their folder.
        take_stop_signals(loop, signal.SIG_IGN)
        return 0

    def _reload(self) -> None:
        """Have every worker read again what has changed."""
        for worker in self._running:
            with contextlib.suppress(ProcessLookupError):
                worker.send_signal(signal.SIGHUP)

    def _stop(self) -> None:
        """Have every worker stop; a second time, without waiting for anyone."""
        self._stopped.set()
        # As long as they are open here, the system goes on to take connections for workers that have closed theirs.
        for listener in self._sockets:
            listener.close()
        for worker in self._running:
            with contextlib.suppress(ProcessLookupError):
                worker.terminate()

    async def _keep(self, worker: Process, number: int) -> None:
        """Wait for a worker's end, and start another of its number, for as long as the server should run."""
        while True:
            code = await worker.wait()
            self._running.discard(worker)
            if self._stopped.is_set():
                return
            log("worker_ended", level=WARNING, process=worker.pid, number=number, code=code)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), RESTART_SECONDS)
                return
            worker = await self._start(number)

    async def _start(self, number: int) -> Process:
        options = [f"--socket={descriptor}" for descriptor in self._descriptors]
        options += [f"--number={number}", f"--folder={self._folder}"]
        with _keeping_hang_up() if self._reloads else contextlib.nullcontext():
            worker = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # whatever lies in the working directory is not ours
                "-m",
                "signaling",
                "worker",
                *options,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=self._descriptors,
                process_group=0,  # Ctrl-C is for this process, which tells them
            )
        self._running.add(worker)
        log("worker_started", process=worker.pid, number=number)
        if self._stopped.is_set():
            worker.terminate()
        return worker


@contextlib.contextmanager
def _keeping_hang_up() -> Iterator[None]:
    """Have a process that is started here keep SIGHUP until it can take it (serving.py): it would be its end."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})


async def _is_ready(worker: Process) -> bool:
    assert worker.stdout is not None  # noqa: S101 - it is a pipe
    return (await worker.stdout.readline()).decode().rstrip() == READY
