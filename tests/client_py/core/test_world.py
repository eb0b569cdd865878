from __future__ import annotations

import pytest

from tests.fakes.world import World

SEEDS = range(300)
TROUBLE_SECONDS = 60.0
FAULTS = 12


@pytest.mark.parametrize("tenth", range(10))
def test_two_pages_keep_the_promise_through_faults(tenth: int) -> None:
    """Whatever fails, everything arrives once and in order, and both are connected in the end."""
    for seed in SEEDS[tenth::10]:
        world = World(seed, same_account=seed % 4 == 0)
        world.trouble(TROUBLE_SECONDS, FAULTS)
        world.settle()


@pytest.mark.parametrize("seed", range(20))
def test_three_pages_keep_the_promise_through_faults(seed: int) -> None:
    """A room with more places keeps the same promise."""
    world = World(seed, places=3)
    world.trouble(TROUBLE_SECONDS, FAULTS)
    world.settle()
