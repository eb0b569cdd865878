"""A short run of `make soak-hostile`, which takes a hundred thousand inputs."""

from pathlib import Path

from signaling.site.loading import Site
from tests.fuzz.soak import out_of_reach, soak
from tests.signaling.running import running

INPUTS = 1_500


async def test_server_and_page_bear_hostile_inputs(tmp_path: Path, site: Site) -> None:
    """Nothing fails, hangs or stays of what no honest client sends."""
    with running(out_of_reach(tmp_path), site) as server:
        run = await soak(server, INPUTS, first=1)
    assert run.findings == []
    assert run.played >= INPUTS
