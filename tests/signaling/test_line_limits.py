from signaling.budgets import Rate
from signaling.line_limits import OTHERS, LineLimits

NOW = 1000.0


def test_lines_of_an_honest_source_are_all_written() -> None:
    """Up to the rate, nothing is left out."""
    limits = LineLimits(Rate.of(3, 60.0), {})
    assert all(limits.admit("opened", "ann", NOW) for _ in range(3))
    assert limits.left_out() == []


def test_number_is_told_of_what_is_left_out() -> None:
    """Each event and each source is counted by itself, and told once."""
    limits = LineLimits(Rate.of(1, 60.0), {"request": Rate.of(2, 60.0)})
    for _ in range(4):
        limits.admit("opened", "ann", NOW)
        limits.admit("request", "ann", NOW)
    assert limits.admit("opened", "ben", NOW)
    assert limits.left_out() == [("opened", "ann", 3), ("request", "ann", 2)]
    assert limits.left_out() == []
    assert limits.admit("opened", "ann", NOW + 60)


def test_sources_beyond_a_number_count_together() -> None:
    """Made-up sources do not fill the memory; those that are quiet make room."""
    limits = LineLimits(Rate.of(1, 60.0), {}, max_sources=2)
    admitted = [limits.admit("opened", str(number), NOW) for number in range(5)]
    assert admitted == [True, True, True, False, False]
    assert limits.left_out() == [("opened", OTHERS, 2)]
    assert limits.admit("opened", "later", NOW + 61)
    assert len(limits._budgets) <= 3
