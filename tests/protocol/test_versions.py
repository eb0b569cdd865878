from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.codes import ErrorCode
from protocol.events import EVENTS, Error, Event, Joined, Peer, PeerJoined, Pong
from protocol.versions import FIRST, INSTEAD, LATEST, SINCE, STAND_IN, SUBPROTOCOLS, known_to, version_of
from tests.protocol import events_v1
from tests.protocol.events_v1 import EVENTS_V1
from tests.protocol.strategies import messages, values

ANN = Peer("0123456789abcdef", "Ann")
FULL = Error(ErrorCode.TOO_MANY_DEVICES, "Close one of them.", 3.0)


def said(event: Event) -> Event:
    """Return an event a code that the server uses, since the codec lets others through as well."""
    return Error(ErrorCode.INTERNAL, event.message, event.retry_after) if isinstance(event, Error) else event


@given(messages(EVENTS.types).map(said) | st.builds(Error, st.sampled_from(ErrorCode), values(events_v1.Sentence)))
def test_first_version_can_read_whatever_it_is_told(event: Event) -> None:
    """A page of the first release, which refuses all that it does not know, takes every event as it is told to it."""
    known = known_to(FIRST, event)
    if known is not None:
        EVENTS_V1.decode(EVENTS.encode(known))


@given(messages(EVENTS.types).map(said))
def test_latest_version_is_told_everything(event: Event) -> None:
    """Nothing is kept from a page of this release."""
    assert known_to(LATEST, event) == event


def test_every_code_is_the_first_versions_or_has_one_in_its_place() -> None:
    """A code that the first version lacks has its version, and a code of an earlier version to say instead."""
    new = set(map(str, ErrorCode)) - set(get_args(events_v1.ErrorCode))
    assert new == {code for code in SINCE if isinstance(code, ErrorCode)}
    for code in new:
        assert SINCE[INSTEAD[code]] < SINCE[code] if INSTEAD[code] in SINCE else INSTEAD[code] not in new


def test_first_version_is_told_of_a_full_room_instead_of_too_many_devices() -> None:
    """A page that does not know the code does what comes nearest: it waits, and asks again."""
    assert known_to(FIRST, FULL) == Error(ErrorCode.ROOM_FULL, "Close one of them.", 3.0)
    assert known_to(2, FULL) == FULL


@dataclass(frozen=True)
class Dressed:
    """An event of a version to come, which says more of a peer than its name."""

    peer: Peer
    hat: str | None = None
    others: tuple[Peer, ...] = ()


def test_newer_fields_are_left_out_wherever_they_stand() -> None:
    """A field that a version does not know is absent for it, in the event and in what the event holds."""
    event: Any = Dressed(ANN, "bowler", (ANN,))
    known: Any = known_to(1, event, {(Dressed, "hat"): 2})
    assert known == Dressed(ANN, None, (ANN,))
    assert known_to(2, event, {(Dressed, "hat"): 2}) == event
    joined = Joined("den", ANN.peer_id, "token", resumed=False, peers=(ANN,), capacity=2)
    assert known_to(1, joined, {(Peer, "username"): 2}).peers[0].username is None  # type: ignore[union-attr]


def test_what_a_version_knows_is_not_copied() -> None:
    """Where nothing differs for an older page, it is told the very event that the others are told."""
    for event in (PeerJoined(ANN), Joined("den", ANN.peer_id, "token", resumed=False, peers=(ANN,), capacity=2)):
        assert known_to(FIRST, event) is event


def test_first_version_is_told_a_stand_in_for_a_name_of_another_script() -> None:
    """A page that knows names of ASCII alone sees the same one for an account each time; others see the name."""
    event = PeerJoined(Peer(ANN.peer_id, "Zoë"))
    known = known_to(1, event)
    assert isinstance(known, PeerJoined)
    assert STAND_IN.fullmatch(known.peer.username)
    assert known_to(1, event) == known != known_to(1, PeerJoined(Peer(ANN.peer_id, "Zoé")))
    assert known_to(1, PeerJoined(ANN)) == PeerJoined(ANN)
    assert known_to(2, event) == event


def test_guests_are_marked_for_those_who_know_them() -> None:
    """A page of the first version sees a person with a name that it can read; it is told nothing else."""
    guest, member = Peer(ANN.peer_id, "Ann~k3fq7x", guest=True), Peer(ANN.peer_id, "Ann", formerly="Ann~k3fq7x")
    known = known_to(1, PeerJoined(guest))
    assert isinstance(known, PeerJoined)
    assert STAND_IN.fullmatch(known.peer.username)
    assert known.peer == Peer(ANN.peer_id, known.peer.username)
    assert known_to(1, PeerJoined(member)) == PeerJoined(ANN)
    assert known_to(2, PeerJoined(guest)) == PeerJoined(guest)


def test_newer_events_are_not_told() -> None:
    """An event that a version does not know is not sent to it."""
    assert known_to(1, PeerJoined(ANN), {PeerJoined: 2}) is None
    assert known_to(1, Pong(), {PeerJoined: 2}) == Pong()


@pytest.mark.parametrize(
    ("offers", "version"),
    [
        (["p2p-chat.v2", "p2p-chat.v1", "token.jwt"], 2),
        (["p2p-chat.v1", "p2p-chat.v2"], 2),
        (["p2p-chat.v1", "token.jwt"], 1),
        (["p2p-chat.v3", "p2p-chat.v2"], 2),
        (["p2p-chat.v3", "token.jwt"], None),
        ([], None),
    ],
)
def test_newest_version_that_both_know_is_spoken(offers: list[str], version: int | None) -> None:
    """The order in which a client offers its versions does not matter."""
    assert version_of(offers) == version


def test_versions_are_offered_from_the_newest_on() -> None:
    """A server of the release before takes the first that it knows."""
    assert list(SUBPROTOCOLS) == sorted(SUBPROTOCOLS, reverse=True)
    assert (max(SUBPROTOCOLS), min(SUBPROTOCOLS)) == (LATEST, FIRST)
