"""The addresses and bodies of the HTTP API, and how a token travels in a WebSocket handshake."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from protocol.codec import Body
from protocol.fields import (
    AccessToken,
    Count,
    DeviceLabel,
    InvitationId,
    InvitationToken,
    Items,
    LoginId,
    Range,
    RoomName,
    Text,
    UnixTime,
    Username,
)
from protocol.webrtc import MAX_ICE_SERVERS, IceServer

PROBE_SUBPROTOCOL = "p2p-chat.knock"
"""Offered in place of all others by a page that only wants to know whether a WebSocket can be opened."""

TOKEN_SUBPROTOCOL_PREFIX = "token."  # noqa: S105 - the marker of a token, not a token
"""Offered beside those of `versions`, followed by the JWT: a JWT is made of characters that RFC 7230 §3.2.6 allows
in a subprotocol, and so the token appears in no URL and no log."""

REGISTER_PATH = "/api/register"
LOGIN_PATH = "/api/login"
REFRESH_PATH = "/api/refresh"
LOGOUT_PATH = "/api/logout"
LOGINS_PATH = "/api/logins"
END_LOGIN_PATH = "/api/logins/end"
END_OTHER_LOGINS_PATH = "/api/logins/end-others"
PASSWORD_PATH = "/api/password"  # noqa: S105 - an address
DELETE_ACCOUNT_PATH = "/api/delete-account"
INVITATIONS_PATH = "/api/invitations"
REVOKE_INVITATION_PATH = "/api/invitations/revoke"
INVITATION_PATH = "/api/guests/invitation"
GUESTS_PATH = "/api/guests"
GUEST_ACCOUNT_PATH = "/api/guests/account"
ICE_SERVERS_PATH = "/api/ice-servers"
SOCKET_PATH = "/ws"
HEALTH_PATH = "/healthz"
ROOM_PATH_PREFIX = "/chat/"
SETTINGS_PATH = "/settings"

MAX_BODY_BYTES = 4_096
"""A username and a password need less than 1 KiB, however they are escaped, and as many marks as may be 2 KiB."""

DEVICE_MARK = Text(256, r"[0-9a-f]+\.[0-9a-f.]+")
"""Lets the server recognize a browser in which a name has logged in before. The page understands only what stands
before the first dot: two marks that have that in common are of one name and browser, and the later counts."""

MAX_DEVICE_MARKS = 8
"""A browser that several people use sends those of the people who logged in last."""

MAX_LISTED_LOGINS = 100
"""As many as an account may have."""

MAX_LOGINS_BYTES = 65_536
"""Of the list of them, however its labels are escaped; it only guards the page against a broken server."""

MAX_INVITATIONS = 50
"""Of one account, that are valid or have guests."""

MAX_PLACES, PLACES = 64, 8
"""How many guests may come by one invitation: as many as there are persons in the largest room; and, where nobody says
how many, those of a family. Somebody who opens a link on a phone and then on a laptop has come twice."""

MAX_INVITATIONS_BYTES = 65_536
"""Of the list of them; it only guards the page against a broken server."""

MAX_LOGIN_BYTES = 16_384
"""Of the answer that holds a token; it only guards the page against a broken server."""

MAX_ICE_SERVERS_BYTES = 65_536
"""Room for some hundred URLs; it only guards the page against a broken server."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What `POST /api/register` takes. Which names and passwords may be, has codes of its own."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MarkedCredentials(Credentials):
    """What `POST /api/login` takes; `device_marks` are those that the browser holds, whichever accounts they are of."""

    device_marks: Annotated[tuple[str, ...], Items(0, MAX_DEVICE_MARKS)] = ()


@dataclass(frozen=True, slots=True)
class Login:
    """What answers them, and `POST /api/refresh`."""

    token: AccessToken
    username: Username
    expires_at: UnixTime
    """When the token ends."""
    device_mark: str | None = None
    """For the browser to show at the next login; None where the token was renewed. One that is none is passed over."""
    expires_in: Annotated[int, Range(1, 2**31)] | None = None
    """For how many seconds it is good from now on; None from an earlier release of the server."""
    room: RoomName | None = None
    """The one that a guest is bound to; of an account that was a guest, the one that it was bound to."""
    formerly: Username | None = None
    """The name that the account had in that room while it was a guest: what a browser keeps under it is the account's,
    even where the answer that made one of the other was lost."""


@dataclass(frozen=True, slots=True)
class NewPassword:
    """What `POST /api/password` takes; `device_marks` as at a login, since a password is tried here too."""

    password: str = field(repr=False)
    """The one until now."""
    new_password: str = field(repr=False)
    device_marks: Annotated[tuple[str, ...], Items(0, MAX_DEVICE_MARKS)] = ()


@dataclass(frozen=True, slots=True)
class Farewell:
    """What `POST /api/delete-account` takes."""

    password: str = field(repr=False)
    device_marks: Annotated[tuple[str, ...], Items(0, MAX_DEVICE_MARKS)] = ()


