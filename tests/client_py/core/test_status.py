from __future__ import annotations

from dataclasses import replace

import pytest

from client_py.core.peer.failure_evidence import Evidence
from client_py.core.peer.gathering import RelayFault
from client_py.core.peer.ice_servers import RelayChoice
from client_py.core.peer.link import LinkState
from client_py.core.peer.penalty import Fault
from client_py.core.server.access_faults import PageOriginRefused
from client_py.core.server.session import SessionState
from client_py.core.status import MAX_REASON, Facts, LinkFacts, RelayFacts, status_line
from client_py.core.status_line import (
    Away,
    Cause,
    Connected,
    ConnectedToOwnDevice,
    Connecting,
    Detail,
    Interrupted,
    KeptAway,
    NotConnected,
    Situation,
    Status,
    StatusLine,
)
from protocol.codes import CloseCode

NO_RELAY = RelayFacts(RelayChoice(only=False, offered=False), ended=False)
JOINED, WAITING = SessionState.JOINED, SessionState.WAITING
PAGES = "https://pages.example"


TRIED = Evidence(answered=True, gathered=True, offered=True)


def facts(
    session: SessionState = JOINED,
    *links: LinkFacts,
    close_code: int | None = None,
    supported: bool = True,
    refused_origin: str = "",
    relay: RelayFacts = NO_RELAY,
) -> Facts:
    """Return facts, in which everything is well if nothing else is said."""
    return Facts(supported, session, close_code, links, relay, refused_origin)


def link(
    state: LinkState,
    *,
    evidence: Evidence = TRIED,
    relayed: bool | None = None,
    fault: RelayFault | None = None,
    kept_away: Fault | None = None,
) -> LinkFacts:
    """Return the facts of a link to Ben."""
    return LinkFacts("Ben", state, evidence, relayed, fault, kept_away)


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (facts(supported=False), Status.UNSUPPORTED),
        (facts(SessionState.IDLE), Status.CONNECTING),
        (facts(SessionState.OPENING), Status.CONNECTING),
        (facts(SessionState.OPENING, close_code=1006), Status.OFFLINE),
        (facts(SessionState.ENTERING, close_code=1006), Status.OFFLINE),
        (facts(WAITING, close_code=1006), Status.OFFLINE),
        (facts(WAITING, link(LinkState.INTERRUPTED), close_code=1006), Status.OFFLINE),
        (facts(WAITING, link(LinkState.OPEN), close_code=1006), Status.CONNECTED),
        (facts(WAITING, close_code=1006, refused_origin=PAGES), Status.REFUSED),
        (facts(SessionState.OPENING, close_code=1006, refused_origin=PAGES), Status.REFUSED),
        (facts(WAITING, link(LinkState.OPEN), close_code=1006, refused_origin=PAGES), Status.CONNECTED),
        (facts(SessionState.FULL), Status.FULL),
        (facts(SessionState.REFUSED, close_code=CloseCode.REPLACED), Status.REFUSED),
        (facts(SessionState.REFUSED, link(LinkState.OPEN), close_code=CloseCode.REPLACED), Status.CONNECTED),
        (facts(), Status.WAITING),
        (facts(close_code=1006), Status.WAITING),
        (facts(JOINED, link(LinkState.CONNECTING)), Status.CONNECTING),
        (facts(JOINED, link(LinkState.OPEN)), Status.CONNECTED),
        (facts(JOINED, link(LinkState.INTERRUPTED)), Status.RECONNECTING),
        (facts(JOINED, link(LinkState.FAILED)), Status.FAILED),
        (facts(JOINED, link(LinkState.CONNECTING), link(LinkState.OPEN)), Status.CONNECTED),
        (facts(JOINED, link(LinkState.CONNECTING), link(LinkState.FAILED)), Status.FAILED),
    ],
)
def test_status_follows_the_facts(given: Facts, status: Status) -> None:
    """An open link counts for more than anything about the server; after that, what is worst is told."""
    assert status_line(given).status is status


def test_status_says_who_has_to_leave_a_full_room() -> None:
    """Others have to, unless it is full of tabs of one's own."""
    full = facts(SessionState.FULL)
    own = replace(full, is_full_of_own_devices=True)
    assert status_line(full) == StatusLine(Status.FULL, Situation.ROOM_FULL)
    assert status_line(own) == StatusLine(Status.FULL, Situation.TOO_MANY_TABS)


RELAY = RelayFacts(RelayChoice(only=False, offered=True), ended=False)
ENDED = RelayFacts(RelayChoice(only=False, offered=True), ended=True)
ONLY = RelayFacts(RelayChoice(only=True, offered=True), ended=False)
ONLY_WITHOUT = RelayFacts(RelayChoice(only=True, offered=False), ended=False)
ONLY_UNKNOWN = RelayFacts(RelayChoice(only=True), ended=False)


