import pytest

from signaling.monitoring.counters import CLOSE_CODES, OTHER, Counters, Durations


def test_durations_are_counted_by_upper_bound() -> None:
    """A bound counts what was not above it, those of the lower bounds included; the last one counts everything."""
    durations = Durations((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 3.0):
        durations.add(seconds)
    assert list(durations.buckets()) == [("0.1", 2), ("1.0", 3), ("+Inf", 4)]
    assert durations.seconds == pytest.approx(3.65)


def test_close_code_that_client_made_up_is_other() -> None:
    """A client cannot fill the memory, or the database of the scraper, with close codes of its own."""
    counters = Counters()
    for code in (1006, 4409, 4700, 4701, 3000):
        counters.closed(code)
    assert set(counters.closes) == {*CLOSE_CODES, OTHER}
    assert (counters.closes["1006"], counters.closes["4409"], counters.closes[OTHER]) == (1, 1, 3)


def test_method_that_client_made_up_is_other() -> None:
    """Nor with methods."""
    counters = Counters()
    for method in ("GET", "BREW", "GREW"):
        counters.answered(method, "/", 200, 0.001)
    assert counters.requests == {("GET", "/", "200"): 1, (OTHER, "/", "200"): 2}
    assert set(counters.request_seconds) == {("GET", "/"), (OTHER, "/")}