@dataclass(frozen=True, slots=True)
class EndLogin:
    """What `POST /api/logins/end` takes: which of those that are listed."""

    id: LoginId


@dataclass(frozen=True, slots=True)
class ListedLogin:
    """One login of an account: a browser or a program that has a token of it."""

    id: LoginId
    device: DeviceLabel
    """What it calls itself, in a few words; nothing if it does not say."""
    created_at: UnixTime
    last_used_at: UnixTime
    """When its token was renewed, or first shown after that."""
    is_current: bool
    """Whether it is the one that asks."""


@dataclass(frozen=True, slots=True)
class ListedLogins:
    """What answers `GET /api/logins`: the one used last first."""

    logins: Annotated[tuple[ListedLogin, ...], Items(0, MAX_LISTED_LOGINS)]


@dataclass(frozen=True, slots=True)
class Invite:
    """What `POST /api/invitations` takes."""

    room: RoomName
    places: Annotated[int, Range(1, MAX_PLACES)] = PLACES
    """How many guests may come by it."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What answers it."""

    invitation: InvitationToken
    """What a guest shows. It is told once, and not kept by the server."""
    id: InvitationId
    """By which it is listed and revoked."""
    room: RoomName
    places: Count
    expires_at: UnixTime


@dataclass(frozen=True, slots=True)
class ListedInvitation:
    """One invitation of an account, that is valid or has guests."""

    id: InvitationId
    room: RoomName
    places: Count
    guests: Count
    """How many have come by it."""
    created_at: UnixTime
    expires_at: UnixTime
    """When it ends, or was ended: in the past, it has guests and lets nobody in any more."""


@dataclass(frozen=True, slots=True)
class ListedInvitations:
    """What answers `GET /api/invitations`: the newest first."""

    invitations: Annotated[tuple[ListedInvitation, ...], Items(0, MAX_INVITATIONS)]


@dataclass(frozen=True, slots=True)
class RevokeInvitation:
    """What `POST /api/invitations/revoke` takes: which of those that are listed."""

    id: InvitationId
    end_guests: bool = False
    """Whether those who came by it have to go too."""


@dataclass(frozen=True, slots=True)
class ShownInvitation:
    """What `POST /api/guests/invitation` takes, of somebody who was given a link and has not said who they are."""

    invitation: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class InvitationDetails:
    """What answers it."""

    inviter: Username
    """Who has made the invitation."""
    room: RoomName
    expires_at: UnixTime


@dataclass(frozen=True, slots=True)
class NewGuest:
    """What `POST /api/guests` takes. Which names may be, and which invitations let somebody in, have their codes."""

    name: str
    invitation: str | None = field(default=None, repr=False)
    room: RoomName | None = None
    """Where there is no invitation, on a server that asks for none."""


@dataclass(frozen=True, slots=True)
class IceServers:
    """By what an account may connect to others, and until when."""

    ice_servers: Annotated[tuple[IceServer, ...], Items(0, MAX_ICE_SERVERS)]
    expires_at: UnixTime | None = None
    """When the credentials in it end; None where there are none."""


CREDENTIALS: Body[Credentials] = Body(Credentials, MAX_BODY_BYTES)
MARKED_CREDENTIALS: Body[MarkedCredentials] = Body(MarkedCredentials, MAX_BODY_BYTES)
LOGIN: Body[Login] = Body(Login, MAX_LOGIN_BYTES, lenient=True)
NEW_PASSWORD: Body[NewPassword] = Body(NewPassword, MAX_BODY_BYTES)
FAREWELL: Body[Farewell] = Body(Farewell, MAX_BODY_BYTES)
END_LOGIN: Body[EndLogin] = Body(EndLogin, MAX_BODY_BYTES)
LISTED_LOGINS: Body[ListedLogins] = Body(ListedLogins, MAX_LOGINS_BYTES, lenient=True)
INVITE: Body[Invite] = Body(Invite, MAX_BODY_BYTES)
INVITATION: Body[Invitation] = Body(Invitation, MAX_BODY_BYTES, lenient=True)
LISTED_INVITATIONS: Body[ListedInvitations] = Body(ListedInvitations, MAX_INVITATIONS_BYTES, lenient=True)
REVOKE_INVITATION: Body[RevokeInvitation] = Body(RevokeInvitation, MAX_BODY_BYTES)
SHOWN_INVITATION: Body[ShownInvitation] = Body(ShownInvitation, MAX_BODY_BYTES)
INVITATION_DETAILS: Body[InvitationDetails] = Body(InvitationDetails, MAX_BODY_BYTES, lenient=True)
NEW_GUEST: Body[NewGuest] = Body(NewGuest, MAX_BODY_BYTES)
ICE_SERVERS: Body[IceServers] = Body(IceServers, MAX_ICE_SERVERS_BYTES, lenient=True)