@pytest.mark.parametrize(
    ("relay", "fault", "cause"),
    [
        (NO_RELAY, RelayFault.UNREACHABLE, Cause.NO_PATH),
        (RELAY, None, Cause.NO_PATH),
        (RELAY, RelayFault.REFUSED, Cause.RELAY_REFUSED),
        (ENDED, RelayFault.REFUSED, Cause.RELAY_EXPIRED),
        (RELAY, RelayFault.OVERLOADED, Cause.RELAY_OVERLOADED),
        (ENDED, RelayFault.OVERLOADED, Cause.RELAY_OVERLOADED),
        (RELAY, RelayFault.UNREACHABLE, Cause.RELAY_UNREACHABLE),
        (ENDED, RelayFault.UNREACHABLE, Cause.RELAY_UNREACHABLE),
        (ONLY, RelayFault.UNREACHABLE, Cause.RELAY_UNREACHABLE),
        (ONLY_WITHOUT, RelayFault.UNREACHABLE, Cause.RELAY_MISSING),
        (ONLY_UNKNOWN, RelayFault.UNREACHABLE, Cause.RELAY_MISSING),
    ],
)
def test_failure_has_a_cause(relay: RelayFacts, fault: RelayFault | None, cause: Cause) -> None:
    """What keeps the relay from helping is told, and whether the person wants no other way."""
    line = status_line(facts(JOINED, link(LinkState.FAILED, fault=fault), relay=relay))
    assert line.cause is cause
    assert line.detail == NotConnected("Ben", cause, relay.choice.only)


def test_failure_to_answer_comes_before_any_relay() -> None:
    """A peer that does not answer needs no relay yet; and where nothing failed, there is no cause."""
    line = status_line(
        facts(JOINED, link(LinkState.FAILED, evidence=Evidence(), fault=RelayFault.REFUSED), relay=RELAY)
    )
    assert line.cause is Cause.NO_ANSWER
    assert status_line(facts(JOINED, link(LinkState.OPEN), relay=RELAY)).cause is None


@pytest.mark.parametrize("relay", [NO_RELAY, RELAY])
@pytest.mark.parametrize("fault", [None, RelayFault.UNREACHABLE])
@pytest.mark.parametrize(
    ("evidence", "cause"),
    [
        (Evidence(answered=True), Cause.NO_ADDRESS),
        (Evidence(answered=True, offered=True), Cause.NO_ADDRESS),
        (Evidence(answered=True, gathered=True), Cause.NO_PEER_ADDRESS),
        (Evidence(answered=True, gathered=True, offered=True, connected=True), Cause.UNKNOWN),
        (Evidence(refusal="Not now."), Cause.BROWSER_REFUSED),
        (Evidence(gathered=True), Cause.NO_ANSWER),
    ],
)
def test_failure_is_told_of_the_side_that_it_lies_with(
    evidence: Evidence, cause: Cause, fault: RelayFault | None, relay: RelayFacts
) -> None:
    """No firewall, and no relay, is blamed for what one of the browsers has not done; what is not known is said so."""
    line = status_line(facts(JOINED, link(LinkState.FAILED, evidence=evidence, fault=fault), relay=relay))
    assert line.detail == NotConnected("Ben", cause, relay_only=False, reason=evidence.refusal)


def test_refusal_of_a_browser_is_told_in_short() -> None:
    """It may say what it likes, and as long as it likes."""
    line = status_line(facts(JOINED, link(LinkState.FAILED, evidence=Evidence(refusal="no " * 999))))
    assert isinstance(line.detail, NotConnected)
    assert line.detail.reason == ("no " * 999)[:MAX_REASON]


@pytest.mark.parametrize("gathered", [True, False])
def test_relay_alone_gives_an_address_where_nothing_else_is_wanted(*, gathered: bool) -> None:
    """Who connects through a relay only has no other address, and is told of the relay."""
    evidence = Evidence(answered=True, gathered=gathered)
    line = status_line(facts(JOINED, link(LinkState.FAILED, evidence=evidence, fault=RelayFault.REFUSED), relay=ONLY))
    assert line.cause is Cause.RELAY_REFUSED
    line = status_line(facts(JOINED, link(LinkState.FAILED, evidence=evidence), relay=ONLY))
    assert line.cause is Cause.NO_PEER_ADDRESS


