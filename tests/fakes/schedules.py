"""Schedules of faults by number: which world each of them is played in, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.fakes.account_world import play_account
from tests.fakes.world import PLACES, World

TROUBLE_SECONDS = 24.0
FAULTS = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one schedule."""

    seed: int
    faults: int
    messages: int
    settled_after: float
    """Seconds from the last fault until everything had arrived and everyone was connected."""


def world_of(seed: int) -> World:
    """Return the world of a schedule: mostly two people with a browser each, and others in between."""
    if seed % 50 == 0:
        return World(seed, accounts=PLACES, wanderers=seed % 100 == 0, liar=seed % 100 == 50)
    if seed % 50 == 25:
        # One person on two devices, or in two tabs, and another one.
        return World(seed, accounts=("ann", "bob", "ann"), tabs=seed % 100 == 75)
    if seed % 16 == 6:
        # A guest who becomes an account, with a tab or with two.
        tabs = seed % 32 == 22
        return World(seed, accounts=("ann", "bob", "bob") if tabs else PLACES[:2], tabs=tabs, guest=True)
    accounts = ("ann", "ann") if seed % 8 == 1 else PLACES[:2]
    return World(seed, accounts=accounts, tabs=seed % 16 == 9, wanderers=seed % 8 == 2, releases=seed % 8 == 3)


def play(seed: int) -> Outcome:
    """Play a schedule to its end; an AssertionError, or whatever the machines raise, names the seed."""
    try:
        if seed % 8 == 5:
            play_account(seed)
        with world_of(seed) as world:
            world.trouble(TROUBLE_SECONDS, FAULTS)
            settled_after = world.settle()
    except Exception as error:
        error.add_note(f"seed {seed}: play it again with `python -m tests.soak --replay {seed}`")
        raise
    messages = sum(len(disk.written) for home in world.homes.values() for disk in home.disks)
    return Outcome(seed, world.faults, messages, settled_after)


def some_schedule_fails(play_one: Callable[[int], object], count: int) -> bool:
    """Tell whether one of the first schedules finds that something is wrong, in whatever way that shows."""
    for seed in range(count):
        try:
            play_one(seed)
        except Exception:  # noqa: BLE001 - of whatever kind
            return True
    return False
