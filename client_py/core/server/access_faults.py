"""Why nobody is signed in on this page, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


@dataclass(frozen=True, slots=True)
class PageOriginRefused:
    """The server takes no pages of this origin, which is the page's own."""

    origin: str
    host: str | None = None
    """As which the server was asked, where it has said so: it is the page's own server, and a proxy has changed that.
    Empty where the proxy has not said any."""


class LoginFault(Enum):
    """Why nobody is signed in, where the server has not said it."""

    EXPIRED = auto()
    """The server takes the login no longer."""
    LOGGED_OUT_ELSEWHERE = auto()
    """The person has logged out in another tab, which is for every tab."""
    GUEST_ENDED = auto()
    """The server takes a guest's login no longer, who has no password: it was ended, or has not been used for long."""
    LINK_BROKEN = auto()
    """Somebody has opened a link of which a part is missing."""
    UNREACHABLE = auto()
    """No answer came."""
    UNREADABLE = auto()
    """What came is no answer of this server's."""


@dataclass(frozen=True, slots=True)
class ServerRefused:
    """The server refused to sign someone in, or to make an account."""

    code: str
    """An `ErrorCode`, or what a newer server has in its place."""
    retry_after: int | None = None
    """Seconds to wait, where waiting helps."""
    request_id: str = ""
    """Finds it in the server's log, where the server failed."""


@dataclass(frozen=True, slots=True)
class InvitedTo:
    """Somebody has opened a link to a room that lets in nobody without an account."""

    room: str


@dataclass(frozen=True, slots=True)
class SignedInElsewhere:
    """Someone has signed in in another tab; a reload makes this tab theirs."""

    username: str


@dataclass(frozen=True, slots=True)
class SomeoneElseSignedIn:
    """Someone else has signed in in this browser than the person whose tab this is."""

    username: str
    person: str
    """Whose tab this is."""


AccessFault = InvitedTo | LoginFault | PageOriginRefused | ServerRefused | SignedInElsewhere | SomeoneElseSignedIn
