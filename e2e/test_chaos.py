from __future__ import annotations

from pathlib import Path

from e2e.chaos import LEAST_FAULTS, storm

MESSAGES = 240
PAUSE_SECONDS = 3.0


async def test_conversation_survives_a_storm(tmp_path: Path) -> None:
    """While server, line, pages and browsers break, everything arrives at both sides, once and in order."""
    report, faults = await storm(MESSAGES, seed=5, pause=PAUSE_SECONDS, folder=tmp_path)
    assert faults.total() >= LEAST_FAULTS
    for line in report:
        assert line.endswith("lost 0, doubled 0, out of order 0"), report
