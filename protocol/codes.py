"""The codes by which a program tells one refusal from another, and whether trying again can help."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class ErrorCode(StrEnum):
    """Why the server refused: `code` in an `error` event and in the JSON body of a failed HTTP request.

    A page may meet the codes of later releases too. It goes by `retry_after` then, and shows the server's sentence.
    """

    ACCOUNT_EXISTS = "account_exists"
    """Registering: the username is taken, in whatever case."""
    BACKPLANE_UNAVAILABLE = "backplane_unavailable"
    """Signaling: the room may be on another process, which cannot be reached just now; `retry_after` says when to ask
    again."""
    DATABASE_UNAVAILABLE = "database_unavailable"
    """HTTP: the server's database is away for the moment; `retry_after` says for how many seconds to wait."""
    FORBIDDEN_HOST = "forbidden_host"
    """HTTP: the request names a host that this server does not answer for."""
    FORBIDDEN_ORIGIN = "forbidden_origin"
    """HTTP: the page asking is of an origin that this server does not allow."""
    INTERNAL = "internal"
    """The server failed; its log says why."""
    INVALID_CREDENTIALS = "invalid_credentials"
    """Logging in: the name or the password is wrong (which of them is not said)."""
    INVALID_INVITATION = "invalid_invitation"
    """Coming as a guest: there is no invitation, or it was ended, has expired, or is used up. Since version 2."""
    INVALID_PASSWORD = "invalid_password"  # noqa: S105 - a code, not a password
    """Registering: the password is too short or too long."""
    INVALID_USERNAME = "invalid_username"
    """Registering: the username is too short, too long, has other characters than it may, or mixes scripts."""
    MALFORMED = "malformed"
    """The input is not JSON, or not of the right shape."""
    METHOD_NOT_ALLOWED = "method_not_allowed"
    """HTTP: this address takes other methods."""
    NO_GUESTS = "no_guests"
    """Inviting, or coming as a guest: this server takes no guests. Since version 2."""
    NOT_FOR_GUESTS = "not_for_guests"
    """A guest has asked for what only an account has. Since version 2."""
    NOT_FOUND = "not_found"
    """HTTP: there is nothing at this address."""
    NOT_IN_ROOM = "not_in_room"
    """Signaling: the request needs a room, and the peer is in none."""
    RATE_LIMITED = "rate_limited"
    """Too many requests; `retry_after` says for how many seconds to wait."""
    RESERVED_USERNAME = "reserved_username"
    """Registering: nobody may have this username, since it would be taken for the server or the people who run it.
    Since version 2."""
    ROOM_FULL = "room_full"
    """Joining: every place in the room is taken."""
    SIMILAR_ACCOUNT_EXISTS = "similar_account_exists"
    """Registering: an account has a username that cannot be told from this one by looking. Since version 2."""
    TOO_BIG = "too_big"
    """The body or message is larger than allowed."""
    TOO_MANY_DEVICES = "too_many_devices"
    """Joining: this person is in the room with as many tabs and programs as one may be. Since version 2."""
    UNAUTHENTICATED = "unauthenticated"
    """The token is missing, expired, or not ours: log in again."""
    UNEXPECTED = "unexpected"
    """A known message at a time when it has no meaning, such as a second `join`."""
    UNKNOWN_MESSAGE = "unknown_message"
    """A type of message that does not exist."""
    UNKNOWN_PEER = "unknown_peer"
    """Signaling: the addressee is not in this room (any more)."""
    WRONG_ROOM = "wrong_room"
    """Joining: a guest may be in the room that they were invited to, and in no other. Since version 2."""


class CloseCode(IntEnum):
    """Why the server closed the WebSocket (RFC 6455 §7.4: 4000 to 4999 are the application's)."""

    NORMAL = 1000
    """The client left."""
    GOING_AWAY = 1001
    """The page went away; what a browser sends when a tab is closed or reloaded."""
    TOO_BIG = 1009
    """A message far over the limit, closed by the WebSocket layer itself; one just over it gets an error."""
    INTERNAL_ERROR = 1011
    """The server failed, or this client did not answer its pings in time."""
    SERVICE_RESTART = 1012
    """The server is shutting down: come back."""
    TRY_AGAIN_LATER = 1013
    """What the server needs is away for the moment, its database above all: come back."""
    PROTOCOL_VIOLATION = 4400
    """Three malformed messages in a row: this client and this server do not speak the same language."""
    UNAUTHENTICATED = 4401
    """The token is missing, expired, or not ours: log in again."""
    REPLACED = 4409
    """Another connection resumed this peer."""
    RATE_LIMITED = 4429
    """Refused requests kept coming: come back later."""
    SLOW_CONSUMER = 4508
    """The client did not read what was sent to it, and the queue for it is full."""
    TOKEN_EXPIRED = 4511
    """The token with which the connection was opened has expired, and was not renewed over it: come back with another.
    It is not final, since a page may have renewed its login in another way; one that has not is told 4401 then."""

    @property
    def is_final(self) -> bool:
        """Whether connecting again in the same way can only end in the same way."""
        return self in FINAL_CLOSE_CODES


FINAL_CLOSE_CODES = frozenset({CloseCode.PROTOCOL_VIOLATION, CloseCode.UNAUTHENTICATED, CloseCode.REPLACED})

FINAL_BY_CLASS = range(4400, 4500)
"""Of the close codes of later releases, those that are final: what is wrong is this client, as with HTTP's 4xx."""


def is_final_close(code: int) -> bool:
    """Tell whether a close code is final, be it known or not; one that is not known is judged by its class."""
    try:
        return CloseCode(code).is_final
    except ValueError:
        return code in FINAL_BY_CLASS
