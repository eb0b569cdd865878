from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from client_py.core.backoff import Backoff


def test_backoff_doubles_up_to_its_cap() -> None:
    """Each pause is twice the one before, until the cap."""
    backoff = Backoff(1, 5, lambda: 1.0)
    assert [backoff.next_delay() for _ in range(5)] == [1, 2, 4, 5, 5]


def test_backoff_is_eager_at_first() -> None:
    """The first pauses are held short, and only then do they grow up to the cap."""
    backoff = Backoff(0.5, 5, lambda: 1.0, eager=4, eager_cap=2)
    assert [backoff.next_delay() for _ in range(8)] == [0.5, 1, 2, 2, 2, 4, 5, 5]
    backoff.reset()
    assert [backoff.next_delay() for _ in range(4)] == [0.5, 1, 2, 2]


def test_backoff_begins_again_after_a_reset() -> None:
    """A success makes the next pause as short as the first."""
    backoff = Backoff(1, 5, lambda: 1.0)
    backoff.next_delay()
    backoff.reset()
    assert backoff.next_delay() == 1


@given(
    st.floats(0.01, 10),
    st.floats(10, 100),
    st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=20),
)
def test_backoff_keeps_every_delay_between_half_and_all_of_the_nominal_one(
    first: float, cap: float, chances: list[float]
) -> None:
    """Jitter spreads the attempts over half of the pause."""
    randoms = iter(chances)
    backoff = Backoff(first, cap, lambda: next(randoms))
    for attempt in range(len(chances)):
        nominal = min(cap, first * 2**attempt)
        assert nominal / 2 <= backoff.next_delay() <= nominal
