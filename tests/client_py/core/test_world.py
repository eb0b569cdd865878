from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable, Iterator

import pytest

from tests.fakes.schedules import Outcome, play
from tests.fakes.world import PLACES, World
from tests.soak import play_safely

SCHEDULES = 10_000
CHUNK = 100
CALM_SEEDS = range(40)
CALM_LATENCY = (0.05, 0.5)
TROUBLE_SECONDS = 60.0
FAULTS = 12


@pytest.fixture(scope="module")
def pool() -> Iterator[Iterable[Outcome | str]]:
    """Play the schedules in a process for each core."""
    with multiprocessing.get_context("spawn").Pool(os.cpu_count()) as processes:
        yield processes.imap_unordered(play_safely, range(SCHEDULES), CHUNK)


def test_pages_without_faults_connect_once() -> None:
    """Whatever crosses on the way in, nothing that was begun has to be started over."""
    for seed in CALM_SEEDS:
        with World(seed, accounts=PLACES[: 2 + seed % 2]) as world:
            # A server that answers after more than a second or two may be taken for dead, and that is a fault.
            world.server.latency = min(world.server.latency, CALM_LATENCY)
            world.trouble(TROUBLE_SECONDS, faults=0)
            world.settle()
        assert world.internet.created == len(world.internet.connections), f"seed {seed}"


def test_pages_keep_the_promise_through_ten_thousand_schedules(pool: Iterable[Outcome | str]) -> None:
    """Whatever fails, everything arrives once and in order, nothing is claimed falsely, and all becomes well again."""
    outcomes = list(pool)
    failures = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert not failures, f"{len(failures)} failed, the first one:\n{failures[0]}"
    assert len(outcomes) == SCHEDULES
    assert sum(outcome.faults for outcome in outcomes if isinstance(outcome, Outcome)) >= 5 * SCHEDULES


def test_schedule_is_the_same_whenever_it_is_played() -> None:
    """A seed that has failed can be played again."""
    assert play(7) == play(7)


@pytest.mark.parametrize("seed", range(10))
def test_three_pages_keep_the_promise_through_faults(seed: int) -> None:
    """A room with more places keeps the same promise, whatever script its names are of."""
    with World(seed, accounts=("Zoë", "Иван", "محمد")) as world:
        world.trouble(TROUBLE_SECONDS, FAULTS)
        world.settle()
