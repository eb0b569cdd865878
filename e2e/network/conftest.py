"""The fixtures of the network lab: one lab for all tests, whose faults end with each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from e2e.network.home_pages import Kinds, Pages, open_pages
from e2e.network.lab import Lab, running_lab
from e2e.provision import lab_fault


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def common_lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lab]:
    """Build the lab once, where it can be built."""
    fault = lab_fault()
    if fault is not None:
        pytest.skip(fault)
    async with running_lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def lab(common_lab: Lab) -> Iterator[Lab]:
    """Yield the lab without faults, and end those that the test leaves."""
    yield common_lab
    common_lab.mend()


@pytest_asyncio.fixture(loop_scope="session")
async def pages(lab: Lab, kinds: Kinds) -> AsyncIterator[Pages]:
    """Open a page in each home, of the kinds that the test is about; at the end, no console may hold an error."""
    async with open_pages(lab, kinds) as opened:
        yield opened
    assert [error for page in opened for error in page.errors] == []
