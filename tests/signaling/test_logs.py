import logging

import pytest

from signaling.logs import OneLine, log, pairs


def record(name: str, message: str, *, failed: bool = False) -> logging.LogRecord:
    """Make a record of a moment that is known."""
    exc_info = (ValueError, ValueError("two\nlines"), None) if failed else None
    made = logging.LogRecord(name, logging.WARNING, "", 0, message, None, exc_info)
    made.created, made.msecs = 0.0, 7.0
    return made


def test_pairs_are_plain_where_they_can_be() -> None:
    """A plain value stands as it is, and None not at all."""
    assert pairs(event="joined", room="a-b_c", n=1, ms=0.5, path="/chat/x", none=None) == (
        "event=joined room=a-b_c n=1 ms=0.5 path=/chat/x"
    )


@pytest.mark.parametrize("value", ["", "two words", 'a"b', "a=b", "line\nbreak", "\x1b[31m", "é"])
def test_pairs_quote_what_could_be_misread(value: str) -> None:
    """A value from outside cannot end its field, its line, or speak to a terminal."""
    written = pairs(path=value)
    assert written.startswith('path="')
    assert written.endswith('"')
    assert written.isprintable()
    assert written.isascii()


def test_event_is_one_line() -> None:
    """An event has its time in UTC and its level before it."""
    text = OneLine().format(record("p2p_chat", "event=joined room=kitchen"))
    assert text == "time=1970-01-01T00:00:00.007Z level=warning event=joined room=kitchen"


def test_other_packages_message_is_event() -> None:
    """What another package says is one field of one event."""
    text = OneLine().format(record("uvicorn.error", "Something\nhappened"))
    assert text.endswith('event=log logger=uvicorn.error message="Something\\nhappened"')


def test_traceback_is_field() -> None:
    """A traceback stays on the line of its event."""
    text = OneLine().format(record("p2p_chat", "event=failed", failed=True))
    assert "\n" not in text
    assert 'traceback="ValueError' in text
    assert "two\\nlines" in text


def test_event_below_level_is_not_written(caplog: pytest.LogCaptureFixture) -> None:
    """What is not worth a line is not even put together."""

    class Precious:
        def __str__(self) -> str:
            raise AssertionError

    caplog.set_level(logging.WARNING, logger="p2p_chat")
    log("joined", room=Precious())
    log("odd", level=logging.WARNING, room="kitchen")
    assert caplog.messages == ["event=odd room=kitchen"]
