"""Writes the log: one line an event, as key=value text. Nobody hands it a token, a password, an SDP or a candidate."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import time
from functools import lru_cache

WARNING = logging.WARNING
LOGGER = logging.getLogger("p2p_chat")
PLAIN = re.compile(r"[\w.,:/@+-]+", re.ASCII)


def log(event: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Write one event; fields that are None are left out."""
    if LOGGER.isEnabledFor(level):
        # Made by hand: looking for the caller, which no line shows, would take as long as all the rest.
        LOGGER.handle(LOGGER.makeRecord(LOGGER.name, level, "", 0, "%s", (pairs(event=event, **fields),), None))


def pairs(**fields: object) -> str:
    """Give `key=value key=value`; a value that could be misread, or that holds a line break, is written as JSON."""
    return " ".join(f"{key}={_value(value)}" for key, value in fields.items() if value is not None)


def configure(level: str) -> None:
    """Send every log of the process to standard error, our own from `level` on, others' from warnings on.

    uvicorn's information must stay out: it writes the address of every WebSocket with its query, the token in it.
    """
    # Nor does a line show these, and finding them out takes its time.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("uvicorn.error").addFilter(is_no_cancellation)
    LOGGER.setLevel(level.upper())


def is_no_cancellation(record: logging.LogRecord) -> bool:
    """Tell failures from what uvicorn reports as one while it stops: that it has cancelled a download, say."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


class OneLine(logging.Formatter):
    """Time and level before an event; what other packages say becomes an event too, a traceback its field."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the one line of a record."""
        start = f"time={_moment(int(record.created))}.{record.msecs:03.0f}Z level={record.levelname.lower()}"
        traceback = self.formatException(record.exc_info) if record.exc_info else None
        if record.name == LOGGER.name and traceback is None:
            return f"{start} {record.getMessage()}"
        message = record.getMessage().strip()
        return f"{start} {pairs(event='log', logger=record.name, message=message, traceback=traceback)}"


@lru_cache(maxsize=2)
def _moment(second: int) -> str:
    """Give a second in UTC; many lines are of the same."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def _value(value: object) -> str:
    text = str(value)
    return text if PLAIN.fullmatch(text) else json.dumps(text)
