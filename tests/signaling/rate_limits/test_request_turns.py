import asyncio
from functools import partial

import pytest

from signaling.rate_limits.last_turns import MAX_REMEMBERED
from signaling.rate_limits.request_turns import RequestTurns, Turns

PATIENCE = 5.0


def order(turns: Turns) -> list[object]:
    """Begin with everything that waits, and tell in which order."""
    begun = []
    while turns:
        begun.append(turns.next()())
    return begun


def test_sources_take_turns() -> None:
    """However many requests of one source wait, another one has every second turn; those of one stay in their order."""
    turns = Turns()
    for number in range(4):
        turns.add("ann", partial(str, number))
    turns.add("ben", lambda: "ben 0")
    turns.add("ben", lambda: "ben 1")
    assert order(turns) == ["0", "ben 0", "1", "ben 1", "2", "3"]


def test_who_had_a_turn_longest_ago_comes_first() -> None:
    """Somebody who asks now and then does not wait for those who ask all the time, though these came before."""
    turns = Turns()
    for source in ("rare", "busy", "busier"):
        turns.served(source)
    for source in ("busier", "busy", "rare"):
        turns.add(source, partial(str, source))
    assert order(turns) == ["rare", "busy", "busier"]


def test_newcomer_comes_first() -> None:
    """Who never had a turn has it before everyone who did."""
    turns = Turns()
    turns.served("ann")
    turns.add("ann", lambda: "ann")
    turns.add("new", lambda: "new")
    assert order(turns) == ["new", "ann"]


def test_turns_of_many_are_not_remembered_for_ever() -> None:
    """Whose turn was too long ago counts as new."""
    turns = Turns()
    turns.served("forgotten")
    turns.served("ann")
    for number in range(MAX_REMEMBERED - 1):
        turns.served(str(number))
    turns.add("ann", lambda: "ann")
    turns.add("forgotten", lambda: "forgotten")
    assert order(turns) == ["forgotten", "ann"]


def test_nobody_waits_in_the_beginning() -> None:
    """Then there is nobody whose turn it could be."""
    turns = Turns()
    assert not turns
    with pytest.raises(IndexError):
        turns.next()


async def test_few_begin_in_one_round_of_the_loop() -> None:
    """What is beyond waits for the next rounds, in which others are heard as well."""
    turns = RequestTurns(at_once=2)
    done = asyncio.Event()
    begun: list[int] = []
    for number in range(5):
        turns.take("ann", partial(begun.append, number))
    turns.take("ben", done.set)
    assert begun == [0, 1]
    await asyncio.sleep(0)
    assert (begun, done.is_set()) == ([0, 1, 2], True)
    await asyncio.sleep(0)
    assert begun == [0, 1, 2, 3, 4]


async def test_request_that_is_alone_begins_at_once() -> None:
    """Round after round."""
    turns = RequestTurns(at_once=1)
    begun: list[int] = []
    for number in range(3):
        turns.take("ann", partial(begun.append, number))
        assert begun == list(range(number + 1))
        await asyncio.sleep(0)


async def test_what_is_for_later_is_not_begun_in_this_round() -> None:
    """Even where nobody else waits; and it is as many in the next round as begin there at most."""
    turns = RequestTurns(at_once=2)
    begun: list[int] = []
    for number in range(3):
        turns.take_later("ann", partial(begun.append, number))
    assert begun == []
    await asyncio.sleep(0)
    assert begun == [0, 1]
    await asyncio.sleep(0)
    assert begun == [0, 1, 2]


async def test_what_is_for_later_takes_turns_with_the_others() -> None:
    """Who has waited since an earlier round is not overtaken by who comes now."""
    turns = RequestTurns(at_once=1)
    begun: list[str] = []
    turns.take_later("ann", partial(begun.append, "ann"))
    turns.take("ben", partial(begun.append, "ben"))
    assert begun == []
    await asyncio.sleep(0)
    assert begun == ["ann"]
    await asyncio.sleep(0)
    assert begun == ["ann", "ben"]
