"""The addresses and bodies of the HTTP API, and how a token travels in a WebSocket handshake."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from protocol.codec import Body
from protocol.fields import AccessToken, Items, Range, Text, UnixTime, Username
from protocol.webrtc import MAX_ICE_SERVERS, IceServer

PROBE_SUBPROTOCOL = "p2p-chat.knock"
"""Offered in place of all others by a page that only wants to know whether a WebSocket can be opened."""

TOKEN_SUBPROTOCOL_PREFIX = "token."  # noqa: S105 - the marker of a token, not a token
"""Offered beside those of `versions`, followed by the JWT: a JWT is made of characters that RFC 7230 §3.2.6 allows
in a subprotocol, and so the token appears in no URL and no log."""

REGISTER_PATH = "/api/register"
LOGIN_PATH = "/api/login"
REFRESH_PATH = "/api/refresh"
ICE_SERVERS_PATH = "/api/ice-servers"
SOCKET_PATH = "/ws"
HEALTH_PATH = "/healthz"
ROOM_PATH_PREFIX = "/chat/"

MAX_BODY_BYTES = 4_096
"""A username and a password need less than 1 KiB, however they are escaped, and as many marks as may be 2 KiB."""

DEVICE_MARK = Text(256, r"[0-9a-f]+\.[0-9a-f.]+")
"""Lets the server recognize a browser in which a name has logged in before. The page understands only what stands
before the first dot: two marks that have that in common are of one name and browser, and the later counts."""

MAX_DEVICE_MARKS = 8
"""A browser that several people use sends those of the people who logged in last."""

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


@dataclass(frozen=True, slots=True)
class IceServers:
    """By what an account may connect to others, and until when."""

    ice_servers: Annotated[tuple[IceServer, ...], Items(0, MAX_ICE_SERVERS)]
    expires_at: UnixTime | None = None
    """When the credentials in it end; None where there are none."""


CREDENTIALS: Body[Credentials] = Body(Credentials, MAX_BODY_BYTES)
MARKED_CREDENTIALS: Body[MarkedCredentials] = Body(MarkedCredentials, MAX_BODY_BYTES)
LOGIN: Body[Login] = Body(Login, MAX_LOGIN_BYTES, lenient=True)
ICE_SERVERS: Body[IceServers] = Body(IceServers, MAX_ICE_SERVERS_BYTES, lenient=True)
