"""Writes the log: one line an event, as key=value text or as JSON.

Nobody hands it a token, a password, an SDP or a candidate. A line that is written for a request has its id.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import string
import sys
import time
from collections.abc import Mapping
from contextvars import Context
from functools import lru_cache

from signaling.monitoring.log_limits import LINES, REPORT_SECONDS, USUAL_LINES, LineLimits
from signaling.monitoring.request_ids import request_id

TEXT, JSON = "text", "json"
WARNING = logging.WARNING
LOGGER = logging.getLogger("p2p_chat")
PLAIN = frozenset(string.ascii_letters + string.digits + "_.,:/@+-")
"""The characters of a value that cannot be misread."""
MAX_GIVEN_CHARACTERS = 256
"""Of a path or an origin, which can be as long as the head of a request."""


def log(event: str, *, level: int = logging.INFO, source: str | None = None, **fields: object) -> None:
    """Write one event; fields that are None are left out.

    What a stranger can cause at will names its `source`, an account or an address: of what one source causes too often,
    a line each minute tells the number.
    """
    if LOGGER.isEnabledFor(level) and (source is None or REPETITIONS.admits(event, source)):
        LOGGER.handle(EventRecord(level, LogEvent({"event": event, **fields})))


class Repetitions:
    """The lines that were left out, and the moment at which their number is told."""

    def __init__(self, report_seconds: float = REPORT_SECONDS) -> None:
        self._limits = LineLimits(USUAL_LINES, LINES)
        self._report_seconds = report_seconds
        self._reports_at = 0.0

    def admits(self, event: str, source: str) -> bool:
        """Tell whether to write a line; if not, how many were left out is logged within a minute."""
        now = time.monotonic()
        if self._limits.admit(event, source, now):
            return True
        if now >= self._reports_at:
            self._reports_at = now + self._report_seconds
            with contextlib.suppress(RuntimeError):  # no loop runs: the next line that is left out asks again
                asyncio.get_running_loop().call_later(self._report_seconds, self.report, context=Context())
        return False

    def report(self) -> None:
        """Write how many lines were left out since the last report."""
        for event, source, count in self._limits.left_out():
            log(event, by=source, count=count)

    def filter(self, record: logging.LogRecord) -> bool:
        """Hold other packages to the same: uvicorn has a warning for each request that is none."""
        return _is_ours(record) or self.admits(f"log of {record.name}", str(record.msg)[:MAX_GIVEN_CHARACTERS])


REPETITIONS = Repetitions()
"""Of this process, as the log is."""


def given(text: str) -> str:
    """Return the beginning of a text that a stranger has made as long as they like."""
    return text[:MAX_GIVEN_CHARACTERS]


class LogEvent:
    """What a record of ours carries: its fields, in whichever way they are going to be written."""

    __slots__ = ("fields",)

    def __init__(self, fields: Mapping[str, object]) -> None:
        self.fields = fields

    def __str__(self) -> str:
        return pairs(**self.fields)


class EventRecord(logging.LogRecord):
    """The record of an event.

    Who has caused it, no line shows, and to look for that, as logging does for each record, would take as long as all
    the rest. So what is the same in all of them is found out once.
    """

    def __init__(self, level: int, event: LogEvent) -> None:
        self.__dict__.update(_COMMON)
        self.levelno, self.levelname, self.args = level, logging.getLevelName(level), (event,)
        self.created = time.time()
        self.msecs = self.created % 1 * 1000


_COMMON = LOGGER.makeRecord(LOGGER.name, logging.INFO, "", 0, "%s", (), None).__dict__


def pairs(**fields: object) -> str:
    """Return `key=value key=value`; a value that could be misread, or that holds a line break, is written as JSON."""
    return " ".join([f"{key}={_value(value)}" for key, value in fields.items() if value is not None])


def configure(level: str, log_format: str = TEXT) -> None:
    """Send every log of the process to standard error, our own from `level` on, others' from warnings on.

    uvicorn's information must stay out: it writes the address of every WebSocket with its query, the token in it.
    """
    # Nor does a line show these, and finding them out takes its time.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneObject() if log_format == JSON else OneLine())
    handler.addFilter(REPETITIONS.filter)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("uvicorn.error").addFilter(is_no_cancellation)
    LOGGER.setLevel(level.upper())


def is_no_cancellation(record: logging.LogRecord) -> bool:
    """Tell failures from what uvicorn reports as one while it stops: that it has cancelled a download, say."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


class OneLine(logging.Formatter):
    """Time and level before an event; what other packages say becomes an event too, a traceback its field."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the one line of a record."""
        return f"time={_time(record)} level={record.levelname.lower()} {pairs(**_fields(self, record))}"


class OneObject(logging.Formatter):
    """The same as a JSON object: numbers and truths stand as such, and whatever else as text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the one line of a record."""
        fields = {"time": _time(record), "level": record.levelname.lower(), **_fields(self, record)}
        # In ASCII, so that neither the encoding of standard error nor a lone surrogate in a path matters.
        return json.dumps({name: value for name, value in fields.items() if value is not None}, default=str)


def _fields(formatter: logging.Formatter, record: logging.LogRecord) -> dict[str, object]:
    """Return what a line says after its time and level."""
    if _is_ours(record):
        fields = dict(record.args[0].fields)  # type: ignore[index, union-attr]  # that is what makes it ours
    else:
        fields = {"event": "log", "logger": record.name, "message": record.getMessage().strip()}
    fields.setdefault("request_id", request_id.get())
    if record.exc_info:
        fields["traceback"] = formatter.formatException(record.exc_info)
    return fields


def _is_ours(record: logging.LogRecord) -> bool:
    return isinstance(record.args, tuple) and bool(record.args) and isinstance(record.args[0], LogEvent)


def _time(record: logging.LogRecord) -> str:
    """Return the moment of a record (RFC 3339)."""
    return f"{_second(int(record.created))}.{int(record.msecs):03d}Z"


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    """Return a second in UTC; many lines are of the same."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def _value(value: object) -> str:
    text = str(value)
    return text if text and PLAIN.issuperset(text) else json.dumps(text)
