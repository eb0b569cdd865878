"""Decides by what id a message is known in this browser: ids belong to their author.

The author of a message makes its id, so another member of the room can copy it. What one account calls its message
therefore says nothing about the messages of another: an id of somebody else counts together with their name.
"""

from __future__ import annotations

SEPARATOR = ":"
"""Stands in no id and in no name (`PeerId`, `Username`), so that no two pairs are written alike."""


def local_id(message_id: str, author: str, own_account: str) -> str:
    """Return the id of a message in this browser; one of our own account is as its writer made it."""
    return message_id if author == own_account else f"{author}{SEPARATOR}{message_id}"


def with_author(known_as: str, own_account: str) -> str:
    """Return the id that is kept, with the author in every case."""
    return known_as if SEPARATOR in known_as else f"{own_account}{SEPARATOR}{known_as}"


def without_author(known_as: str) -> str:
    """Return the id as its author made it; releases before 0.2 kept it like this."""
    return known_as.rpartition(SEPARATOR)[2]
