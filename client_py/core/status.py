"""Decides what a person is told about the connection: one state, and one sentence on how, or why not and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from client_py.core.gathering import RelayFault
from client_py.core.link import LinkState
from client_py.core.models import Cause, RelayChoice, Status, StatusLine
from client_py.core.origin import origin_fault
from client_py.core.penalty import Fault
from client_py.core.session import SessionState
from protocol.codes import CloseCode

SERVER_AWAY = "The server cannot be reached just now; the conversation goes on without it."


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What the status depends on, of one link."""

    username: str
    state: LinkState
    answered: bool
    """Whether the other browser has ever answered."""
    relayed: bool | None = None
    """Whether a TURN server carries the data; None while that is not known."""
    relay_fault: RelayFault | None = None
    """Why no TURN server could carry it; None where one could."""
    fault: Fault | None = None
    """For what the other side is kept away just now, if it is."""


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


def status_line(facts: Facts) -> StatusLine:
    """Give what to show: an open link counts for more than anything about the server."""
    if not facts.supported:
        return StatusLine(
            Status.UNSUPPORTED,
            "Not supported",
            "This browser cannot connect to other browsers (it has no WebRTC). Please open this page in a current "
            "Chrome, Edge, Firefox or Safari.",
        )
    if any(link.state is LinkState.OPEN for link in facts.links):
        return StatusLine(Status.CONNECTED, "Connected", _how_connected(facts))
    if facts.refused_origin:
        return StatusLine(Status.REFUSED, "Refused", origin_fault(facts.refused_origin))
    if facts.session is SessionState.REFUSED:
        return StatusLine(Status.REFUSED, "Refused", _why_refused(facts.close_code))
    if facts.session is SessionState.FULL:
        return _full(facts)
    if facts.session is SessionState.WAITING or (facts.session in _ENTERING and facts.close_code is not None):
        detail = f"{_why_offline(facts.close_code)} It is tried again and again; what you write is kept until then."
        return StatusLine(Status.OFFLINE, "Offline", detail)
    return _on_the_way(facts)


def _full(facts: Facts) -> StatusLine:
    if facts.is_full_of_own_devices:
        detail = "You are in this room in too many tabs already. You will get in as soon as you close one of them."
        return StatusLine(Status.FULL, "Too many tabs", detail)
    detail = "Every place in this room is taken. You will get in as soon as one is free."
    return StatusLine(Status.FULL, "Room is full", detail)


def _on_the_way(facts: Facts) -> StatusLine:
    if detail := _kept_away(facts):
        return StatusLine(Status.RECONNECTING, "Reconnecting", detail)
    for state, describe in _LINK_LINES:
        for link in facts.links:
            if link.state is state:
                return describe(link, facts.relay)
    if facts.session is SessionState.JOINED:
        detail = "Nobody else is here yet. What you write now is delivered when someone comes."
        return StatusLine(Status.WAITING, "Waiting", detail)
    return StatusLine(Status.CONNECTING, "Connecting", "Entering the room…")


def _interrupted(link: LinkFacts, _relay: RelayFacts) -> StatusLine:
    detail = f"The connection to {link.username} was interrupted. What you write is sent as soon as it is back."
    return StatusLine(Status.RECONNECTING, "Reconnecting", detail)


def _failed(link: LinkFacts, relay: RelayFacts) -> StatusLine:
    cause = _cause(link, relay)
    if cause is Cause.NO_ANSWER:
        begins = ""
    elif relay.choice.only:
        begins = "You connect through a relay only. "
    else:
        begins = f"No direct path to {link.username}’s browser was found. "
    detail = begins + _CAUSES[cause].format(name=link.username)
    return StatusLine(Status.FAILED, "No connection", f"{detail} It is tried again and again.", cause)


