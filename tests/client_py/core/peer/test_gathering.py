from __future__ import annotations

import pytest

from client_py.core.peer.gathering import RelayFault, RelayGathering
from protocol.webrtc import Candidate

HOST = Candidate("candidate:1 1 udp 2113937151 192.0.2.1 5000 typ host")
RELAY = Candidate("candidate:2 1 udp 50339839 203.0.113.1 50001 typ relay raddr 0.0.0.0 rport 0")
UDP, TCP = "turn:turn.example.org?transport=udp", "turn:turn.example.org?transport=tcp"


def gathering() -> RelayGathering:
    """Return what has begun."""
    begun = RelayGathering()
    begun.began()
    return begun


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (401, RelayFault.REFUSED),
        (403, RelayFault.REFUSED),
        (438, RelayFault.REFUSED),
        (441, RelayFault.REFUSED),
        (486, RelayFault.OVERLOADED),
        (508, RelayFault.OVERLOADED),
        (500, RelayFault.OVERLOADED),
        (701, RelayFault.UNREACHABLE),
    ],
)
def test_error_tells_why_there_is_no_relay(code: int, fault: RelayFault) -> None:
    """The codes are those of STUN, and one of W3C's."""
    begun = gathering()
    assert begun.candidate_failed("turns:turn.example.org:443?transport=tcp", code)
    assert begun.fault is fault


def test_silence_tells_that_the_relay_is_away() -> None:
    """Chromium says nothing where no answer comes over UDP; candidates of others say nothing about the relay."""
    begun = gathering()
    begun.candidate_gathered(HOST)
    assert begun.fault is RelayFault.UNREACHABLE


def test_error_of_a_stun_server_says_nothing() -> None:
    """It is asked for something else."""
    begun = gathering()
    assert not begun.candidate_failed("stun:stun.example.org", 401)
    assert begun.fault is RelayFault.UNREACHABLE


def test_relay_in_one_way_is_enough() -> None:
    """UDP may be blocked where TCP is not; the order in which that is found out does not matter."""
    begun = gathering()
    begun.candidate_failed(UDP, 701)
    begun.candidate_gathered(RELAY)
    begun.candidate_gathered(HOST)
    assert begun.fault is None
    begun.candidate_failed(TCP, 486)
    assert begun.fault is None


def test_what_says_most_counts() -> None:
    """A refusal over TCP explains more than silence over UDP."""
    begun = gathering()
    begun.candidate_failed(TCP, 401)
    begun.candidate_failed(UDP, 701)
    assert begun.fault is RelayFault.REFUSED


def test_last_attempt_counts_until_this_one_has_an_outcome() -> None:
    """The sentence that a person reads does not change for a moment with every attempt."""
    begun, faults = gathering(), []
    begun.candidate_failed(UDP, 401)
    begun.began()
    faults.append(begun.fault)
    begun.candidate_gathered(RELAY)
    faults.append(begun.fault)
    begun.began()
    faults.append(begun.fault)
    begun.candidate_failed(UDP, 486)
    assert [*faults, begun.fault] == [RelayFault.REFUSED, None, None, RelayFault.OVERLOADED]


def test_relay_that_was_there_once_may_be_away_now() -> None:
    """After two attempts without a word, what was before counts no more."""
    begun = gathering()
    begun.candidate_gathered(RELAY)
    begun.began()
    begun.began()
    assert begun.fault is RelayFault.UNREACHABLE
