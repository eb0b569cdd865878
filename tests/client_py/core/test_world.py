from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.fakes.world import World

SEEDS = range(300)
CALM_SEEDS = range(40)
TROUBLE_SECONDS = 60.0
FAULTS = 12


@contextmanager
def naming(seed: int) -> Iterator[None]:
    """Say in a failure which seed plays it again."""
    try:
        yield
    except Exception as error:
        error.add_note(f"seed {seed}")
        raise


def test_pages_without_faults_connect_once() -> None:
    """Whatever crosses on the way in, nothing that was begun has to be begun anew."""
    for seed in CALM_SEEDS:
        with naming(seed):
            world = World(seed, places=2 + seed % 2)
            world.trouble(TROUBLE_SECONDS, faults=0)
            world.settle()
            assert world.internet.created == len(world.internet.connections)


@pytest.mark.parametrize("tenth", range(10))
def test_two_pages_keep_the_promise_through_faults(tenth: int) -> None:
    """Whatever fails, everything arrives once and in order, and both are connected in the end."""
    for seed in SEEDS[tenth::10]:
        with naming(seed):
            world = World(seed, same_account=seed % 4 == 0)
            world.trouble(TROUBLE_SECONDS, FAULTS)
            world.settle()


@pytest.mark.parametrize("seed", range(20))
def test_three_pages_keep_the_promise_through_faults(seed: int) -> None:
    """A room with more places keeps the same promise."""
    with naming(seed):
        world = World(seed, places=3)
        world.trouble(TROUBLE_SECONDS, FAULTS)
        world.settle()
