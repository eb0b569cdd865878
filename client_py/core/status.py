"""Decides what a person is told about the connection: one state, and how it stands, or why not and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from client_py.core.peer.failure_evidence import Evidence
from client_py.core.peer.gathering import RelayFault
from client_py.core.peer.ice_servers import RelayChoice
from client_py.core.peer.link import LinkState
from client_py.core.peer.penalty import Fault
from client_py.core.server.access_faults import PageOriginRefused
from client_py.core.server.session import SessionState
from client_py.core.status_line import (
    Away,
    Cause,
    Connected,
    ConnectedToOwnDevice,
    Connecting,
    Interrupted,
    KeptAway,
    NotConnected,
    Situation,
    Status,
    StatusLine,
)
from protocol.codes import CloseCode

MAX_REASON = 200
"""How many characters of what a browser says are shown."""


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What the status depends on, of one link."""

    username: str
    state: LinkState
    evidence: Evidence
    """What the last attempts in vain have shown."""
    relayed: bool | None = None
    """Whether a TURN server carries the data; None while that is not known."""
    relay_fault: RelayFault | None = None
    """Why no TURN server could carry it; None where one could."""
    fault: Fault | None = None
    """For what the other side is kept away just now, if it is."""
    is_own: bool = False
    """Whether it leads to another device of the same person."""


@dataclass(frozen=True, slots=True)
class RelayFacts:
    """What the status depends on, of the relay in general."""

    choice: RelayChoice
    ended: bool
    """Whether the credentials for it have run out."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the status depends on."""

    supported: bool
    session: SessionState
    close_code: int | None
    links: Sequence[LinkFacts]
    relay: RelayFacts
    refused_origin: str = ""
    """The page's own, if the server takes no pages of it."""
    is_full_of_own_devices: bool = False
    """Whether what a full room has no place for is one more device of this person."""
    waits_for: str | None = None
    """Whom what is written waits for while nobody else is here; None for the next to come."""

    @property
    def others(self) -> list[LinkFacts]:
        """The links to other people."""
        return [link for link in self.links if not link.is_own]

    @property
    def has_own_device(self) -> bool:
        """Whether there is a connection to another device of the same person."""
        return any(link.is_own and link.state is LinkState.OPEN for link in self.links)


def status_line(facts: Facts) -> StatusLine:
    """Decide what to show: an open link counts for more than anything about the server."""
    if not facts.supported:
        return StatusLine(Status.UNSUPPORTED, Situation.NO_WEBRTC)
    if any(link.state is LinkState.OPEN for link in facts.others):
        return StatusLine(Status.CONNECTED, _connected(facts))
    if facts.has_own_device and not facts.others:
        return StatusLine(Status.CONNECTED, ConnectedToOwnDevice(facts.waits_for))
    if facts.refused_origin:
        return StatusLine(Status.REFUSED, PageOriginRefused(facts.refused_origin))
    if facts.session is SessionState.REFUSED:
        return StatusLine(Status.REFUSED, _REFUSALS.get(facts.close_code, Situation.INCOMPATIBLE))
    if facts.session is SessionState.FULL:
        situation = Situation.TOO_MANY_TABS if facts.is_full_of_own_devices else Situation.ROOM_FULL
        return StatusLine(Status.FULL, situation)
    if facts.session is SessionState.WAITING or (facts.session in _ENTERING and facts.close_code is not None):
        is_busy = facts.close_code == CloseCode.TRY_AGAIN_LATER
        return StatusLine(Status.OFFLINE, Situation.SERVER_BUSY if is_busy else Situation.SERVER_UNREACHABLE)
    return _on_the_way(facts)


def _on_the_way(facts: Facts) -> StatusLine:
    if kept_away := _kept_away(facts):
        return StatusLine(Status.RECONNECTING, kept_away)
    for state, describe in _LINK_LINES:
        for link in facts.others:
            if link.state is state:
                return describe(link, facts.relay)
    if facts.session is SessionState.JOINED:
        return StatusLine(Status.WAITING, Situation.ALONE if facts.waits_for is None else Away(facts.waits_for))
    return StatusLine(Status.CONNECTING, Situation.ENTERING)


