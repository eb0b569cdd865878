"""Touches the kernel: makes network namespaces, goes into them, and removes them with all that runs inside."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = "p2pchat"
FOLDER = Path("/run/netns")
OUR_NAME = re.compile(rf"{PREFIX}-(\d+)-\w+")
CLONE_NEWNET = 0x4000_0000
ZOMBIE = "Z"
END_SECONDS = 10.0
"""For processes that were killed to be gone."""

_libc = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """A network of its own: interfaces, addresses, routes, filters and ports that nobody else sees."""

    def __init__(self, name: str) -> None:
        # With the pid in it, runs at the same time do not collide, and those of dead runs are known.
        self.name = f"{PREFIX}-{os.getpid()}-{name}"

    def create(self) -> None:
        """Make it, with nothing in it but a loopback interface."""
        run("ip", "netns", "add", self.name)
        self.write_setting("ipv6/conf/all/disable_ipv6", "1")
        self.configure("link set lo up")

    def configure(self, *commands: str) -> None:
        """Have `ip` carry out commands inside, in one go."""
        run("ip", "-netns", self.name, "-batch", "-", text="\n".join(commands))

    def filter(self, ruleset: str) -> None:
        """Replace all filters by these rules of nftables, in one instant."""
        with self.entered():
            run("nft", "--file", "-", text=f"flush ruleset\n{ruleset}\n")

    def write_setting(self, path: str, value: str) -> None:
        """Write one of the kernel's settings under net/."""
        with self.entered():
            Path("/proc/sys/net", path).write_text(value, encoding="ascii")

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Bring this thread inside: sockets, threads and processes that are made meanwhile stay there."""
        with Path("/proc/thread-self/ns/net").open("rb") as outside, (FOLDER / self.name).open("rb") as inside:
            _enter(inside.fileno())
            try:
                yield
            finally:
                _enter(outside.fileno())

    def remove(self) -> None:
        """Kill what runs inside, and remove it with its interfaces."""
        _remove(self.name)


def remove_leftovers() -> None:
    """Remove the namespaces of runs that have died before they could."""
    for path in FOLDER.glob(f"{PREFIX}-*"):
        found = OUR_NAME.fullmatch(path.name)
        if found is not None and not _lives(found[1]):
            _remove(path.name)


def run(*command: str, text: str = "") -> str:
    """Run a command of ours, which must end well; gives what it prints."""
    process = subprocess.run(command, input=text, capture_output=True, text=True, check=False)  # noqa: S603
    assert process.returncode == 0, f"{' '.join(command)}: {process.stderr}\n{text}"
    return process.stdout


def _lives(pid: str) -> bool:
    """Tell whether a process runs; one that has ended and that nobody has asked about yet does not."""
    try:
        status = Path("/proc", pid, "stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != ZOMBIE


def _enter(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _remove(name: str) -> None:
    deadline = time.monotonic() + END_SECONDS
    while (FOLDER / name).exists() and (pids := run("ip", "netns", "pids", name).split()):
        assert time.monotonic() < deadline, f"{pids} in {name} do not end"
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        time.sleep(0.05)
    if (FOLDER / name).exists():
        run("ip", "netns", "delete", name)
