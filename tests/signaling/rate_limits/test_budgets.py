import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.rate_limits.budgets import Budget, Rate


def test_full_budget_is_used_at_once() -> None:
    """The whole amount may be used in one moment; one more has to wait for it to return."""
    budget = Budget(Rate.of(5, 10.0))
    assert [budget.spend(100.0) for _ in range(5)] == [0.0] * 5
    assert budget.spend(100.0) == pytest.approx(2.0)


def test_budget_returns_evenly() -> None:
    """What was used returns one by one, over the whole time."""
    budget = Budget(Rate.of(5, 10.0))
    assert budget.spend(100.0, 5) == 0.0
    assert budget.spend(101.9) > 0
    assert budget.spend(102.0) == 0.0
    assert budget.spend(102.0) > 0


def test_refused_use_costs_nothing() -> None:
    """Asking again and again does not put the moment off."""
    budget = Budget(Rate.of(1, 10.0))
    budget.spend(0.0)
    for second in range(1, 10):
        assert budget.spend(float(second)) == pytest.approx(10.0 - second)
    assert budget.spend(10.0) == 0.0


def test_more_than_the_whole_is_never_admitted() -> None:
    """What is over the amount of a full budget is refused for good."""
    assert Budget(Rate.of(5, 10.0)).spend(1000.0, 6) > 0


def test_budget_is_full_when_everything_is_back() -> None:
    """A budget that is as good as new says so."""
    budget = Budget(Rate.of(5, 10.0))
    assert budget.is_full(100.0)
    budget.spend(100.0, 2)
    assert not budget.is_full(103.9)
    assert budget.is_full(104.0)


def test_rate_of_several_is_as_many_times_faster() -> None:
    """Several who share a budget have as many times the amount, in the same time."""
    budget = Budget(Rate.of(5, 10.0).times(4))
    assert budget.spend(0.0, 20) == 0.0
    assert budget.spend(0.0) > 0


@given(st.lists(st.floats(0, 5), max_size=60))
def test_budget_never_admits_more_than_a_burst_and_what_returns(pauses: list[float]) -> None:
    """However the moments fall, any stretch of time admits at most the amount, and what returns meanwhile."""
    budget, now, logged_in = Budget(Rate.of(5, 10.0)), 1000.0, []
    for pause in pauses:
        now += pause
        if budget.spend(now) == 0.0:
            logged_in.append(now)
    for first in range(len(logged_in)):
        for last in range(first, len(logged_in)):
            assert last - first + 1 <= 5 + (logged_in[last] - logged_in[first]) / 2 + 0.001