def _connected(facts: Facts) -> Connected:
    """Tell how the first is connected, and of everyone else whether they are."""
    link, *also = (link for link in facts.others if link.state is LinkState.OPEN)
    reached = dict.fromkeys(other.username for other in also if other.username != link.username)
    # Of one person, one device is enough; and who is kept away is told of by itself.
    names = dict.fromkeys(other.username for other in facts.others if not other.fault)
    without = tuple(name for name in names if name != link.username and name not in reached)
    # Of a server that has refused us nobody can say that it is away.
    server_away = facts.session not in (SessionState.JOINED, SessionState.REFUSED)
    return Connected(link.username, link.relayed, server_away, _kept_away(facts), tuple(reached), without)


def _kept_away(facts: Facts) -> KeptAway | None:
    """Return who has broken the rules and is kept away, if anyone is."""
    return next((KeptAway(link.username, link.fault) for link in facts.links if link.fault), None)


def _interrupted(link: LinkFacts, _relay: RelayFacts) -> StatusLine:
    return StatusLine(Status.RECONNECTING, Interrupted(link.username))


def _failed(link: LinkFacts, relay: RelayFacts) -> StatusLine:
    cause = _cause(link, relay)
    reason = link.evidence.refusal[:MAX_REASON] if cause is Cause.BROWSER_REFUSED else ""
    return StatusLine(Status.FAILED, NotConnected(link.username, cause, relay.choice.only, reason))


def _cause(link: LinkFacts, relay: RelayFacts) -> Cause:
    evidence = link.evidence
    if evidence.refusal:
        return Cause.BROWSER_REFUSED
    if not evidence.answered:
        return Cause.NO_ANSWER
    if evidence.connected:
        return Cause.UNKNOWN
    if relay.choice.only and not relay.choice.offered:
        return Cause.RELAY_MISSING
    if not relay.choice.offered or link.relay_fault is None or _is_silent_for_all(link, relay):
        return _path_cause(evidence, relay)
    if link.relay_fault is RelayFault.REFUSED and relay.ended:
        # To a TURN server both are the same: it answers 401 to credentials that have ended, too.
        return Cause.RELAY_EXPIRED
    return _RELAY_CAUSES[link.relay_fault]


def _is_silent_for_all(link: LinkFacts, relay: RelayFacts) -> bool:
    """Tell whether more is missing than a relay, which is taken to be away where nothing is heard of it."""
    is_silent = link.relay_fault is RelayFault.UNREACHABLE and not relay.choice.only
    return is_silent and not (link.evidence.gathered and link.evidence.offered)


def _path_cause(evidence: Evidence, relay: RelayFacts) -> Cause:
    if not evidence.gathered and not relay.choice.only:
        return Cause.NO_ADDRESS
    return Cause.NO_PATH if evidence.offered else Cause.NO_PEER_ADDRESS


def _connecting(link: LinkFacts, _relay: RelayFacts) -> StatusLine:
    return StatusLine(Status.CONNECTING, Connecting(link.username))


_ENTERING = (SessionState.OPENING, SessionState.ENTERING)

_REFUSALS: dict[int | None, Situation] = {
    CloseCode.REPLACED: Situation.REPLACED,
    CloseCode.UNAUTHENTICATED: Situation.LOGIN_ENDED,
}

_RELAY_CAUSES = {
    RelayFault.REFUSED: Cause.RELAY_REFUSED,
    RelayFault.OVERLOADED: Cause.RELAY_OVERLOADED,
    RelayFault.UNREACHABLE: Cause.RELAY_UNREACHABLE,
}

_LINK_LINES = (
    (LinkState.FAILED, _failed),
    (LinkState.INTERRUPTED, _interrupted),
    (LinkState.CONNECTING, _connecting),
)
