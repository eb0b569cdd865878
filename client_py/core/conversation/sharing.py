"""What a person lets others know of them, beside what they say."""

from __future__ import annotations

from dataclasses import dataclass, field

from client_py.core.frames import Profile


@dataclass(frozen=True, slots=True)
class Sharing:
    """Each switch goes both ways: who tells nothing is shown nothing of the kind."""

    read_receipts: bool = True
    """Whether others hear what was read here."""
    typing: bool = True
    """Whether others hear that somebody writes here."""
    profile: Profile = field(default_factory=Profile)
    """What the person is called, and in which colour, by those who know of it."""


EVERYTHING = Sharing()
