from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from client_py.core.backoff import Backoff


def test_backoff_doubles_up_to_its_cap() -> None:
    """Each pause is twice the one before, and none is over the cap."""
    backoff = Backoff(1, 10, lambda: 1.0)
    assert [backoff.next_delay() for _ in range(6)] == [1, 2, 4, 8, 10, 10]


def test_backoff_begins_again_after_a_success() -> None:
    """After a reset, the first pause is the shortest one."""
    backoff = Backoff(1, 10, lambda: 1.0)
    backoff.next_delay()
    backoff.next_delay()
    backoff.reset()
    assert backoff.next_delay() == 1


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=40))
def test_backoff_spreads_by_half(chances: list[float]) -> None:
    """Whatever chance says, a pause lies between half of the nominal one and all of it."""
    rest = iter(chances)
    backoff = Backoff(0.5, 15, lambda: next(rest))
    for attempt in range(len(chances)):
        nominal = min(15, 0.5 * 2**attempt)
        assert nominal / 2 <= backoff.next_delay() <= nominal
