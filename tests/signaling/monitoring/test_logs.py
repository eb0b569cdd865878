import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from protocol.codes import CloseCode, ErrorCode
from signaling.monitoring.log_limits import LINES, USUAL_LINES
from signaling.monitoring.logs import (
    LOGGER,
    REPETITIONS,
    LogEvent,
    OneLine,
    OneObject,
    Repetitions,
    given,
    log,
    pairs,
)
from signaling.monitoring.request_ids import request_id


def record(name: str, message: str, *, failed: bool = False, **fields: object) -> logging.LogRecord:
    """Make a record of a moment that is known: an event of ours, if it has fields, or somebody's message."""
    exc_info = (ValueError, ValueError("two\nlines"), None) if failed else None
    arguments = (LogEvent({"event": message, **fields}),) if fields else None
    made = logging.LogRecord(name, logging.WARNING, "", 0, "%s" if fields else message, arguments, exc_info)
    made.created, made.msecs = 0.0, 7.0
    return made


def object_of(made: logging.LogRecord) -> dict[str, Any]:
    """Return what a record's line of JSON says."""
    line = OneObject().format(made)
    assert "\n" not in line
    assert line.isascii()
    fields = json.loads(line)
    assert isinstance(fields, dict)
    return fields


@pytest.fixture
def in_request() -> Iterator[str]:
    """The context of a request."""
    token = request_id.set("its-id")
    yield "its-id"
    request_id.reset(token)


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
    text = OneLine().format(record("p2p_chat", "joined", room="kitchen"))
    assert text == "time=1970-01-01T00:00:00.007Z level=warning event=joined room=kitchen"


def test_other_packages_message_is_event() -> None:
    """What another package says is one field of one event."""
    text = OneLine().format(record("uvicorn.error", "Something\nhappened"))
    assert text.endswith('event=log logger=uvicorn.error message="Something\\nhappened"')


def test_traceback_is_field() -> None:
    """A traceback stays on the line of its event."""
    text = OneLine().format(record("p2p_chat", "failed", number=1, failed=True))
    assert "event=failed number=1 traceback=" in text
    assert "\n" not in text
    assert 'traceback="ValueError' in text
    assert "two\\nlines" in text


def test_record_of_an_event_has_what_every_record_has(caplog: pytest.LogCaptureFixture) -> None:
    """A host that logs in a way of its own finds the name, the level, the moment and all else in it."""
    caplog.set_level(logging.INFO, logger="p2p_chat")
    usual = LOGGER.makeRecord("p2p_chat", logging.WARNING, "", 0, "", (), None)
    log("odd", level=logging.WARNING, room="kitchen")
    made = caplog.records[-1]
    assert vars(made).keys() >= vars(usual).keys()
    assert (made.name, made.levelname, made.levelno) == ("p2p_chat", "WARNING", logging.WARNING)
    assert 0 <= made.created - usual.created < 60
    assert int(made.msecs) == int(made.created % 1 * 1000)


def test_event_below_level_is_not_written(caplog: pytest.LogCaptureFixture) -> None:
    """What is not worth a line is not even put together."""

    class Precious:
        def __str__(self) -> str:
            raise AssertionError

    caplog.set_level(logging.WARNING, logger="p2p_chat")
    log("joined", room=Precious())
    log("odd", level=logging.WARNING, room="kitchen")
    assert caplog.messages == ["event=odd room=kitchen"]


def test_event_can_be_object() -> None:
    """As JSON, an event has the same fields: numbers and truths as such, codes by name, and None not at all."""
    fields = object_of(
        record("p2p_chat", "odd", code=CloseCode.REPLACED, why=ErrorCode.TOO_BIG, ms=0.5, resumed=True, room=None)
    )
    assert fields == {
        "time": "1970-01-01T00:00:00.007Z",
        "level": "warning",
        "event": "odd",
        "code": 4409,
        "why": "too_big",
        "ms": 0.5,
        "resumed": True,
    }


