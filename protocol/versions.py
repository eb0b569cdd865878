"""Decides which version of the signaling protocol a connection speaks, and what a version is told.

A version adds to the one before it, and takes nothing away. A page of version 1 refuses what it does not know, and
gives up its WebSocket; from 2 on, pages ignore unknown events and unknown fields. So what is new is told to those that
know it alone, and may be added without another version for those that would ignore it (docs/protocol.md).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass, replace
from functools import cache
from hashlib import sha256
from operator import is_
from typing import Any

from protocol.codes import ErrorCode
from protocol.events import Error, Event, Peer, Welcome

FIRST = 1
"""Of a client that offers no subprotocol, too: it has never said that it ignores what it does not know."""
LATEST = 2

SUBPROTOCOLS: Mapping[int, str] = {2: "p2p-chat.v2", 1: "p2p-chat.v1"}
"""The WebSocket subprotocol of each version; a page offers all of them, the newest first, and the server selects the
newest that it knows."""

SINCE: Mapping[object, int] = {
    ErrorCode.TOO_MANY_DEVICES: 2,
    ErrorCode.FORBIDDEN_HOST: 2,
    ErrorCode.RESERVED_USERNAME: 2,
    ErrorCode.SIMILAR_ACCOUNT_EXISTS: 2,
    ErrorCode.INVALID_INVITATION: 2,
    ErrorCode.NO_GUESTS: 2,
    ErrorCode.NOT_FOR_GUESTS: 2,
    ErrorCode.WRONG_ROOM: 2,
    (Welcome, "token_expires_at"): 2,
    (Peer, "guest"): 2,
    (Peer, "formerly"): 2,
}
"""The version that first knew an event (by its class), a field (by class and name) or an error code. What does not
stand here is of the first. A field that does is optional."""

INSTEAD: Mapping[str, ErrorCode] = {
    ErrorCode.TOO_MANY_DEVICES: ErrorCode.ROOM_FULL,
    ErrorCode.FORBIDDEN_HOST: ErrorCode.FORBIDDEN_ORIGIN,
    ErrorCode.RESERVED_USERNAME: ErrorCode.ACCOUNT_EXISTS,
    ErrorCode.SIMILAR_ACCOUNT_EXISTS: ErrorCode.ACCOUNT_EXISTS,
    ErrorCode.INVALID_INVITATION: ErrorCode.INVALID_CREDENTIALS,
    ErrorCode.NO_GUESTS: ErrorCode.NOT_FOUND,
    ErrorCode.NOT_FOR_GUESTS: ErrorCode.UNAUTHENTICATED,
    ErrorCode.WRONG_ROOM: ErrorCode.ROOM_FULL,
}
"""The code of an earlier version that leads a client to do what comes nearest."""

USERNAMES_IN_ANY_SCRIPT = 2
"""The version that first knew them, and the names of guests; before, a name was of ASCII, and at least three characters
long."""
STAND_IN = re.compile(r"name-[0-9a-f]{16}")
"""What stands for another name before that version; nobody can register a name like this."""
_USERNAME_BEFORE = re.compile(r"[A-Za-z0-9_.-]{3,32}")


def version_of(offers: Collection[str]) -> int | None:
    """Return the newest version among the subprotocols that a client offers, or None if there is none."""
    return next((version for version, name in SUBPROTOCOLS.items() if name in offers), None)


def known_to(
    version: int,
    event: Event,
    since: Mapping[object, int] = SINCE,
    instead: Mapping[str, ErrorCode] = INSTEAD,
) -> Event | None:
    """Return an event as a version knows it, or None if it does not know it at all."""
    if since.get(type(event), FIRST) > version:
        return None
    if isinstance(event, Error):
        code = event.code
        while since.get(code, FIRST) > version:
            code = instead[code]
        event = replace(event, code=code)
    known: Event = _without_newer_fields(version, event, since)
    return known


def stand_in(username: str) -> str:
    """Return a name for those who know names of ASCII alone: the same one for the same account, and nobody else's."""
    if _USERNAME_BEFORE.fullmatch(username):
        return username
    return f"name-{sha256(username.encode()).hexdigest()[:16]}"


def _without_newer_fields(version: int, value: Any, since: Mapping[object, int]) -> Any:
    """Return a value as a version knows it: itself if that is all of it, since a copy costs more than a look."""
    if isinstance(value, tuple):
        items = tuple([_without_newer_fields(version, item, since) for item in value])
        return value if all(map(is_, items, value)) else items
    cls = type(value)
    changed: dict[str, Any] = {}
    for name in _field_names(cls):  # type: ignore[arg-type]  # any class can be hashed
        told = getattr(value, name)
        known = None if since.get((cls, name), FIRST) > version else _without_newer_fields(version, told, since)
        if known is not told:
            changed[name] = known
    if cls is Peer and "username" not in changed and version < USERNAMES_IN_ANY_SCRIPT:
        username = stand_in(value.username)
        if username != value.username:
            changed["username"] = username
    return replace(value, **changed) if changed else value


@cache
def _field_names(cls: type[Any]) -> tuple[str, ...]:
    """Return the fields of a dataclass; none of anything else."""
    return tuple(field.name for field in fields(cls)) if is_dataclass(cls) else ()
