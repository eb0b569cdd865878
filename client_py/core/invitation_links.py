"""Decides what stands behind the `#` of a link to a room: what invites people there, and is sent to no server.

    fragment = secret *( "." part )
    part     = letter value             "g" and an invitation of the server's: who has it may come as a guest

The secret is 128 random bits of the room, in 22 characters of base64url: the last one carries two of them, and so is a
letter, which no program takes for the end of a sentence. Parts of other letters are passed over, so that a later
release may add some. Whatever does not begin with a secret is no invitation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import get_args
from unicodedata import normalize

from protocol.fields import InvitationToken

MAX_FRAGMENT = 512
"""Characters; what is there today has 46."""
_SECRET = re.compile(r"[A-Za-z0-9_-]{22}")
_TOKEN = get_args(InvitationToken)[1]
_GUESTS = "g"
_AROUND = " .,;:!?)]}>'\"\u2019\u201d\u2026"
"""What a sentence may have written behind a link."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link to a room carries."""

    secret: str = field(repr=False)
    guests: str | None = field(default=None, repr=False)
    """What a guest shows to the server; None in a link for those who have an account."""


@dataclass(frozen=True, slots=True)
class BrokenInvitation:
    """Something stands there that is no invitation: a part of the link is missing, or it was changed on its way."""


def is_secret(text: str) -> bool:
    """Tell whether this is the secret of a room."""
    return _SECRET.fullmatch(text) is not None


def read_fragment(fragment: str) -> Invitation | BrokenInvitation | None:
    """Read what stands behind the `#` of a link; None if nothing does, as in a link of an earlier release."""
    if len(fragment) > MAX_FRAGMENT:
        return BrokenInvitation()
    fragment = fragment.rstrip(_AROUND)
    if not fragment:
        return None
    secret, *parts = fragment.split(".")
    guests = next((part[1:] for part in parts if part.startswith(_GUESTS)), None)
    if not is_secret(secret) or (guests is not None and not _TOKEN.admits(guests)):
        return BrokenInvitation()
    return Invitation(secret, guests)


def fragment_of(invitation: Invitation) -> str:
    """Write what stands behind the `#` of a link."""
    return invitation.secret if invitation.guests is None else f"{invitation.secret}.{_GUESTS}{invitation.guests}"


def without_fragment(typed: str) -> tuple[str, Invitation | BrokenInvitation | None]:
    """Take a link that somebody pasted apart: what leads to the room, and what invites there."""
    address, _, fragment = typed.strip().partition("#")
    return address, read_fragment(normalize("NFKC", fragment) if len(fragment) <= MAX_FRAGMENT else fragment)
