from bench.report import percentile


def test_percentile_is_the_nearest_rank() -> None:
    """Of a hundred figures the 99th percentile is the one before the largest; of a few it is the largest."""
    assert percentile(range(1, 101), 99) == 99
    assert percentile([3.0, 1.0, 2.0], 99) == 3.0
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
