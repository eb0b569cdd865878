from signaling.monitoring.log_limits import ALL_SOURCES, LOOK_SECONDS, MAX_TOLD, OTHERS, LineLimits
from signaling.rate_limits.budgets import Rate

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
    logged_in = [limits.admit("opened", str(number), NOW) for number in range(5)]
    assert logged_in == [True, True, True, False, False]
    assert limits.left_out() == [("opened", OTHERS, 2)]
    assert limits.admit("opened", "later", NOW + 61)
    assert len(limits._budgets) <= 3


def test_all_sources_together_have_a_rate() -> None:
    """Somebody with many addresses writes the log no faster than some people do; another event has its own rate."""
    limits = LineLimits(Rate.of(1, 60.0), {})
    logged_in = [limits.admit("opened", str(number), NOW) for number in range(ALL_SOURCES + 2)]
    assert logged_in == [True] * ALL_SOURCES + [False] * 2
    assert limits.admit("closed", "0", NOW)
    assert limits.left_out() == [("opened", OTHERS, 2)]
    assert limits.admit("opened", "later", NOW + 60)


def test_numbers_of_many_are_told_as_one() -> None:
    """What is left out must not become as many lines again: those that caused most are named."""
    limits = LineLimits(Rate.of(1, 60.0), {})
    for number in range(ALL_SOURCES + MAX_TOLD):
        for _ in range(3 if number % 2 else 2):
            limits.admit("opened", str(number), NOW)
    told = limits.left_out()
    assert len(told) == MAX_TOLD
    assert {("opened", str(number), 2) for number in range(1, ALL_SOURCES + MAX_TOLD, 2)} <= set(told)
    assert sum(count for _, _, count in told) == 2.5 * (ALL_SOURCES + MAX_TOLD) - ALL_SOURCES


def test_quiet_sources_are_looked_for_now_and_then() -> None:
    """Looking goes through all of them, so that newcomers must not cause it as often as they like."""
    limits = LineLimits(Rate.of(1, 1.0), {}, max_sources=1)
    limits.admit("opened", "ann", NOW)
    limits.admit("opened", "ben", NOW)
    assert not limits.admit("opened", "cat", NOW)
    assert limits.admit("opened", "cat", NOW + 2)
    assert not limits.admit("opened", "dan", NOW + 2)
    assert limits.left_out() == [("opened", OTHERS, 2)]
    assert limits.admit("opened", "eve", NOW + LOOK_SECONDS)
    assert limits.admit("opened", "eve", NOW + LOOK_SECONDS + 1)
    assert ("opened", "ann") not in limits._budgets
