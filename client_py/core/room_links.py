"""Decides what is kept of the links by which people are invited to rooms, and how one stands, as frozen values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import get_args

from client_py.core.conversation_list import MAX_CONVERSATIONS
from client_py.core.invitation_links import Invitation, is_secret
from protocol.fields import InvitationId, InvitationToken, UnixTime
from protocol.http import Invitation as ServerInvitation
from protocol.http import ListedInvitations
from protocol.json_text import parse_json_or_none
from protocol.room_names import canonical_room, is_room_name

_TOKEN, _ID, _MOMENT = (get_args(kind)[1] for kind in (InvitationToken, InvitationId, UnixTime))

LEAST_SECONDS = 86_400
"""A link that is good for less than a day is not worth sending: another invitation is asked for."""


class GuestAccess(StrEnum):
    """Whether people can come by a link without an account."""

    UNASKED = "unasked"
    ASKING = "asking"
    READY = "ready"
    OFF = "off"
    """This server takes no guests."""
    FOR_ACCOUNTS = "for-accounts"
    """Whoever shows the link is a guest, who cannot bring others."""
    LIMITED = "limited"
    """Too many invitations were made."""
    FAILED = "failed"
    """The server could not be asked."""


@dataclass(frozen=True, slots=True)
class RoomLink:
    """What this browser knows of a room's link."""

    secret: str = field(repr=False)
    guests: str | None = field(default=None, repr=False)
    """The invitation that a guest shows, if there is one."""
    invitation_id: str = ""
    """By which the server lists and ends it."""
    expires_at: int = 0
    """When the server lets nobody in by it any more, by its clock."""

    def invitation(self, now: float) -> Invitation:
        """Return what the link carries, at a time by the server's clock."""
        return Invitation(self.secret, self.guests if self.is_good(now, 0) else None)

    def is_good(self, now: float, least: float = LEAST_SECONDS) -> bool:
        """Tell whether guests can come by it for some time yet."""
        return self.guests is not None and self.expires_at > now + least

    def with_guests(self, made: ServerInvitation) -> RoomLink:
        """Return it with an invitation that the server has made."""
        return replace(self, guests=made.invitation, invitation_id=made.id, expires_at=made.expires_at)


@dataclass(frozen=True, slots=True)
class LinkState:
    """How a link stands, as a person is shown it."""

    invitation: Invitation
    access: GuestAccess = GuestAccess.UNASKED
    expires_at: int | None = None
    guests: int | None = None
    """How many have come by it; None while that is not known."""
    places: int | None = None


def counted(state: LinkState, invitation_id: str, listed: ListedInvitations, now: float) -> LinkState | None:
    """Return how a link stands by what the server lists; None where it lets nobody in any more."""
    for each in listed.invitations:
        if each.id == invitation_id and each.expires_at > now and each.guests < each.places:
            return replace(state, guests=each.guests, places=each.places, expires_at=each.expires_at)
    return None


def format_links(links: Mapping[str, RoomLink]) -> str:
    """Write the links, by room, as the browser keeps them."""
    return json.dumps({room: asdict(link) for room, link in links.items()})


def parse_links(text: str | None) -> dict[str, RoomLink]:
    """Read the links as the browser keeps them; what is none is left out."""
    value = parse_json_or_none(text or "{}")
    if not isinstance(value, dict):
        return {}
    links = {canonical_room(room): _parse(each) for room, each in value.items() if is_room_name(room)}
    return bounded({room: link for room, link in links.items() if link is not None})


def bounded(links: Mapping[str, RoomLink]) -> dict[str, RoomLink]:
    """Return the links without those that are too many, the oldest first."""
    return dict(list(links.items())[-MAX_CONVERSATIONS:])


def _parse(value: object) -> RoomLink | None:
    match value:
        case {"secret": str(secret), "guests": guests, "invitation_id": str(name), "expires_at": int(expires_at)} if (
            is_secret(secret)
        ):
            is_good = isinstance(guests, str) and _TOKEN.admits(guests) and _ID.admits(name)
            if is_good and _MOMENT.admits(expires_at):
                return RoomLink(secret, guests, name, expires_at)
            return RoomLink(secret)
    return None
