from __future__ import annotations

from client_py.core.peer.link import RESTART_SECONDS
from client_py.core.peer.link_effects import ClosePeerConnection, LinkTimer, StartTimer, StopTimer
from client_py.core.peer.negotiation import SendDescription, SetLocalDescription, SetRemoteDescription
from tests.client_py.core.peer.test_link import (
    INTERRUPTED,
    NEW_CONNECTION,
    REPLACED,
    RESTART,
    RETURNED,
    offering,
    opened,
    repair_after,
)
from tests.client_py.core.peer.test_negotiation import OUR_OFFER, description


def test_link_waits_with_a_new_connection_for_the_server() -> None:
    """Without signaling an open channel goes on; one that closed is replaced when the server is back."""
    link = opened(polite=False)
    assert link.signaling_lost() == []
    assert link.channel_closed() == [*INTERRUPTED, ClosePeerConnection(), repair_after(1)]
    assert link.timer_fired(LinkTimer.REPAIR) == []
    link.check_invariants()
    assert link.signaling_restored() == NEW_CONNECTION


def test_link_that_is_open_takes_no_notice_of_the_servers_return() -> None:
    """What works is not started over."""
    assert opened().signaling_restored() == []


def test_link_begins_again_what_the_server_may_have_lost() -> None:
    """An offer that was sent just before the server went may never have arrived."""
    link = offering()
    link.signaling_lost()
    assert link.signaling_restored() == REPLACED


def test_link_restarts_ice_without_the_server() -> None:
    """The channel carries the signals then, so a path that still lets something through is replaced by a better one."""
    link = opened(polite=False)
    link.signaling_lost()
    assert link.connection_state_changed("failed") == [*INTERRUPTED, *RESTART]
    assert link.negotiation_needed() == [SetLocalDescription()]
    assert link.local_description_set(OUR_OFFER) == [SendDescription(OUR_OFFER)]
    assert link.connection_state_changed("connected") == [StopTimer(LinkTimer.ATTEMPT), *RETURNED]


def test_link_answers_a_restart_without_the_server() -> None:
    """The other side may see first that the path has to be another."""
    link = opened(polite=True)
    link.signaling_lost()
    link.connection_state_changed("failed")
    restarting = description("offer", "restarted")
    assert link.description_received(restarting) == [
        StopTimer(LinkTimer.REPAIR),
        StartTimer(LinkTimer.ATTEMPT, RESTART_SECONDS),
        SetRemoteDescription(restarting),
    ]


def test_link_keeps_its_connection_after_a_restart_in_vain_without_the_server() -> None:
    """What there is may come back by itself, and nothing else could be had."""
    link = opened(polite=False)
    link.signaling_lost()
    link.connection_state_changed("failed")
    assert link.timer_fired(LinkTimer.ATTEMPT) == [repair_after(1)]
    assert link.timer_fired(LinkTimer.REPAIR) == []
    link.check_invariants()
    assert link.connection_state_changed("connected") == RETURNED


def test_link_replaces_a_connection_whose_restart_the_server_may_have_lost() -> None:
    """When the server is back, a restart that has not helped by then is not waited for."""
    link = opened(polite=False)
    link.signaling_lost()
    link.connection_state_changed("failed")
    assert link.signaling_restored() == REPLACED