@pytest.mark.parametrize(
    ("given", "detail"),
    [
        (facts(JOINED, link(LinkState.OPEN)), Connected("Ben", relayed=None)),
        (facts(JOINED, link(LinkState.OPEN, relayed=False)), Connected("Ben", relayed=False)),
        (facts(JOINED, link(LinkState.OPEN, relayed=True)), Connected("Ben", relayed=True)),
        (facts(WAITING, link(LinkState.OPEN)), Connected("Ben", relayed=None, server_away=True)),
        (facts(JOINED, link(LinkState.CONNECTING)), Connecting("Ben")),
        (facts(JOINED, link(LinkState.INTERRUPTED)), Interrupted("Ben")),
        (facts(), Situation.ALONE),
        (facts(SessionState.IDLE), Situation.ENTERING),
        (facts(SessionState.FULL), Situation.ROOM_FULL),
        (facts(WAITING, close_code=1006), Situation.SERVER_UNREACHABLE),
        (facts(WAITING, close_code=CloseCode.TRY_AGAIN_LATER), Situation.SERVER_BUSY),
        (facts(SessionState.REFUSED, close_code=CloseCode.REPLACED), Situation.REPLACED),
        (facts(SessionState.REFUSED, close_code=CloseCode.UNAUTHENTICATED), Situation.LOGIN_ENDED),
        (facts(SessionState.REFUSED, close_code=CloseCode.PROTOCOL_VIOLATION), Situation.INCOMPATIBLE),
        (facts(WAITING, refused_origin=PAGES), PageOriginRefused(PAGES)),
        (facts(supported=False), Situation.NO_WEBRTC),
    ],
)
def test_status_tells_how_it_stands(given: Facts, detail: Detail) -> None:
    """The detail tells how, or why not; `words` says it to a person, with what to do."""
    assert status_line(given).detail == detail


@pytest.mark.parametrize("state", [LinkState.CONNECTING, LinkState.INTERRUPTED, LinkState.FAILED])
def test_status_tells_that_a_peer_is_kept_away(state: LinkState) -> None:
    """Before anything else of the links, since it is why there is none."""
    line = status_line(facts(JOINED, link(LinkState.CONNECTING), link(state, kept_away=Fault.EXCESSIVE)))
    assert line.status is Status.RECONNECTING
    assert line.detail == KeptAway("Ben", Fault.EXCESSIVE)


def test_status_tells_that_a_peer_is_kept_away_while_another_is_there() -> None:
    """Also where the conversation goes on with somebody else."""
    line = status_line(facts(WAITING, link(LinkState.OPEN), link(LinkState.INTERRUPTED, kept_away=Fault.UNREADABLE)))
    assert line.status is Status.CONNECTED
    kept_away = KeptAway("Ben", Fault.UNREADABLE)
    assert line.detail == Connected("Ben", relayed=None, server_away=True, kept_away=kept_away)


OWN_PHONE = LinkFacts("Ada", LinkState.OPEN, TRIED, is_own=True)


def named(name: str, state: LinkState) -> LinkFacts:
    """Return the facts of a link to somebody."""
    return LinkFacts(name, state, TRIED)


@pytest.mark.parametrize("waits_for", [None, "Ben"])
def test_status_of_who_is_alone_with_their_own_device_is_connected(waits_for: str | None) -> None:
    """It says so, and for whom what is written waits."""
    given = replace(facts(JOINED, OWN_PHONE), waits_for=waits_for)
    assert status_line(given) == StatusLine(Status.CONNECTED, ConnectedToOwnDevice(waits_for))


@pytest.mark.parametrize("state", [LinkState.CONNECTING, LinkState.INTERRUPTED, LinkState.FAILED])
def test_status_of_an_own_device_counts_for_nothing_beside_other_people(state: LinkState) -> None:
    """Whether they can be reached is what one wants to know."""
    assert status_line(facts(JOINED, OWN_PHONE, link(state))) == status_line(facts(JOINED, link(state)))
    own = replace(OWN_PHONE, state=state)
    assert status_line(facts(JOINED, own, link(LinkState.OPEN))) == status_line(facts(JOINED, link(LinkState.OPEN)))
    assert status_line(facts(JOINED, own)) == status_line(facts())


def test_status_names_for_whom_what_is_written_waits() -> None:
    """The person who was here last gets it when they come back."""
    assert status_line(replace(facts(), waits_for="Ben")) == StatusLine(Status.WAITING, Away("Ben"))


def test_status_names_everyone_it_speaks_for() -> None:
    """Nobody is called connected who is not; of one person, one device is enough."""
    links = (
        named("Ben", LinkState.INTERRUPTED),
        named("Cleo", LinkState.OPEN),
        named("Dora", LinkState.OPEN),
        named("Dora", LinkState.CONNECTING),
        named("Cleo", LinkState.OPEN),
        named("Emil", LinkState.FAILED),
    )
    detail = status_line(facts(JOINED, *links)).detail
    assert detail == Connected("Cleo", None, also=("Dora",), without=("Ben", "Emil"))


def test_server_that_has_refused_us_is_not_said_to_be_away() -> None:
    """The page asks for the password, or says what else is the matter; the conversation goes on."""
    line = status_line(facts(SessionState.REFUSED, link(LinkState.OPEN)))
    assert isinstance(line.detail, Connected)
    assert not line.detail.server_away
