import math
import os
import sys
import threading

import anyio
import bcrypt
import pytest

from signaling.accounts.passwords import BUSY_RETRY_AFTER, NICENESS, PATIENCE_SECONDS, Passwords
from signaling.errors import RateLimited
from signaling.rate_limits.turn_queue import MAX_WAITING, Share

COST = 5
HASH = "$2b$05$" + "." * 53


class WatchedBcrypt:
    """bcrypt's comparison, counted: what it was called with, and in which threads."""

    def __init__(self) -> None:
        self.hashes: list[bytes] = []
        self.threads: set[int] = set()

    def check(self, password: bytes, hashed: bytes) -> bool:
        """Compare, and remember."""
        self.hashes.append(hashed)
        self.threads.add(threading.get_ident())
        return bcrypt.checkpw(password, hashed)


async def test_password_matches_its_hash_only() -> None:
    """A password has its own hash, and no other password has it."""
    passwords = Passwords(COST)
    hashed = await passwords.hash("pässword")
    assert await passwords.matches("pässword", hashed)
    assert not await passwords.matches("password", hashed)


async def test_hash_is_salted_and_costs_what_is_set() -> None:
    """Two hashes of one password differ, and say their cost."""
    passwords = Passwords(5)
    first, second = [await passwords.hash("password") for _ in range(2)]
    assert first != second
    assert first.startswith("$2b$05$")


@pytest.mark.parametrize("password", ["wrong", "", "x" * 73, "\ud800", "zero\0zero", "-"])
async def test_every_comparison_costs_one_bcrypt(password: str) -> None:
    """An unknown name, a wrong password and one that bcrypt would not take all cost one run, at the same cost."""
    watched = WatchedBcrypt()
    passwords = Passwords(COST, watched.check)
    hashed = await passwords.hash("password")
    assert not await passwords.matches(password, hashed)
    assert not await passwords.matches(password, None)
    assert [entry[:7] for entry in watched.hashes] == [b"$2b$05$"] * 2


async def test_nobody_has_the_hash_of_nobody() -> None:
    """The hash that stands in for an unknown name takes its time, and is the hash of no password."""
    watched = WatchedBcrypt()
    await Passwords(COST, watched.check).matches("password", None)
    [stand_in] = watched.hashes
    assert len(stand_in) == len(bcrypt.hashpw(b"", bcrypt.gensalt(COST)))
    assert not bcrypt.checkpw(b"", stand_in)


async def test_bcrypt_runs_outside_event_loop() -> None:
    """Comparing happens in another thread, and everyone else is served meanwhile."""
    watched = WatchedBcrypt()
    await Passwords(COST, watched.check).matches("password", None)
    assert threading.get_ident() not in watched.threads


class HeldBcrypt:
    """A comparison that takes as long as the test wants, and notes what it compared."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.compared: list[bytes] = []

    def check(self, password: bytes, _hashed: bytes) -> bool:
        """Note it, and wait."""
        self.compared.append(password)
        self.free.wait()
        return False


def share(address: str) -> Share:
    """Return the share of an address."""
    return "stranger", address, address


async def until_waiting(passwords: Passwords, number: int) -> None:
    """Return when `number` wait for a turn."""
    while len(passwords._queue._waiting) < number:
        await anyio.lowlevel.checkpoint()


async def test_turns_are_fair() -> None:
    """Three addresses with 40 logins each do not keep a fourth waiting: it comes after one of each."""
    held = HeldBcrypt()
    passwords = Passwords(COST, held.check, places=1, patience=math.inf)

    async def log_in(address: str) -> None:
        async with passwords.turn(share(address)):
            await passwords.matches(address, HASH)

    async with anyio.create_task_group() as tasks:
        for _ in range(40):
            for address in ("a", "b", "c"):
                tasks.start_soon(log_in, address)
        await until_waiting(passwords, 119)
        tasks.start_soon(log_in, "d")
        await until_waiting(passwords, 120)
        held.free.set()
    assert held.compared[:4] == [b"a", b"b", b"c", b"d"]
    assert [held.compared.count(address) for address in (b"a", b"b", b"c")] == [40, 40, 40]


async def test_nobody_waits_longer_than_patience() -> None:
    """Whose turn does not come in time is told to come later, and is out of the queue."""
    passwords = Passwords(COST, places=1, patience=0.01)
    assert PATIENCE_SECONDS == 5
    async with passwords.turn(share("a")):
        with pytest.raises(RateLimited) as caught:
            async with passwords.turn(share("b")):
                raise AssertionError
        assert caught.value.retry_after == BUSY_RETRY_AFTER
    async with passwords.turn(share("b")):
        assert passwords._queue._waiting == []


async def test_turn_outlasts_patience() -> None:
    """Patience is for waiting: a turn that has come may take as long as it takes."""
    passwords = Passwords(COST, places=1, patience=0.0)
    async with passwords.turn(share("a")):
        await anyio.sleep(0.01)


async def test_waiting_is_bounded() -> None:
    """When too many wait for their turn, the next is told to come later at once."""
    passwords = Passwords(COST, places=1, patience=math.inf)
    done = anyio.Event()

    async def take_turn(address: str) -> None:
        async with passwords.turn(share(address)):
            await done.wait()

    async with anyio.create_task_group() as tasks:
        for number in range(1 + MAX_WAITING):
            tasks.start_soon(take_turn, str(number))
        await until_waiting(passwords, MAX_WAITING)
        with pytest.raises(RateLimited):
            async with passwords.turn(share("one more")):
                raise AssertionError
        done.set()


@pytest.mark.parametrize("waiting", [True, False])
async def test_cancelled_turn_is_passed_on(waiting: bool) -> None:  # noqa: FBT001 - a case
    """A task that is cancelled, while waiting or in its turn, leaves nothing behind that others would wait for."""
    passwords = Passwords(COST, places=1, patience=math.inf)

    async def take_turn() -> None:
        async with passwords.turn(share("a")):
            await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        for _ in range(1 + waiting):
            tasks.start_soon(take_turn)
        await until_waiting(passwords, int(waiting))
        await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()
    async with passwords.turn(share("b")):
        assert passwords._answered.keys() == passwords._queue._served


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priority of their own")
async def test_bcrypt_comes_after_everything_else() -> None:
    """The system runs its threads after the event loop."""

    def priority(_password: bytes, _hashed: bytes) -> bool:
        priorities.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return True

    priorities: list[int] = []
    assert await Passwords(COST, priority).matches("password", HASH)
    assert priorities == [min(19, os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) + NICENESS)]
