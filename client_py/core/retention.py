"""Whether what is said in a room is kept in this browser, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RetentionFault(StrEnum):
    """Why a browser does not keep what the person wants kept; most of it are faults of storage (`ports`)."""

    INSECURE = "insecure"
    """The page is not served over HTTPS."""
    FORBIDDEN = "forbidden"
    """Private browsing, or blocked cookies."""
    FULL = "full"
    """There is no room left."""
    NEWER = "newer"
    """A newer version of the page has been here."""
    BLOCKED = "blocked"
    """An older version of the page is open in another tab."""
    SILENT = "silent"
    """The browser does not answer."""
    CLOSED = "closed"
    """The browser has closed what it kept, and says no more."""
    TAKEN_AWAY = "taken-away"
    """What was kept was deleted meanwhile, or a newer version of the page came."""
    FAILED = "failed"
    """Something that nobody foresaw; the browser says what."""
    NO_LOCKS = "no-locks"
    """The browser does not let a page know of its other tabs."""
    NOT_REMOVED = "not-removed"
    """The person wants nothing kept, and what was kept before is still there."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Whether what is said in a room is kept in this browser, beyond the life of the page."""

    kept: bool
    changeable: bool = True
    """Whether the person can have it otherwise; not where the browser cannot keep anything."""
    fault: RetentionFault | None = None
    """What keeps the browser from keeping it; None where it is as the person wants it."""
    reason: str = ""
    """What the browser itself says of that, where it says what nobody foresaw."""
