from __future__ import annotations

import pytest

from e2e.network.home_pages import Kinds, log_in, open_pages
from e2e.network.lab import Lab
from e2e.network.recovery import FAULTS, Fault, play
from e2e.network.stopwatch import Stopwatch

KINDS: Kinds = ("chromium", "firefox")
VICTIMS = {"cut-1": 0, "cut-10": 1, "cut-60": 0, "move": 0, "gap": 1, "udp": 0, "loss": 1}
"""Whose home suffers, by fault: the one with Chromium, or the one with Firefox."""
LONG = {"cut-10", "cut-60", "loss"}
"""Those that `make test` has no time for."""


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=fault.name, marks=[pytest.mark.long] if fault.name in LONG else [])
        for fault in FAULTS
        if fault.name in VICTIMS
    ],
)
async def test_conversation_recovers(lab: Lab, fault: Fault) -> None:
    """Whatever becomes of the network, both sides go on by themselves, and everything arrives once and in order."""
    async with open_pages(lab, KINDS) as pages:
        for page in pages:
            await Stopwatch(page).install()
            page.allow_lost_server()
        await log_in(pages)
        outcome = await play(fault, lab, pages, f"fault-{fault.name}", VICTIMS[fault.name])
    assert outcome.failure is None
    assert outcome.seconds
