from __future__ import annotations

import pytest

from client_py.core.peer.link import Link
from client_py.core.peer.link_effects import ClosePeerConnection, LinkState, LinkTimer, RestartIce, StopTimer
from client_py.core.peer.negotiation import SetLocalDescription, SetRemoteDescription
from tests.client_py.core.peer.test_link import (
    INTERRUPTED,
    NEW_CONNECTION,
    REPLACED,
    RESTART,
    new_link,
    offering,
    opened,
    repair_after,
)
from tests.client_py.core.peer.test_negotiation import ANSWER

REPLACED_IN_PAUSE = [*NEW_CONNECTION[:2], StopTimer(LinkTimer.REPAIR), NEW_CONNECTION[2]]


def test_relayed_link_allocates_again_without_being_interrupted() -> None:
    """ICE is restarted while the old path carries; nothing is shown, and nothing is timed."""
    link = opened()
    assert link.allocation_renewed() == [RestartIce()]
    assert link.state is LinkState.OPEN
    link.check_invariants()
    assert link.negotiation_needed() == [SetLocalDescription()]


def test_link_that_negotiates_is_not_disturbed() -> None:
    """Its next gathering uses the fresh credentials by itself."""
    link = opened()
    link.signaling_state_changed("have-local-offer")
    assert link.allocation_renewed() == []


def test_link_that_cannot_negotiate_is_replaced_before_its_credentials_end() -> None:
    """A connection of which the browser has refused a description works on, but for the time of its credentials."""
    link = opened()
    assert link.operation_failed(SetRemoteDescription(ANSWER), "no") == []
    assert link.allocation_renewed() == [*INTERRUPTED, *REPLACED]


def test_restart_that_fails_is_repaired_like_any_other_failure() -> None:
    """The renewal leaves nothing behind that would keep the link from seeing it."""
    link = opened(polite=False)
    link.allocation_renewed()
    assert link.connection_state_changed("failed") == [*INTERRUPTED, *RESTART]


@pytest.mark.parametrize("link", [offering(), new_link()])
def test_attempt_goes_on_where_the_credentials_were_good(link: Link) -> None:
    """What it gathered is good still."""
    assert link.allocation_renewed() == []


def test_change_of_policy_replaces_the_connection() -> None:
    """A restart would leave the old path, and what keeps it open, beside the new one."""
    assert opened().policy_changed() == [*INTERRUPTED, *REPLACED]
    assert offering().policy_changed() == REPLACED


def test_change_of_policy_needs_nothing_where_nothing_was_gathered() -> None:
    """Between attempts there is no connection, and before the first offer comes it has not begun."""
    link = new_link()
    link.start(offering=False)
    assert link.policy_changed() == []
    broken = opened()
    broken.channel_closed()
    assert broken.policy_changed() == []


def test_change_of_policy_waits_for_the_server() -> None:
    """Without signaling there is no other connection; the old one is replaced when it can be."""
    link = opened()
    link.signaling_lost()
    assert link.policy_changed() == []
    assert link.state is LinkState.OPEN
    assert link.signaling_restored() == [*INTERRUPTED, *REPLACED]
    link.channel_opened()
    assert link.signaling_restored() == []


def test_connection_that_ended_meanwhile_is_not_replaced_again() -> None:
    """The next one is made under the new policy anyway."""
    link = opened(polite=False)
    link.signaling_lost()
    link.policy_changed()
    assert link.channel_closed() == [*INTERRUPTED, ClosePeerConnection(), repair_after(1)]
    assert link.signaling_restored() == REPLACED_IN_PAUSE
