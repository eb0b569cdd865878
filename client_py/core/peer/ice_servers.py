"""Decides by which servers connections are made, when their credentials are renewed, and who may see our address.

TURN credentials end (draft-uberti-behave-turn-rest), and a page may stay open for days. When half of their life is
over, fresh ones are asked for, and every RTCPeerConnection is given them. That alone changes nothing for a relayed path
that is in use: an allocation is refreshed under the name that it was made with (RFC 8656 §5), and a browser turns to
other servers only where it gathers again (W3C WebRTC 1.0, setConfiguration). So links whose own end is relayed restart
ICE with them: what is said stays on the old path until the new one is found, and the old allocation is given up long
before it could lapse. Other links are left alone; they have the fresh credentials for when they need a relay.

In a restart both sides gather again, and one that comes while Firefox still looks for the path of another one costs it
the connection. So a restart follows its credentials by an eighth of their life: a peer that entered the room at about
the same time has fresh ones too by then, and what one side restarts, the other need not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from client_py.core.backoff import Backoff
from protocol.errors import RemoteProtocolError
from protocol.http import ICE_SERVERS, IceServers
from protocol.webrtc import IceServer


@dataclass(frozen=True, slots=True)
class RelayChoice:
    """Whether the person connects through a relay only, so that nobody is shown their address."""

    only: bool
    offered: bool | None = None
    """Whether the server has a relay to offer; None while that is not known."""


TURN_SCHEMES = ("turn:", "turns:")

MIN_RENEWAL_SECONDS = 20.0
"""Renewals come no closer together, however short a life the server gives its credentials."""

MAX_RENEWAL_SECONDS = 12 * 60 * 60.0
"""Nor further apart: by a clock that is days slow, credentials would seem good that have long expired."""

RESTART_AFTER = 1 / 4
"""Of the time until the next renewal, between fresh credentials and the restart that has the paths stand on them."""

RETRY_SECONDS = 5.0
RETRY_CAP_SECONDS = 600.0
"""The pauses after renewals in vain; there is half a life for them, a day's half unless the server is set otherwise."""

_OK = 200


@dataclass(frozen=True, slots=True)
class FetchIceServers:
    """Ask the server for ICE servers, and call `ice_servers_answered` or `ice_servers_unreachable`."""


@dataclass(frozen=True, slots=True)
class ConfigureConnections:
    """Set the current ICE servers and policy on every RTCPeerConnection; new ones begin with them anyway."""


@dataclass(frozen=True, slots=True)
class RenewAllocations:
    """Have relayed links allocate again; where the credentials had ended, also those that are not open start over."""

    had_ended: bool


IceServerEffect = FetchIceServers | ConfigureConnections | RenewAllocations


class IceServerSource:
    """What this page knows of STUN and TURN servers; `now` is the server's time in seconds since the epoch."""

    def __init__(self, *, only: bool, random: Callable[[], float]) -> None:
        self.servers: tuple[IceServer, ...] = ()
        self.only = only
        """Whether the person wants to connect through a relay and in no other way."""
        self.ended = False
        """Whether the credentials have run out, and no fresh ones could be had."""
        self._offered: bool | None = None
        self._ends_at: float | None = None
        self._due_at: float | None = None
        """When the oldest credentials that a path may be standing on are half way through their life."""
        self._restart_at: float | None = None
        self._not_before = 0.0
        self._seen_at = 0.0
        self._asking = False
        self._backoff = Backoff(RETRY_SECONDS, RETRY_CAP_SECONDS, random)

    @property
    def choice(self) -> RelayChoice:
        """What the person chose, and what there is to choose from."""
        return RelayChoice(self.only, self._offered)

    # Inputs

    def only_wished(self, *, only: bool) -> list[IceServerEffect]:
        """The person wants to connect through a relay only, or no longer so."""
        self.only = only
        return [ConfigureConnections()]

    def welcomed(self, servers: IceServers, now: float) -> list[IceServerEffect]:
        """Servers came with the welcome, or were asked for."""
        self._asking = False
        self._backoff.reset()
        self._not_before = 0.0
        had_ended, was_due, ends_at = self.ended, self._is_due(now), self._ends_at
        are_others, self.servers = servers.ice_servers != self.servers, servers.ice_servers
        self._offered = offers_relay(servers)
        self._begin_life(servers.expires_at, now, was_due=was_due)
        effects: list[IceServerEffect] = [ConfigureConnections()] if are_others else []
        if had_ended:
            effects += self._restart(had_ended=True)
        elif was_due and self._due_at is not None:
            restart_at = now + RESTART_AFTER * (self._due_at - now)
            self._restart_at = restart_at if ends_at is None else min(restart_at, ends_at)
        return effects

    def answered(self, status: int, body: str, retry_after: float | None, now: float) -> list[IceServerEffect]:
        """The server answered `FetchIceServers`; what is no list of servers is asked for again."""
        servers = ice_servers_of(status, body)
        if servers is None:
            self._try_later(now, retry_after or 0.0)
            return []
        return self.welcomed(servers, now)

    def unreachable(self, now: float) -> None:
        """No answer came to `FetchIceServers`."""
        self._try_later(now)

    def checked(self, now: float) -> list[IceServerEffect]:
        """The network may be another, or the page has slept: let no pause run on."""
        self._backoff.reset()
        self._not_before = 0.0
        return self.ticked(now)

    def ticked(self, now: float) -> list[IceServerEffect]:
        """Some time has passed. A clock that is looked at now and then does not mind sleep, as a long timer would."""
        is_set_back, self._seen_at = now < self._seen_at, now
        if is_set_back and self._due_at is not None:
            self._due_at = now  # for how long they are good, that clock could not tell
            self._not_before = 0.0
        if self._ends_at is not None and now >= self._ends_at:
            self.ended = True
        is_time = self._restart_at is not None and now >= self._restart_at
        effects = self._restart(had_ended=False) if is_time else []
        if self._asking or not self._is_due(now) or now < self._not_before:
            return effects
        self._asking = True
        return [*effects, FetchIceServers()]

    # Transitions

    def _restart(self, *, had_ended: bool) -> list[IceServerEffect]:
        self._restart_at = None
        return [RenewAllocations(had_ended)]

    def _is_due(self, now: float) -> bool:
        return self._due_at is not None and now >= self._due_at

    def _begin_life(self, ends_at: float | None, now: float, *, was_due: bool) -> None:
        self.ended = False
        self._ends_at = ends_at
        if ends_at is None:
            self._due_at = None
            return
        life = ends_at - now
        if life <= 0:
            # They are fresh, so it is our clock that is wrong: when they end, it cannot tell.
            self._ends_at = None
            life = MAX_RENEWAL_SECONDS
        due_at = now + min(max(life / 2, MIN_RENEWAL_SECONDS), MAX_RENEWAL_SECONDS)
        # A welcome that comes early gives nothing to the paths that stand already: they keep their time.
        self._due_at = due_at if was_due or self._due_at is None else min(due_at, self._due_at)

    def _try_later(self, now: float, least: float = 0.0) -> None:
        self._asking = False
        self._not_before = now + max(least, self._backoff.next_delay())


def ice_servers_of(status: int, body: str) -> IceServers | None:
    """Read what the server answers to `GET /api/ice-servers`; None if it is not what was asked for."""
    if status != _OK:
        return None
    try:
        return ICE_SERVERS.decode(body)
    except RemoteProtocolError:
        return None


def offers_relay(servers: IceServers) -> bool:
    """Tell whether there is a TURN server among these."""
    return any(url.startswith(TURN_SCHEMES) for server in servers.ice_servers for url in server.urls)
