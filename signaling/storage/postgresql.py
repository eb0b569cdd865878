"""Awaits PostgreSQL's driver, psycopg: URLs as libpq reads them, and connections that nobody waits for too long.

It is imported only where a PostgreSQL is in use, since it brings libpq along.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

from psycopg import AsyncConnection, Error, ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import URL

CANCEL_SECONDS = 0.5
"""For a server to take back a question that it has not answered; one that does not is not asked again."""
ATTEMPT_SECONDS = 2
"""For each of several hosts, unless the URL says otherwise: the next has its turn while somebody waits. It is the least
that psycopg takes."""
ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
NO_URL = "its URL is not like postgresql://user:password@host/name"


class Connection(AsyncConnection[Any]):
    """A connection whose unanswered question is not waited for once it has been given up."""

    async def cancel_safe(self, *, timeout: float = CANCEL_SECONDS) -> None:  # noqa: ASYNC109 - psycopg's own
        """Take back the question that is under way, or else close."""
        try:
            await super().cancel_safe(timeout=min(timeout, CANCEL_SECONDS))
        except Error:
            # psycopg would wait for the answer all the same, for another 5 s.
            self.pgconn.finish()


def read_url(text: str) -> URL:
    """Read a URL as PostgreSQL's own programs do; a ValueError, which has no password in it, if it is none."""
    if ESCAPE.sub("", text).count("%"):
        raise ValueError("a % in the user or the password must be written as %25")
    if re.search(r"\s", text):
        raise ValueError("a space in the user or the password must be written as %20")
    try:
        options = {name: str(value) for name, value in conninfo_to_dict(text).items()}
    except ProgrammingError as error:
        raise ValueError(_option(str(error))) from None
    except UnicodeError:  # of bytes that were percent-encoded
        raise ValueError(NO_URL) from None
    if "@" in text and "user" not in options:
        raise ValueError("a / in the user or the password must be written as %2F")
    ports = options.get("port", "").split(",")
    if not all(port.isdigit() for port in ports if port):
        raise ValueError(NO_URL)
    url = URL.create("postgresql", options.pop("user", None), options.pop("password", None))
    url = url.set(database=options.pop("dbname", None))
    if len(ports) == 1 and "/" not in options.get("host", "/"):
        url = url.set(host=options.pop("host"), port=int(options.pop("port", 0)) or None)
    return url.set(query=options)  # where SQLAlchemy takes the path of a socket, and several ports


def connecting(url: URL, patience: float) -> dict[str, Any]:
    """Return how SQLAlchemy connects; an attempt ends with a TimeoutError after `patience` seconds."""

    async def connect(*arguments: Any, **options: Any) -> AsyncConnection[Any]:
        async with asyncio.timeout(patience):
            return await Connection.connect(*arguments, **options)

    hosts = url.host or url.query.get("host") or ""
    several = {"connect_timeout": ATTEMPT_SECONDS} if "," in hosts and "connect_timeout" not in url.query else {}
    return {"async_creator_fn": connect, **several}


def _option(reason: str) -> str:
    """Return what libpq says of an option; what else it says could repeat a password."""
    return reason.strip() if "query parameter" in reason else NO_URL
