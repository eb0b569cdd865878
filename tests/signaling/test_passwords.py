import threading

import anyio
import bcrypt
import pytest

from signaling.errors import RateLimited
from signaling.passwords import MAX_WAITING, Passwords

COST = 5


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


async def test_waiting_is_bounded() -> None:
    """When too many wait for their turn, the next is told to come later."""
    passwords = Passwords(COST)
    done = anyio.Event()

    async def take_turn() -> None:
        async with passwords.turn():
            await done.wait()

    async with anyio.create_task_group() as tasks:
        waiting = 0
        while waiting < MAX_WAITING:
            tasks.start_soon(take_turn)
            await anyio.lowlevel.checkpoint()
            waiting = passwords._turns.statistics().tasks_waiting
        with pytest.raises(RateLimited):
            async with passwords.turn():
                raise AssertionError
        done.set()
