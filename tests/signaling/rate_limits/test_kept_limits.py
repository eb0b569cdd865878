from __future__ import annotations

import asyncio
import json
import os
import signal
import stat
import time
from pathlib import Path

import pytest
from limits.aio.storage.memory import Entry

from signaling.app import create_app
from signaling.client_addresses import ClientAddress
from signaling.configuration.settings import Settings
from signaling.configuration.values import read_limit
from signaling.rate_limits.address_and_account_quotas import Quotas
from signaling.rate_limits.budgets import Rate
from signaling.rate_limits.kept_limits import MAX_FILE_BYTES, MAX_KEYS, KeptLimits
from signaling.rate_limits.penalties import MOST_SECONDS
from signaling.rate_limits.rate_counters import RateCounters
from signaling.rate_limits.rate_limit import RateLimit
from signaling.site.loading import Site
from tests.signaling.conftest import StartServer
from tests.signaling.quotas import quota_limits
from tests.signaling.running import PASSWORD, PATIENCE

HOUSE = ClientAddress("2001:db8::/64", "2001:db8::/48")
LIMITS = quota_limits(handshakes_by_address=Rate.of(1, 60.0))


class Process:
    """The limits of a process that has just been started."""

    def __init__(self, folder: Path) -> None:
        self.counters = RateCounters()
        self.quotas = Quotas(LIMITS)
        self.kept = KeptLimits(folder / "limits-0.json", self.counters.memory, self.quotas)
        self.kept.load()
        self.failures = RateLimit(self.counters, read_limit("2/10 minutes"), "failed")
        self.known = RateLimit(self.counters, read_limit("1/30 days"), "known", "fixed")

    @property
    def refused_for(self) -> float:
        """For how long the house is refused."""
        return self.quotas.shake_hands(HOUSE, time.monotonic())


