from signaling.rate_limits.penalties import (
    BAD_TOKEN,
    FIRST_SECONDS,
    FLOOD,
    FORGIVEN_SECONDS,
    LEAST_PART,
    MOST_SECONDS,
    Penalty,
    part_for,
)

START = 1000.0


def until_refused(penalty: Penalty, now: float) -> int:
    """Flood until that is too much; give how often it took."""
    count = 1
    while not penalty.offend(now, FLOOD):
        count += 1
    return count


def test_third_flood_is_too_many() -> None:
    """Who is closed for flooding three times in a minute is refused for a while."""
    penalty = Penalty()
    assert penalty.seconds_left(START) == 0
    assert until_refused(penalty, START) == 3
    assert penalty.seconds_left(START) == FIRST_SECONDS
    assert penalty.seconds_left(START + FIRST_SECONDS) == 0


def test_few_bad_tokens_are_no_offence() -> None:
    """Many people may be behind one address, and their logins end."""
    penalty = Penalty()
    assert not any(penalty.offend(START, BAD_TOKEN) for _ in range(60))
    assert penalty.offend(START, BAD_TOKEN)


def test_refusals_grow_up_to_a_bound() -> None:
    """Who goes on is refused for twice as long each time."""
    penalty, now, lengths = Penalty(), START, []
    for _ in range(8):
        until_refused(penalty, now)
        lengths.append(penalty.seconds_left(now))
        now += lengths[-1]
    assert lengths == [10, 20, 40, 80, 160, 320, MOST_SECONDS, MOST_SECONDS]


def test_trying_does_not_prolong_a_refusal() -> None:
    """Honest people at the same address try meanwhile."""
    penalty = Penalty()
    until_refused(penalty, START)
    assert not any(penalty.offend(START + 5, FLOOD) for _ in range(100))
    assert penalty.seconds_left(START + 5) == FIRST_SECONDS - 5


def test_refusal_is_forgiven() -> None:
    """After a long time without one, the next refusal is as short as the first."""
    penalty = Penalty()
    until_refused(penalty, START)
    later = START + FIRST_SECONDS + FORGIVEN_SECONDS
    assert not penalty.is_clean(later - 1)
    assert penalty.is_clean(later)
    until_refused(penalty, later)
    assert penalty.seconds_left(later) == FIRST_SECONDS


def test_refusals_of_many_do_not_end_together() -> None:
    """Each has a length of its own, which is not longer than the one for all, nor much shorter."""
    ends = []
    for number in range(100):
        penalty = Penalty(part=part_for(f"203.0.113.{number}"))
        until_refused(penalty, START)
        ends.append(penalty.seconds_left(START))
    assert len({round(seconds, 1) for seconds in ends}) > 20
    assert LEAST_PART * FIRST_SECONDS <= min(ends) <= max(ends) <= FIRST_SECONDS


def test_refusal_goes_on_in_another_process() -> None:
    """By another clock, for as long as it had left; the next one is as long as it would have been."""
    before, after = Penalty(), Penalty()
    assert before.kept(START) is None
    until_refused(before, START)
    kept = before.kept(START + 4)
    assert kept is not None
    after.restore(kept, 7.0)
    assert after.seconds_left(7.0) == FIRST_SECONDS - 4
    until_refused(after, 7.0 + FIRST_SECONDS)
    assert after.seconds_left(7.0 + FIRST_SECONDS) == 2 * FIRST_SECONDS
    assert before.kept(START + FIRST_SECONDS + FORGIVEN_SECONDS) is None
