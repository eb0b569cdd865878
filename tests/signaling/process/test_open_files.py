import asyncio
import os
import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from signaling.errors import DependencyUnavailable
from signaling.monitoring.counters import Counters
from signaling.monitoring.exhausted_files import ExhaustedFiles
from signaling.process.open_files import (
    LEAST_RESERVED,
    check_files,
    files_for_connections,
    most_open_files,
    raise_limit,
    watch_files,
)

PATIENCE = 5.0


@contextmanager
def exhausted() -> Iterator[None]:
    """Open files until there are no more."""
    with ExitStack() as stack:
        while True:
            try:
                descriptor = os.open(os.devnull, os.O_RDONLY)
            except OSError:
                break
            stack.callback(os.close, descriptor)
        yield


def test_some_files_stay_for_other_things(few_files: int) -> None:
    """Connections may have most of what the system allows, and not all."""
    assert files_for_connections() == few_files * 7 // 8


@pytest.mark.parametrize(("files", "left"), [(256, 256 - LEAST_RESERVED), (LEAST_RESERVED, 1)])
def test_what_is_open_anyway_is_never_for_connections(few_files: int, files: int, left: int) -> None:
    """Of few files, the server itself needs more than an eighth."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, max(few_files, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    assert files_for_connections() == left


def test_limit_of_open_files_is_known(few_files: int) -> None:
    """It is the system's."""
    assert most_open_files() == few_files


def test_soft_limit_is_raised_to_hard_one(few_files: int, caplog: pytest.LogCaptureFixture) -> None:
    """What a shell hands over is not what the machine can do; a second time, nothing is left to raise."""
    caplog.set_level("INFO")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    raise_limit()
    raise_limit()
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    assert caplog.messages == [f"event=open_files_raised before={few_files} after={hard}"]


@pytest.mark.usefixtures("few_files")
async def test_server_without_files_is_not_ready(caplog: pytest.LogCaptureFixture) -> None:
    """It says so while it lasts, counts it, and has one line in the log for as long as a minute."""
    counters = Counters()
    await check_files()
    with exhausted():
        with pytest.raises(DependencyUnavailable):
            await check_files()
        watching = asyncio.create_task(watch_files(ExhaustedFiles(counters), 0.001))
        async with asyncio.timeout(PATIENCE):
            while counters.files_exhausted < 3:  # noqa: ASYNC110 - a count has no event
                await asyncio.sleep(0.001)
        watching.cancel()
    await check_files()
    assert sum("event=files_exhausted limit=800" in message for message in caplog.messages) == 1
