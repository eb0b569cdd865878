from __future__ import annotations

import pytest

from client_py.core.peer.penalty import CAP_SECONDS, FORGIVEN_AFTER_TICKS, Fault, Penalty


@pytest.fixture
def penalty() -> Penalty:
    """Return the penalty of an account, without jitter."""
    return Penalty(lambda: 1.0)


def fault_of(penalty: Penalty) -> Fault | None:
    """Return what is held against an account, which for mypy would else be what the last assertion said."""
    return penalty.fault


def test_penalty_grows(penalty: Penalty) -> None:
    """Each pause is twice as long as the one before it, up to one that is borne."""
    assert penalty.fault is None
    assert [penalty.next_pause(Fault.EXCESSIVE) for _ in range(7)] == [4, 8, 16, *[CAP_SECONDS] * 4]


def test_penalty_is_known_to_newcomers(penalty: Penalty) -> None:
    """Who leaves and comes back waits as long as before."""
    penalty.next_pause(Fault.EXCESSIVE)
    penalty.next_pause(Fault.UNREADABLE)
    assert (penalty.fault, penalty.seconds) == (Fault.UNREADABLE, 8)


def test_penalty_is_forgiven(penalty: Penalty) -> None:
    """After some minutes without a fault, it is as if there had been none."""
    for _ in range(3):
        penalty.next_pause(Fault.EXCESSIVE)
    for _ in range(FORGIVEN_AFTER_TICKS - 1):
        penalty.ticked()
    assert penalty.fault is Fault.EXCESSIVE
    penalty.ticked()
    assert fault_of(penalty) is None
    assert penalty.next_pause(Fault.EXCESSIVE) == 4


def test_penalty_is_not_forgiven_while_it_goes_on(penalty: Penalty) -> None:
    """Only what is quiet for all that time is forgiven."""
    for _ in range(2):
        for _ in range(FORGIVEN_AFTER_TICKS - 1):
            penalty.ticked()
        penalty.next_pause(Fault.EXCESSIVE)
    assert penalty.seconds == 8