def test_object_holds_whatever_comes_from_outside() -> None:
    """A line break, a quote or a lone surrogate stays inside its text."""
    assert object_of(record("p2p_chat", "odd", path='/x\n"\ud800é'))["path"] == '/x\n"\ud800é'


def test_traceback_is_text_of_object() -> None:
    """What another package reports as a failure is one object, with its traceback as one text."""
    fields = object_of(record("uvicorn.error", "Something\nhappened", failed=True))
    assert (fields["event"], fields["logger"], fields["message"]) == ("log", "uvicorn.error", "Something\nhappened")
    assert fields["traceback"] == "ValueError: two\nlines"


@pytest.mark.parametrize("name", ["p2p_chat", "uvicorn.error"])
def test_line_has_id_of_its_request(in_request: str, name: str) -> None:
    """What is written for a request has its id, no matter who writes it; outside of one there is none."""
    fields: dict[str, Any] = {"room": "kitchen"} if name == "p2p_chat" else {}
    assert object_of(record(name, "joined", **fields))["request_id"] == in_request
    assert OneLine().format(record(name, "joined", **fields)).endswith(f" request_id={in_request}")
    request_id.set(None)
    assert "request_id" not in object_of(record(name, "joined", **fields))
    assert "request_id" not in OneLine().format(record(name, "joined", **fields))


def test_event_may_name_its_request(in_request: str) -> None:
    """What is written later for a request, in the middle of another, keeps its own id."""
    assert in_request != "another"
    assert object_of(record("p2p_chat", "closed", request_id="another"))["request_id"] == "another"


def test_what_one_source_causes_too_often_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    """All lines up to a rate, then their number; what has no source, or another one, is written as ever."""
    caplog.set_level(logging.INFO, logger="p2p_chat")
    usual = round(USUAL_LINES.seconds / USUAL_LINES.interval)
    for _ in range(usual + 5):
        log("opened", source="somebody who floods", connection=1)
    assert len(caplog.messages) == usual
    log("opened", source="somebody else", connection=2)
    log("worker_started", number=1)
    caplog.clear()
    REPETITIONS.report()
    assert caplog.messages == ['event=opened by="somebody who floods" count=5']
    REPETITIONS.report()
    assert len(caplog.messages) == 1


async def test_number_is_told_without_another_line(caplog: pytest.LogCaptureFixture) -> None:
    """A flood that ends is told too, by a timer."""
    caplog.set_level(logging.INFO, logger="p2p_chat")
    repetitions = Repetitions(report_seconds=0.01)
    while repetitions.admits("probe", "203.0.113.1"):
        pass
    async with asyncio.timeout(5):
        while "event=probe by=203.0.113.1 count=1" not in caplog.messages:  # noqa: ASYNC110 - a log has no event
            await asyncio.sleep(0.001)


def test_requests_have_a_rate_of_their_own() -> None:
    """A page asks for many files."""
    repetitions = Repetitions()
    count = 0
    while repetitions.admits("request", "203.0.113.1"):
        count += 1
    assert count == pytest.approx(LINES["request"].seconds / LINES["request"].interval, abs=2)


def test_warnings_of_other_packages_are_held_to_a_rate() -> None:
    """Uvicorn has one for whatever is no request, which a stranger can send without end; ours are counted by source."""
    repetitions = Repetitions()
    passed = [repetitions.filter(record("uvicorn.error", "Invalid HTTP request received.")) for _ in range(1000)]
    assert sum(passed) == pytest.approx(USUAL_LINES.seconds / USUAL_LINES.interval, abs=2)
    assert repetitions.filter(record("uvicorn.error", "Something else."))
    assert all(repetitions.filter(record("p2p_chat", "joined", room="kitchen")) for _ in range(1000))


def test_given_text_is_cut() -> None:
    """A line does not become as long as the head of a request."""
    assert given("/chat/kitchen") == "/chat/kitchen"
    assert len(given("/" * 16_000)) == 256
