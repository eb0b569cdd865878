"""Names a request, so that what a person quotes is found in the log: the name stands in each of its lines."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

REQUEST_ID_HEADER = "X-Request-ID"
MADE_BYTES = 8
SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What a proxy may call a request: it goes into a header, into the log, and into a sentence."""

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Of the request that is being answered. A server answers each in a task of its own, whose context ends with it."""


def is_sane(text: str) -> bool:
    """Tell whether a text can be the id of a request."""
    return SANE.fullmatch(text) is not None


def new_request_id() -> str:
    """Make an id that no other request has."""
    return secrets.token_hex(MADE_BYTES)
