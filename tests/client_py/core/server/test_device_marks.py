from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.core.server.device_marks import is_device_mark, parse_device_marks, with_device_mark, write_device_marks
from protocol.http import DEVICE_MARK, MAX_DEVICE_MARKS


def test_new_mark_comes_first() -> None:
    """What a browser holds for others stays, after the mark of the one who logged in last."""
    assert with_device_mark(("a.1", "b.1"), "c.1") == ("c.1", "a.1", "b.1")


def test_new_mark_replaces_that_of_its_device() -> None:
    """A mark that was renewed stands for the earlier one."""
    assert with_device_mark(("a.1", "b.1", "b.0"), "b.2") == ("b.2", "a.1")


def test_marks_are_bounded() -> None:
    """Of many who use a browser, those are known again who logged in last."""
    marks: tuple[str, ...] = ()
    for number in range(MAX_DEVICE_MARKS + 1):
        marks = with_device_mark(marks, f"{number}.0")
    assert marks == tuple(f"{number}.0" for number in range(MAX_DEVICE_MARKS, 0, -1))


@given(st.lists(st.from_regex(DEVICE_MARK.pattern or "", fullmatch=True).filter(is_device_mark), max_size=12))
def test_marks_are_read_as_they_were_written(marks: list[str]) -> None:
    """What was kept comes back, in its order, and no more of it than a login may have."""
    assert parse_device_marks(write_device_marks(marks)) == tuple(marks[:MAX_DEVICE_MARKS])


@pytest.mark.parametrize("text", ["", "\n", "[]", "A.1", "a", "a.b-c", "\ud800.1", f"a.{'0' * 300}", "[" * 100_000])
def test_spoilt_mark_is_passed_over(text: str) -> None:
    """What is no mark is left out, and the others are there."""
    assert parse_device_marks(text) == ()
    assert parse_device_marks(f"a.1\n{text}\nb.1") == ("a.1", "b.1")


@pytest.mark.parametrize("value", [None, 1, ["a.1"], {"a.1": "a.1"}, b"a.1"])
def test_what_is_no_text_is_no_mark(value: object) -> None:
    """A server that sends something else has sent no mark."""
    assert not is_device_mark(value)
