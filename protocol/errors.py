"""What can be wrong with a message, whichever end and whichever channel it came by.

ProtocolError
├── LocalProtocolError      we tried to send what the protocol does not allow: our bug
└── RemoteProtocolError     the other end sent what the protocol does not allow
    ├── MalformedMessage    not JSON, not the right shape, or a value out of its bounds
    ├── UnknownMessage      well formed, of a type that does not exist
    ├── UnexpectedMessage   a known type, at a time when it has no meaning
    └── MessageTooBig       larger than the channel allows
"""

from __future__ import annotations

from protocol.codes import ErrorCode


class ProtocolError(Exception):
    """The root of everything that this package raises."""


class LocalProtocolError(ProtocolError):
    """Raised when our own side builds a message that may not be sent."""


class RemoteProtocolError(ProtocolError):
    """The root of what the other end can do wrong; `code` says which for a program."""

    code: ErrorCode = ErrorCode.MALFORMED


class MalformedMessage(RemoteProtocolError):
    """Raised for input that is not JSON, or not the shape of its type; `reason` says what is wrong and where."""

    code = ErrorCode.MALFORMED

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __str__(self) -> str:
        return f"The message is malformed: {self.reason}."


class UnknownMessage(RemoteProtocolError):
    """Raised for a type of message that this version does not know."""

    code = ErrorCode.UNKNOWN_MESSAGE

    def __init__(self, message_type: str) -> None:
        self.message_type = message_type

    def __str__(self) -> str:
        return f"There is no message of type {self.message_type[:40]!r}."


class UnexpectedMessage(RemoteProtocolError):
    """Raised for a message that is valid by itself, but not now."""

    code = ErrorCode.UNEXPECTED

    def __init__(self, message_type: str, reason: str) -> None:
        self.message_type = message_type
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.message_type!r} was not expected: {self.reason}."


class MessageTooBig(RemoteProtocolError):
    """Raised before parsing, for input over the limit; both sizes in bytes of UTF-8."""

    code = ErrorCode.TOO_BIG

    def __init__(self, size: int, limit: int) -> None:
        self.size = size
        self.limit = limit

    def __str__(self) -> str:
        return f"The message has {self.size} bytes, and {self.limit} are allowed."
