from __future__ import annotations

import pytest

from client_py.core.peer.link_effects import AskPeer, CountBytes, LinkEffect, LinkTimer, StartTimer, StopTimer
from client_py.core.peer.liveness import ASKING_SECONDS, EXPECTING_SECONDS, Liveness

EXPECT: list[LinkEffect] = [StartTimer(LinkTimer.EXPECTING, EXPECTING_SECONDS)]
ASK: list[LinkEffect] = [AskPeer(), CountBytes(), StartTimer(LinkTimer.ASKING, ASKING_SECONDS)]


def expecting() -> Liveness:
    """Return a watch over a channel on which an answer is expected."""
    liveness = Liveness()
    liveness.expected()
    return liveness


def asking(count: int | None = 1_000) -> Liveness:
    """Return a watch that has asked, when `count` bytes had been received."""
    liveness = Liveness()
    liveness.asked()
    liveness.bytes_counted(count)
    return liveness


def counting(count: int | None = 1_000) -> Liveness:
    """Return a watch that got no answer, and has the bytes counted again."""
    liveness = asking(count)
    liveness.timer_fired(LinkTimer.ASKING, awaited=True)
    return liveness


def test_liveness_runs_no_timer_while_nothing_is_expected() -> None:
    """A frame that comes in unasked is no reason to wait for another."""
    liveness = Liveness()
    liveness.heard()
    assert liveness.timer_fired(LinkTimer.EXPECTING, awaited=True) == []
    assert liveness.timer_fired(LinkTimer.ASKING, awaited=True) == []
    assert liveness.bytes_counted(1_000) == []
    assert liveness.end() == []
    assert not liveness.is_silent


def test_liveness_waits_for_what_is_expected() -> None:
    """The waiting begins with the first of several frames."""
    liveness = Liveness()
    assert liveness.expected() == EXPECT
    assert liveness.expected() == []


def test_liveness_ends_when_nothing_is_on_its_way() -> None:
    """Once everything is acknowledged, the channel may be silent."""
    liveness = expecting()
    liveness.heard()
    assert liveness.timer_fired(LinkTimer.EXPECTING, awaited=False) == []
    assert liveness.expected() == EXPECT


def test_liveness_goes_on_while_frames_come_in() -> None:
    """What is heard in between shows that the channel lives, however long it takes; once is not for ever."""
    liveness = expecting()
    liveness.heard()
    assert liveness.timer_fired(LinkTimer.EXPECTING, awaited=True) == EXPECT
    assert liveness.timer_fired(LinkTimer.EXPECTING, awaited=True) == ASK


def test_liveness_asks_at_once_where_something_else_failed() -> None:
    """There is a reason to doubt; and it does not ask twice at a time."""
    assert Liveness().asked() == ASK
    assert expecting().asked() == [StopTimer(LinkTimer.EXPECTING), *ASK]
    assert asking().asked() == []
    assert counting().asked() == []


def test_liveness_is_content_with_an_answer() -> None:
    """Any frame answers, and the bytes need not be counted again."""
    liveness = asking()
    liveness.heard()
    assert liveness.timer_fired(LinkTimer.ASKING, awaited=True) == EXPECT
    assert not liveness.is_silent


def test_liveness_takes_no_frame_of_before_for_an_answer() -> None:
    """Only what comes after the question tells that the channel lives now."""
    liveness = expecting()
    liveness.heard()
    liveness.asked()
    assert liveness.timer_fired(LinkTimer.ASKING, awaited=True) == [CountBytes()]


@pytest.mark.parametrize("count", [1_001, 10])
def test_liveness_is_content_with_bytes(count: int) -> None:
    """A slow line brings a long frame little by little; and after a change of path, the count may start over."""
    liveness = counting(1_000)
    assert liveness.bytes_counted(count) == EXPECT
    assert not liveness.is_silent


def test_liveness_is_content_with_a_frame_while_bytes_are_counted() -> None:
    """Counting takes a moment, in which the answer may come after all."""
    liveness = counting(1_000)
    liveness.heard()
    assert liveness.bytes_counted(1_000) == EXPECT


@pytest.mark.parametrize(("before", "after"), [(1_000, 1_000), (None, 1_000), (1_000, None)])
def test_liveness_finds_a_channel_dead_that_brings_nothing(before: int | None, after: int | None) -> None:
    """Without a frame and without a byte that is known of, nothing comes through."""
    liveness = counting(before)
    assert liveness.bytes_counted(after) == []
    assert liveness.is_silent
    assert liveness.expected() == EXPECT


def test_liveness_begins_again_after_its_end() -> None:
    """Each end stops the timer that runs, and the next channel is not taken for dead."""
    liveness = expecting()
    assert liveness.end() == [StopTimer(LinkTimer.EXPECTING)]
    liveness = asking()
    assert liveness.end() == [StopTimer(LinkTimer.ASKING)]
    liveness = counting()
    assert liveness.end() == []
    assert liveness.bytes_counted(1_000) == []
    liveness = counting()
    liveness.bytes_counted(1_000)
    liveness.end()
    assert not liveness.is_silent
    assert liveness.expected() == EXPECT


def test_liveness_does_not_compare_with_the_bytes_of_another_question() -> None:
    """What was counted for the last question says nothing about this one."""
    liveness = counting(1_000)
    liveness.bytes_counted(1_001)
    liveness.asked()
    liveness.bytes_counted(1_001)
    liveness.timer_fired(LinkTimer.ASKING, awaited=True)
    liveness.bytes_counted(1_001)
    assert liveness.is_silent


def test_liveness_waits_for_the_second_count_where_the_first_comes_late() -> None:
    """One count alone, however late, says nothing."""
    liveness = Liveness()
    liveness.asked()
    liveness.timer_fired(LinkTimer.ASKING, awaited=True)
    assert liveness.bytes_counted(1_000) == []
    assert not liveness.is_silent
    liveness.bytes_counted(1_000)
    assert liveness.is_silent
