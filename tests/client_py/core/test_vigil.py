from __future__ import annotations

import pytest

from client_py.core.link_effects import AskPeer, CountBytes, LinkEffect, LinkTimer, StartTimer, StopTimer
from client_py.core.vigil import ASKING_SECONDS, EXPECTING_SECONDS, Vigil

EXPECT: list[LinkEffect] = [StartTimer(LinkTimer.EXPECTING, EXPECTING_SECONDS)]
ASK: list[LinkEffect] = [AskPeer(), CountBytes(), StartTimer(LinkTimer.ASKING, ASKING_SECONDS)]


def expecting() -> Vigil:
    """Give a vigil over a channel on which an answer is expected."""
    vigil = Vigil()
    vigil.expected()
    return vigil


def asking(count: int | None = 1_000) -> Vigil:
    """Give a vigil that has asked, when so many bytes had been received."""
    vigil = Vigil()
    vigil.asked()
    vigil.bytes_counted(count)
    return vigil


def counting(count: int | None = 1_000) -> Vigil:
    """Give a vigil that got no answer, and has the bytes counted again."""
    vigil = asking(count)
    vigil.timer_fired(LinkTimer.ASKING, awaited=True)
    return vigil


def test_vigil_runs_no_timer_while_nothing_is_expected() -> None:
    """A frame that comes in unasked is no reason to wait for another."""
    vigil = Vigil()
    vigil.heard()
    assert vigil.timer_fired(LinkTimer.EXPECTING, awaited=True) == []
    assert vigil.timer_fired(LinkTimer.ASKING, awaited=True) == []
    assert vigil.bytes_counted(1_000) == []
    assert vigil.end() == []
    assert not vigil.is_silent


def test_vigil_waits_for_what_is_expected() -> None:
    """The waiting begins with the first of several frames."""
    vigil = Vigil()
    assert vigil.expected() == EXPECT
    assert vigil.expected() == []


def test_vigil_ends_when_nothing_is_on_its_way() -> None:
    """Once everything is acknowledged, the channel may be silent."""
    vigil = expecting()
    vigil.heard()
    assert vigil.timer_fired(LinkTimer.EXPECTING, awaited=False) == []
    assert vigil.expected() == EXPECT


def test_vigil_goes_on_while_frames_come_in() -> None:
    """What is heard in between shows that the channel lives, however long it takes; once is not for ever."""
    vigil = expecting()
    vigil.heard()
    assert vigil.timer_fired(LinkTimer.EXPECTING, awaited=True) == EXPECT
    assert vigil.timer_fired(LinkTimer.EXPECTING, awaited=True) == ASK


def test_vigil_asks_at_once_where_something_else_failed() -> None:
    """There is a reason to doubt; and it does not ask twice at a time."""
    assert Vigil().asked() == ASK
    assert expecting().asked() == [StopTimer(LinkTimer.EXPECTING), *ASK]
    assert asking().asked() == []
    assert counting().asked() == []


def test_vigil_is_content_with_an_answer() -> None:
    """Any frame answers, and the bytes need not be counted again."""
    vigil = asking()
    vigil.heard()
    assert vigil.timer_fired(LinkTimer.ASKING, awaited=True) == EXPECT
    assert not vigil.is_silent


def test_vigil_takes_no_frame_of_before_for_an_answer() -> None:
    """Only what comes after the question tells that the channel lives now."""
    vigil = expecting()
    vigil.heard()
    vigil.asked()
    assert vigil.timer_fired(LinkTimer.ASKING, awaited=True) == [CountBytes()]


@pytest.mark.parametrize("count", [1_001, 10])
def test_vigil_is_content_with_bytes(count: int) -> None:
    """A slow line brings a long frame little by little; and after a change of path, the count may begin anew."""
    vigil = counting(1_000)
    assert vigil.bytes_counted(count) == EXPECT
    assert not vigil.is_silent


def test_vigil_is_content_with_a_frame_while_bytes_are_counted() -> None:
    """Counting takes a moment, in which the answer may come after all."""
    vigil = counting(1_000)
    vigil.heard()
    assert vigil.bytes_counted(1_000) == EXPECT


@pytest.mark.parametrize(("before", "after"), [(1_000, 1_000), (None, 1_000), (1_000, None)])
def test_vigil_finds_a_channel_dead_that_brings_nothing(before: int | None, after: int | None) -> None:
    """Without a frame and without a byte that is known of, nothing comes through."""
    vigil = counting(before)
    assert vigil.bytes_counted(after) == []
    assert vigil.is_silent
    assert vigil.expected() == EXPECT


def test_vigil_begins_anew_after_its_end() -> None:
    """Each end stops the timer that runs, and the next channel is not taken for dead."""
    vigil = expecting()
    assert vigil.end() == [StopTimer(LinkTimer.EXPECTING)]
    vigil = asking()
    assert vigil.end() == [StopTimer(LinkTimer.ASKING)]
    vigil = counting()
    assert vigil.end() == []
    assert vigil.bytes_counted(1_000) == []
    vigil = counting()
    vigil.bytes_counted(1_000)
    vigil.end()
    assert not vigil.is_silent
    assert vigil.expected() == EXPECT


def test_vigil_does_not_compare_with_the_bytes_of_another_question() -> None:
    """What was counted for the last question says nothing about this one."""
    vigil = counting(1_000)
    vigil.bytes_counted(1_001)
    vigil.asked()
    vigil.bytes_counted(1_001)
    vigil.timer_fired(LinkTimer.ASKING, awaited=True)
    vigil.bytes_counted(1_001)
    assert vigil.is_silent


def test_vigil_waits_for_the_second_count_where_the_first_comes_late() -> None:
    """One count alone, however late, says nothing."""
    vigil = Vigil()
    vigil.asked()
    vigil.timer_fired(LinkTimer.ASKING, awaited=True)
    assert vigil.bytes_counted(1_000) == []
    assert not vigil.is_silent
    vigil.bytes_counted(1_000)
    assert vigil.is_silent