def _cause(link: LinkFacts, relay: RelayFacts) -> Cause:
    if not link.answered:
        return Cause.NO_ANSWER
    if not relay.choice.offered:
        return Cause.RELAY_MISSING if relay.choice.only else Cause.NO_PATH
    if link.relay_fault is RelayFault.REFUSED and relay.ended:
        # To a TURN server both are the same: it answers 401 to credentials that have ended, too.
        return Cause.RELAY_EXPIRED
    return Cause.NO_PATH if link.relay_fault is None else _RELAY_CAUSES[link.relay_fault]


def _connecting(link: LinkFacts, _relay: RelayFacts) -> StatusLine:
    return StatusLine(Status.CONNECTING, "Connecting", f"Looking for a path to {link.username}’s browser…")


_ENTERING = (SessionState.OPENING, SessionState.ENTERING)

_RELAY_CAUSES = {
    RelayFault.REFUSED: Cause.RELAY_REFUSED,
    RelayFault.OVERLOADED: Cause.RELAY_OVERLOADED,
    RelayFault.UNREACHABLE: Cause.RELAY_UNREACHABLE,
}

_CAUSES = {
    Cause.NO_ANSWER: ("{name}’s browser does not answer. Ask {name} to bring the page to the front or to reload it."),
    Cause.NO_PATH: (
        "A firewall on one side may let nothing through. Another network (a phone’s, for example) may help."
    ),
    Cause.RELAY_MISSING: (
        "This server offers none. Switch that off under “Connection”, or ask whoever runs the server for a relay."
    ),
    Cause.RELAY_REFUSED: (
        "The relay refuses the credentials that this server gives out. Tell whoever runs it: the TURN servers have "
        "another secret, or another time."
    ),
    Cause.RELAY_EXPIRED: (
        "The credentials for the relay have run out, and this server gave no fresh ones. Reload the page; if that does "
        "not help, sign in again."
    ),
    Cause.RELAY_OVERLOADED: (
        "The relay takes no more connections just now. Wait a little, or tell whoever runs this server."
    ),
    Cause.RELAY_UNREACHABLE: (
        "The relay does not answer. Try another network (a phone’s, for example), or tell whoever runs this server "
        "that its TURN server may be down."
    ),
}

_FAULTS = {
    Fault.UNFORESEEN: (
        "This page failed over what {name}’s page sent. The connection to it is closed for a while; if that goes on, "
        "reload this page."
    ),
    Fault.EXCESSIVE: "{name}’s page sends more than this page takes. The connection to it is closed for a while.",
    Fault.UNREADABLE: (
        "{name}’s page sends what this page cannot read. The connection to it is closed for a while; if that goes on, "
        "both of you should reload the page."
    ),
}

_LINK_LINES = (
    (LinkState.FAILED, _failed),
    (LinkState.INTERRUPTED, _interrupted),
    (LinkState.CONNECTING, _connecting),
)


def _how_connected(facts: Facts) -> str:
    link = next(link for link in facts.links if link.state is LinkState.OPEN)
    how = {
        None: f"Connected to {link.username}, end to end encrypted.",
        False: f"Directly connected to {link.username}, end to end encrypted.",
        True: f"Connected to {link.username} through a relay, end to end encrypted.",
    }[link.relayed]
    away = "" if facts.session is SessionState.JOINED else SERVER_AWAY
    return " ".join(filter(None, (how, away, _kept_away(facts))))


def _kept_away(facts: Facts) -> str:
    """Return who has broken the rules and is kept away, if anyone is."""
    return next((_FAULTS[link.fault].format(name=link.username) for link in facts.links if link.fault), "")


def _why_offline(close_code: int | None) -> str:
    if close_code == CloseCode.TRY_AGAIN_LATER:
        return "The server is there, but cannot let anyone in at the moment."
    return "The server cannot be reached."


def _why_refused(close_code: int | None) -> str:
    match close_code:
        case CloseCode.REPLACED:
            return "This conversation goes on in another tab or window. Reload this page to bring it back here."
        case CloseCode.UNAUTHENTICATED:
            return "Your login has ended. Please sign in again."
        case _:
            return "This page and the server do not understand each other. Please reload the page."
