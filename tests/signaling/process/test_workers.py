"""Workers in processes of their own, with a certificate that changes while they start and while they serve."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.project import ROOT
from tests.signaling.certificates import Files, certificate_files
from tests.signaling.running import PATIENCE

COUNT = 2
PROGRAM = f"""
import os
from signaling.monitoring import logs
from signaling.process import workers
from signaling.process.serving import listen
logs.configure("info", "text")
sockets = listen("127.0.0.1", 0)
ready = lambda: print(sockets[0].getsockname()[1], flush=True)
raise SystemExit(workers.run({COUNT}, sockets, dict(os.environ), ready, reloads=True))
"""


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """The certificate to begin with."""
    return certificate_files(tmp_path)


@contextlib.contextmanager
def supervising(folder: Path, files: Files) -> Iterator[subprocess.Popen[str]]:
    """Run workers without a Redis, which have no need of one another here."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("P2PCHAT_")}
    settings = {
        "P2PCHAT_DATA_DIR": str(folder / "data"),
        "P2PCHAT_BCRYPT_COST": "4",
        "P2PCHAT_SSL_CERTFILE": str(files.certfile),
        "P2PCHAT_SSL_KEYFILE": str(files.keyfile),
        "PYTHONPATH": str(ROOT),
    }
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM],
        env=inherited | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate()


def wait_for(process: subprocess.Popen[str], event: str, times: int = 1) -> None:
    """Read the log until it has told something as often as that."""
    assert process.stderr is not None
    for line in process.stderr:
        times -= event in line
        if times == 0:
            return
    raise AssertionError(f"{event} was not told: the process has ended")


def port_of(process: subprocess.Popen[str]) -> int:
    """Wait for the first worker to serve."""
    assert process.stdout is not None
    return int(process.stdout.readline())


def is_believed(port: int, files: Files) -> bool:
    """Whether a client that believes in these files is answered, by whichever worker takes the connection."""
    try:
        return httpx.get(f"https://127.0.0.1:{port}/healthz", verify=files.trusting, trust_env=False).is_success
    except httpx.ConnectError:
        return False


def test_every_worker_reads_a_new_certificate(tmp_path: Path, files: Files) -> None:
    """One SIGHUP to the process that has started them is for all of them, and ends none."""
    with supervising(tmp_path, files) as process:
        port = port_of(process)
        assert is_believed(port, files)
        new = certificate_files(tmp_path)
        process.send_signal(signal.SIGHUP)
        wait_for(process, "event=certificate_reloaded", COUNT)
        assert all(is_believed(port, new) for _ in range(4 * COUNT))


def test_worker_that_starts_keeps_sighup(tmp_path: Path, files: Files) -> None:
    """Before it can take the signal, it would be its end: a renewal may come at any moment."""
    with supervising(tmp_path, files) as process:
        wait_for(process, "event=worker_started")
        new = certificate_files(tmp_path)
        process.send_signal(signal.SIGHUP)
        port = port_of(process)
        deadline = time.monotonic() + PATIENCE
        while not is_believed(port, new):
            assert time.monotonic() < deadline


def test_signals_without_end_are_no_failure(tmp_path: Path, files: Files) -> None:
    """Neither the workers nor the process that has started them is ended by one that comes in the last moment."""
    with supervising(tmp_path, files) as process:
        port_of(process)
        while process.poll() is None:
            process.send_signal(signal.SIGTERM)
            time.sleep(0.002)
        assert process.stderr is not None
        errors = process.stderr.read()
    assert (process.returncode, errors.count("Traceback"), errors.count("event=worker_ended")) == (0, 0, 0)
