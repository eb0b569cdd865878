from __future__ import annotations

from dataclasses import replace

import pytest

from client_py.core.peer.penalty import Fault
from client_py.core.server.access_faults import PageOriginRefused
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
from client_py.words.phrases import Words
from client_py.words.status import status_detail, status_text


def detail_of(detail: Detail | None) -> str:
    """Say a detail, whatever the state."""
    return status_detail(Words(), StatusLine(Status.CONNECTING, detail))


@pytest.mark.parametrize("status", Status)
def test_every_state_has_words(status: Status) -> None:
    """They are few."""
    assert 1 <= len(status_text(Words(), StatusLine(status)).split()) <= 3


def test_place_that_is_only_missing_for_oneself_is_told_apart() -> None:
    """The person can do something about their own tabs."""
    assert status_text(Words(), StatusLine(Status.FULL, Situation.ROOM_FULL)) == "Room is full"
    assert status_text(Words(), StatusLine(Status.FULL, Situation.TOO_MANY_TABS)) == "Too many tabs"


def test_page_that_broke_says_so() -> None:
    """It is no matter of connections."""
    assert status_text(Words(), StatusLine(Status.FAILED, Situation.BROKEN)) == "Something broke"


@pytest.mark.parametrize("situation", Situation)
def test_every_situation_has_a_sentence(situation: Situation) -> None:
    """A person is never shown a code."""
    assert detail_of(situation).endswith((".", "…"))


def test_nothing_to_tell_is_nothing() -> None:
    """The line stays empty until the room has told its first state."""
    assert detail_of(None) == ""


@pytest.mark.parametrize(
    ("detail", "sentence"),
    [
        (Connecting("Ben"), "Looking for a path to Ben’s browser…"),
        (Interrupted("Ben"), "The connection to Ben was interrupted. What you write is sent as soon as it is back."),
        (Connected("Ben", relayed=None), "Connected to Ben: encrypted, not verified."),
        (Connected("Ben", relayed=False), "Directly connected to Ben: encrypted, not verified."),
        (Connected("Ben", relayed=True), "Connected to Ben through a relay: encrypted, not verified."),
    ],
)
def test_connection_is_told_by_name(detail: Detail, sentence: str) -> None:
    """Who it is, and how."""
    assert detail_of(detail) == sentence


@pytest.mark.parametrize("relayed", [None, False, True])
def test_server_that_is_away_is_told_beside_the_connection(*, relayed: bool | None) -> None:
    """The conversation goes on, and this says so."""
    told = detail_of(Connected("Ben", relayed, server_away=True))
    assert told.startswith(detail_of(Connected("Ben", relayed)))
    assert told.endswith("The server cannot be reached just now; the conversation goes on without it.")


def test_refused_origin_is_named() -> None:
    """The people who run the server need it."""
    told = detail_of(PageOriginRefused("https://pages.example"))
    assert "pages from https://pages.example. The people who run it" in told


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (Cause.NO_ANSWER, "Ben’s browser does not answer"),
        (Cause.NO_PATH, "firewall"),
        (Cause.NO_ADDRESS, "Your browser finds no address"),
        (Cause.NO_PEER_ADDRESS, "Ben’s browser names no address"),
        (Cause.BROWSER_REFUSED, "it says “It is closing.”"),
        (Cause.UNKNOWN, "cannot tell why"),
        (Cause.RELAY_MISSING, "to switch that off"),
        (Cause.RELAY_REFUSED, "another secret"),
        (Cause.RELAY_EXPIRED, "run out"),
        (Cause.RELAY_OVERLOADED, "no more connections"),
        (Cause.RELAY_UNREACHABLE, "does not answer"),
    ],
)
@pytest.mark.parametrize("relay_only", [False, True])
def test_every_cause_is_told_with_what_to_do(cause: Cause, words: str, *, relay_only: bool) -> None:
    """And that the search goes on; who wants no direct path is not told that there was none."""
    told = detail_of(NotConnected("Ben", cause, relay_only, "It is closing."))
    assert words in told
    assert told.endswith("Retrying…")
    assert not (relay_only and "direct path" in told)


@pytest.mark.parametrize("fault", Fault)
def test_peer_that_is_kept_away_is_named(fault: Fault) -> None:
    """Also beside a connection to somebody else."""
    kept_away = KeptAway("Ben", fault)
    told = detail_of(kept_away)
    assert "Ben’s page" in told
    connected = Connected("Cleo", relayed=True)
    assert detail_of(replace(connected, kept_away=kept_away)) == f"{detail_of(connected)} {told}"


def test_everyone_is_named_who_is_connected_or_is_not() -> None:
    """Each in a sentence of their own."""
    sentence = detail_of(Connected("Ben", relayed=False, also=("Cleo", "Dora"), without=("Emil",)))
    assert sentence.endswith("Also connected to Cleo and Dora. Not connected to Emil yet.")


def test_person_is_told_for_whom_what_they_write_waits() -> None:
    """And that their own other device is not meant by it."""
    assert detail_of(Away("Ben")).startswith("Ben is away,")
    assert "your other tab or device. Nobody else" in detail_of(ConnectedToOwnDevice(None))
    assert "your other tab or device. Ben is not here" in detail_of(ConnectedToOwnDevice("Ben"))


@pytest.mark.parametrize(
    "detail",
    [
        *(Situation.ALONE, Situation.SERVER_UNREACHABLE, Situation.SERVER_BUSY),
        *(Away("Ben"), Interrupted("Ben"), ConnectedToOwnDevice(None), ConnectedToOwnDevice("Ben")),
    ],
)
def test_promise_of_delivery_says_for_how_long_it_holds(detail: Detail) -> None:
    """Where nothing is kept beyond the page, a reload loses what waits, and the person is told."""
    line = StatusLine(Status.WAITING, detail)
    kept, not_kept = (status_detail(Words(), line, kept=each) for each in (True, False))
    assert not_kept.startswith(kept)
    assert not_kept.endswith("a reload loses it.")


@pytest.mark.parametrize("detail", [None, Situation.ROOM_FULL, Connected("Ben", relayed=False)])
def test_where_nothing_waits_nothing_more_is_said(detail: Detail | None) -> None:
    """It would frighten for nothing."""
    line = StatusLine(Status.CONNECTED, detail)
    assert status_detail(Words(), line, kept=False) == status_detail(Words(), line)
