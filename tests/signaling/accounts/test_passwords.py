import math
import os
import sys
import threading

import anyio
import bcrypt
import pytest

from signaling.accounts.passwords import (
    BUSY_RETRY_AFTER,
    HIGHEST_COST,
    NICENESS,
    PATIENCE_SECONDS,
    Comparison,
    Passwords,
)
from signaling.configuration.settings import Settings
from signaling.errors import InvalidSetting, RateLimited
from signaling.rate_limits.fair_queue import MAX_WAITING, Share

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
    assert await passwords.compare("pässword", hashed) is Comparison.RIGHT
    assert await passwords.compare("password", hashed) is Comparison.WRONG


async def test_password_is_the_same_however_it_is_typed() -> None:
    """A letter and its accent are one character or two, and a space is one of many, by the keyboard."""
    passwords = Passwords(COST)
    hashed = await passwords.hash("cafe\u0301 au\u00a0lait")
    for typed in ("café au lait", "cafe\u0301 au lait", "café\u3000au\u2003lait"):
        assert await passwords.compare(typed, hashed) is Comparison.RIGHT
    assert await passwords.compare("cafe au lait", hashed) is Comparison.WRONG


async def test_hash_of_password_as_it_was_typed_still_works() -> None:
    """Releases before hashed what they were given; who types the same gets in, and has an outdated hash."""
    typed = "cafe\u0301 au\u00a0lait"
    hashed = bcrypt.hashpw(typed.encode(), bcrypt.gensalt(COST)).decode()
    assert await Passwords(COST).compare(typed, hashed) is Comparison.OUTDATED


@pytest.mark.parametrize("cost", [COST - 1, COST + 1])
async def test_hash_of_another_cost_is_outdated(cost: int) -> None:
    """It is right, and is to be replaced, whichever way the setting was changed."""
    hashed = await Passwords(cost).hash("password")
    assert await Passwords(COST).compare("password", hashed) is Comparison.OUTDATED


def work(hashes: list[bytes]) -> int:
    """Return how much comparing with these costs."""
    return sum(2 ** int(hashed[4:6]) for hashed in hashes)


@pytest.mark.parametrize("typed", ["wrong", "cafe\u0301", "\u00a0" + "x" * 72, "\ud800\u00a0"])
@pytest.mark.parametrize("cost", [4, 5, 6, 7, None])
async def test_every_failure_costs_the_same(typed: str, cost: int | None) -> None:
    """Whatever hash an account has, or none: as much as the costliest that there is, for each form of the password."""
    watched = WatchedBcrypt()
    passwords = Passwords(COST, watched.check)
    passwords.expect(["$2b$07$", "$2b$04$", "not of bcrypt"])
    hashed = None if cost is None else await Passwords(cost).hash("password")
    assert await passwords.compare(typed, hashed) is Comparison.WRONG
    assert work(watched.hashes) == 2**7 * (1 if typed == "wrong" else 2)


async def test_costlier_hash_is_learned_when_it_is_seen() -> None:
    """One that another program has stored meanwhile makes all failures cost more from then on."""
    watched = WatchedBcrypt()
    passwords = Passwords(COST, watched.check)
    await passwords.compare("wrong", await Passwords(6).hash("password"))
    await passwords.compare("wrong", None)
    assert work(watched.hashes) == 2 * 2**6


async def test_nobody_pays_for_a_cost_that_cannot_be_set() -> None:
    """A hash that takes hours must not have everyone wait for hours."""
    watched = WatchedBcrypt()
    passwords = Passwords(COST, watched.check)
    passwords.expect([f"$2b${HIGHEST_COST + 1}$"])
    await passwords.compare("wrong", None)
    assert work(watched.hashes) == 2**COST
    assert Settings.read({"P2PCHAT_BCRYPT_COST": str(HIGHEST_COST)}).bcrypt_cost == HIGHEST_COST
    with pytest.raises(InvalidSetting):
        Settings.read({"P2PCHAT_BCRYPT_COST": str(HIGHEST_COST + 1)})


@pytest.mark.parametrize("hashed", ["", "$2b$05$", "$2b$05$" + "." * 52, "$argon2id$v=19$", "$2b$05$" + "é" * 53])
async def test_hash_that_is_none_of_bcrypt_is_nobodys(hashed: str) -> None:
    """What another program has stored is no failure of ours, and costs as much as any."""
    watched = WatchedBcrypt()
    assert await Passwords(COST, watched.check).compare("password", hashed) is Comparison.WRONG
    assert work(watched.hashes) == 2**COST


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
    assert await passwords.compare(password, hashed) is Comparison.WRONG
    assert await passwords.compare(password, None) is Comparison.WRONG
    assert [entry[:7] for entry in watched.hashes] == [b"$2b$05$"] * 2


async def test_nobody_has_the_hash_of_nobody() -> None:
    """The hash that stands in for an unknown name takes its time, and is the hash of no password."""
    watched = WatchedBcrypt()
    await Passwords(COST, watched.check).compare("password", None)
    [stand_in] = watched.hashes
    assert len(stand_in) == len(bcrypt.hashpw(b"", bcrypt.gensalt(COST)))
    assert not bcrypt.checkpw(b"", stand_in)


async def test_bcrypt_runs_outside_event_loop() -> None:
    """Comparing happens in another thread, and everyone else is served meanwhile."""
    watched = WatchedBcrypt()
    await Passwords(COST, watched.check).compare("password", None)
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
            await passwords.compare(address, HASH)

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
        with pytest.raises(RateLimited):
            passwords.check_room(share("one more"))
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
    assert await Passwords(COST, priority).compare("password", HASH) is Comparison.RIGHT
    assert priorities == [min(19, os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) + NICENESS)]
