import pytest

from signaling.rate_limits.refusal_delay import delay


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 1.0), (0.5, 2.0), (1.0, 3.0)])
def test_refusals_are_told_at_different_moments(chance: float, seconds: float) -> None:
    """Between half of the time and one and a half of it, so that those who came together do not come back together."""
    assert delay(2.0, chance) == seconds