async def test_limits_survive_a_restart(tmp_path: Path) -> None:
    """What has failed, who is known and who is refused are the same after it; others start with nothing."""
    before = Process(tmp_path)
    for _ in range(2):
        await before.failures.count("ann", "here")
    await before.known.count("ann", "home")
    for _ in range(70):  # one more than it may be guilty of, and the first, which was none
        before.quotas.shake_hands(HOUSE, time.monotonic())
    seconds = before.refused_for
    before.kept.save()
    after = Process(tmp_path)
    assert await after.failures.is_used_up("ann", "here")
    assert not await after.failures.is_used_up("ann", "elsewhere")
    assert await after.known.is_used_up("ann", "home")
    assert seconds - 5 < after.refused_for <= seconds
    assert stat.S_IMODE((tmp_path / "limits-0.json").stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["limits-0.json"]  # noqa: PTH208 - nothing waits for it


async def test_refusals_go_on_growing(tmp_path: Path) -> None:
    """The next refusal after a restart is as long as it would have been without one; time has passed meanwhile."""
    before = Process(tmp_path)
    for _ in range(70):
        before.quotas.shake_hands(HOUSE, time.monotonic())
    before.kept.save()
    path = tmp_path / "limits-0.json"
    saved = json.loads(path.read_text())
    path.write_text(json.dumps(saved | {"saved_at": saved["saved_at"] - 60}))
    after = Process(tmp_path)
    for _ in range(70):
        after.quotas.shake_hands(HOUSE, time.monotonic())
    assert 10 < after.refused_for <= 20


async def test_limits_are_saved_now_and_then(tmp_path: Path) -> None:
    """A process that is killed has no time for it."""
    process = Process(tmp_path)
    await process.failures.count("ann", "here")
    saving = asyncio.create_task(process.kept.run(0.001))
    async with asyncio.timeout(PATIENCE):
        while not (tmp_path / "limits-0.json").exists():  # noqa: ASYNC110 - nobody tells when a file is there
            await asyncio.sleep(0.001)
    saving.cancel()
    assert Process(tmp_path).counters.memory.events.keys() == process.counters.memory.events.keys()


async def test_server_saves_its_limits_while_it_runs(settings: Settings, site: Site) -> None:
    """And no longer."""
    app = create_app(settings, site)
    async with app.router.lifespan_context(app):
        assert "KeptLimits.run" in running_coroutines()
    assert "KeptLimits.run" not in running_coroutines()


def running_coroutines() -> set[str]:
    """Return what tasks do."""
    return {getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()}


async def test_network_that_is_refused_stays_so(tmp_path: Path) -> None:
    """Its owner has an address for every handshake."""
    before = Process(tmp_path)
    for number in range(300):
        before.quotas.shake_hands(ClientAddress(f"2001:db8:0:{number:x}::/64", HOUSE.network), time.monotonic())
    before.kept.save()
    assert Process(tmp_path).refused_for > 0


@pytest.mark.parametrize(
    "changes",
    [{"seconds": 1e300, "seconds_left": 1e300}, {"seconds_left": 1e300}],
    ids=["endless", "longer than itself"],
)
async def test_refusal_is_never_longer_than_refusals_are(tmp_path: Path, changes: dict[str, float]) -> None:
    """Whatever the file says that another release has written, or a hand."""
    before = Process(tmp_path)
    for _ in range(70):
        before.quotas.shake_hands(HOUSE, time.monotonic())
    before.kept.save()
    path = tmp_path / "limits-0.json"
    saved = json.loads(path.read_text())
    for held in saved["penalties"].values():
        for penalty in held.values():
            penalty.update(changes)
    path.write_text(json.dumps(saved))
    assert 0 < Process(tmp_path).refused_for <= MOST_SECONDS


async def test_expired_limits_are_not_taken_up(tmp_path: Path) -> None:
    """What does not count any more is not in the file, and is not read from an old one."""
    before = Process(tmp_path)
    await before.failures.count("ann", "here")
    before.kept.save()
    path = tmp_path / "limits-0.json"
    saved = json.loads(path.read_text())
    saved["moving"] = {key: [[1.0, 2.0]] for key in saved["moving"]}
    path.write_text(json.dumps(saved))
    after = Process(tmp_path)
    assert after.counters.memory.events == {}


async def test_clock_that_was_ahead_locks_nobody_out(tmp_path: Path) -> None:
    """What was counted in years to come counts as if it were counted now, and for no longer than it should."""
    before = Process(tmp_path)
    for _ in range(2):
        await before.failures.count("ann", "here")
    before.kept.save()
    path = tmp_path / "limits-0.json"
    saved = json.loads(path.read_text())
    ahead = {key: [[at + 1e9, until + 1e9] for at, until in each] for key, each in saved["moving"].items()}
    path.write_text(json.dumps(saved | {"moving": ahead, "saved_at": saved["saved_at"] + 1e9}))
    after = Process(tmp_path)
    [entries] = after.counters.memory.events.values()
    assert await after.failures.is_used_up("ann", "here")
    assert all(entry.expiry <= time.time() + 600 for entry in entries)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"moving": 1}',
        "[" * 100_000,
        '{"moving": {"a": [["x", 1]]}, "fixed": {}, "penalties": {}, "saved_at": 0}',
        '{"moving": {"a": [[NaN, 1e999]]}, "fixed": {}, "penalties": {}, "saved_at": 0}',
        '{"moving": {"a": [[1' + 400 * "0" + ', 1]]}, "fixed": {}, "penalties": {}, "saved_at": 0}',
        '{"moving": {}, "fixed": {"a": [1e999, 1]}, "penalties": {}, "saved_at": 0}',
        '{"moving": {}, "fixed": {}, "penalties": {"addresses": {"a": 1}}, "saved_at": 0}',
        "\udcff",
        MAX_FILE_BYTES * " " + '{"moving": {}, "fixed": {}, "penalties": {}, "saved_at": 0}',
    ],
    ids=[
        "empty",
        "list",
        "null",
        "number",
        "deep",
        "text",
        "not finite",
        "no float",
        "no integer",
        "penalty",
        "not UTF-8",
        "huge",
    ],
)
def test_file_that_is_spoilt_counts_as_none(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    """The server starts all the same, and the log says so; the next save mends it."""
    path = tmp_path / "limits-0.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    process = Process(tmp_path)
    assert "event=limits_not_read" in caplog.text
    assert (process.counters.memory.events, process.refused_for) == ({}, 0.0)
    process.kept.save()
    assert json.loads(path.read_text())["moving"] == {}


def test_file_that_cannot_be_written_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing else comes of it."""
    Process(tmp_path / "nowhere").kept.save()
    assert "event=limits_not_saved" in caplog.text


def test_folder_in_the_place_of_the_file_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """At both ends, and no other file is left."""
    (tmp_path / "limits-0.json").mkdir()
    Process(tmp_path).kept.save()
    assert "event=limits_not_read" in caplog.text
    assert "event=limits_not_saved" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["limits-0.json"]


def test_full_disk_is_not_filled_further(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Of a file that cannot be written to its end, nothing is left; the one before stays."""
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    process = Process(tmp_path)
    process.kept.save()
    process.counters.memory.expirations |= {str(number): time.time() + 3600 for number in range(1000)}
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        process.kept.save()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert "event=limits_not_saved" in caplog.text
    assert os.listdir(tmp_path) == ["limits-0.json"]  # noqa: PTH208 - nothing waits for it
    assert json.loads((tmp_path / "limits-0.json").read_text())["fixed"] == {}


async def test_file_is_bounded(tmp_path: Path) -> None:
    """Of more addresses than there is room for, the latest are kept."""
    process = Process(tmp_path)
    for number in range(MAX_KEYS + 2):
        process.counters.memory.expirations[str(number)] = time.time() + 3600
        process.counters.memory.storage[str(number)] = 1
        process.counters.memory.events[str(number)] = [Entry(3600)]
    process.kept.save()
    saved = json.loads((tmp_path / "limits-0.json").read_text())
    for kind in ("fixed", "moving"):
        assert len(saved[kind]) == MAX_KEYS
        assert str(MAX_KEYS + 1) in saved[kind]


async def test_guesses_are_not_forgiven_by_a_restart(start_server: StartServer) -> None:
    """Who has used up the attempts waits as long as without it."""
    limit = read_limit("2/10 minutes")
    server = start_server(login_failures_limit=limit)
    await server.register("Zoe")
    for _ in range(2):
        await server.post("/api/login", {"username": "Zoe", "password": "wrong horse"})
    server.stop()
    server = start_server(login_failures_limit=limit)
    assert (await server.post("/api/login", {"username": "Zoe", "password": PASSWORD})).status_code == 429
