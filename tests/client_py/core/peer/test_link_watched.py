from __future__ import annotations

import pytest

from client_py.core.peer.link import DISCONNECTED_SECONDS, Link
from client_py.core.peer.link_effects import (
    AskPeer,
    ClosePeerConnection,
    CountBytes,
    LinkEffect,
    LinkState,
    LinkStateChanged,
    LinkTimer,
    StartTimer,
    StopTimer,
)
from client_py.core.peer.liveness import ASKING_SECONDS
from tests.client_py.core.peer.test_link import (
    EXPECT,
    INTERRUPTED,
    NEW_CONNECTION,
    OPENED,
    REPLACED,
    RESTART,
    RETURNED,
    new_link,
    offering,
    opened,
    repair_after,
    state_of,
)

ASK: list[LinkEffect] = [AskPeer(), CountBytes(), StartTimer(LinkTimer.ASKING, ASKING_SECONDS)]
ASK_NOW: list[LinkEffect] = [StopTimer(LinkTimer.EXPECTING), *ASK]


def quiet() -> Link:
    """Return a link that is open, and on which nothing is expected any more."""
    link = opened(polite=False)
    link.timer_fired(LinkTimer.EXPECTING)
    return link


def test_link_asks_when_an_answer_does_not_come() -> None:
    """What is sent is watched over; where it stays unanswered, the other side is asked."""
    link = quiet()
    assert link.expected() == [EXPECT]
    assert link.timer_fired(LinkTimer.EXPECTING, awaited=True) == ASK


def test_link_watches_over_the_beginning_of_the_conversation() -> None:
    """An open channel has to bring a hello, so it is watched over from the first moment."""
    link = opened()
    assert link.timer_fired(LinkTimer.EXPECTING, awaited=True) == ASK


@pytest.mark.parametrize("polite", [True, False])
def test_link_restarts_ice_where_nothing_comes_through(polite: bool) -> None:  # noqa: FBT001 - a case
    """What the browser calls connected may be dead all the same; the other side need not have seen it."""
    link = opened(polite=polite)
    assert link.asked() == ASK_NOW
    assert link.bytes_counted(1_000) == []
    assert link.timer_fired(LinkTimer.ASKING) == [CountBytes()]
    assert link.bytes_counted(1_000) == [LinkStateChanged(LinkState.INTERRUPTED), *RESTART]
    link.check_invariants()
    assert link.connection_state_changed("connected") == [StopTimer(LinkTimer.ATTEMPT), *RETURNED]


def returned() -> Link:
    """Return a link whose path was away and is back, and has been asked whether something comes through."""
    link = opened(polite=False)
    link.connection_state_changed("disconnected")
    link.connection_state_changed("connected")
    link.bytes_counted(1_000)
    assert link.timer_fired(LinkTimer.ASKING) == [CountBytes()]
    return link


def test_link_on_a_path_that_is_back_is_replaced_if_nothing_comes_through() -> None:
    """The transport above the path sleeps on, and another restart of ICE would not wake it."""
    link = returned()
    assert link.bytes_counted(1_000) == [LinkStateChanged(LinkState.INTERRUPTED), *REPLACED]
    link.check_invariants()


def test_link_on_a_path_that_is_back_is_restarted_if_nothing_else_can_be_had() -> None:
    """Without the server there is no new connection; the channel may carry a signal yet."""
    link = returned()
    link.signaling_lost()
    assert link.bytes_counted(1_000) == [LinkStateChanged(LinkState.INTERRUPTED), *RESTART]


def test_link_keeps_what_it_has_while_nobody_knows_of_the_server() -> None:
    """What took the path away may have taken the server, and the channel of a path that is back may wake yet."""
    link = returned()
    assert link.bytes_counted(1_000, server_answers=False) == [LinkStateChanged(LinkState.INTERRUPTED), *RESTART]


def test_link_on_a_path_that_has_brought_bytes_is_restarted_first() -> None:
    """The transport is awake, though the other page may not be."""
    link = returned()
    assert link.bytes_counted(1_001) == [EXPECT]
    assert link.asked() == ASK_NOW
    link.bytes_counted(1_001)
    link.timer_fired(LinkTimer.ASKING)
    assert link.bytes_counted(1_001) == [LinkStateChanged(LinkState.INTERRUPTED), *RESTART]


def test_link_on_a_path_that_has_proven_itself_is_restarted_first() -> None:
    """What was heard since shows that the transport is awake, so it is the path that died once more."""
    link = opened(polite=False)
    link.connection_state_changed("disconnected")
    link.connection_state_changed("connected")
    link.heard()
    assert link.timer_fired(LinkTimer.ASKING) == [EXPECT]
    assert link.asked() == ASK_NOW
    link.bytes_counted(1_000)
    link.timer_fired(LinkTimer.ASKING)
    assert link.bytes_counted(1_000) == [LinkStateChanged(LinkState.INTERRUPTED), *RESTART]


def test_link_goes_on_where_something_comes_through() -> None:
    """An answer, or a byte of one, is enough."""
    link = opened()
    link.asked()
    link.bytes_counted(1_000)
    link.timer_fired(LinkTimer.ASKING)
    assert link.bytes_counted(1_001) == [EXPECT]
    link.asked()
    assert link.heard() == []
    assert link.timer_fired(LinkTimer.ASKING) == [EXPECT]
    assert state_of(link) is LinkState.OPEN


def test_link_ends_its_watch_with_the_channel() -> None:
    """What is not open is not watched, and a count that comes late means nothing."""
    link = opened()
    link.asked()
    assert link.channel_closed() == [
        LinkStateChanged(LinkState.INTERRUPTED),
        StopTimer(LinkTimer.ASKING),
        ClosePeerConnection(),
        repair_after(1),
    ]
    assert link.bytes_counted(1_000) == []
    assert link.timer_fired(LinkTimer.ASKING) == []
    assert link.expected() == []
    assert link.asked() == []


def test_link_takes_a_frame_for_a_sign_of_life() -> None:
    """As long as frames come in, a path that the browser calls disconnected is left alone."""
    link = opened()
    link.connection_state_changed("disconnected")
    assert link.heard() == [StartTimer(LinkTimer.DISCONNECTED, DISCONNECTED_SECONDS)]
    link.timer_fired(LinkTimer.DISCONNECTED)
    assert link.heard() == []


def test_link_is_open_again_with_the_first_frame_after_a_restart() -> None:
    """A browser that never saw the old path fail has no change of state to tell when the new one works."""
    link = opened(polite=False)
    link.asked()
    link.bytes_counted(1_000)
    link.timer_fired(LinkTimer.ASKING)
    link.bytes_counted(1_000)
    assert link.heard() == [StopTimer(LinkTimer.ATTEMPT), *OPENED]
    assert link.heard() == []
    link.check_invariants()


def test_link_that_is_open_is_checked_by_asking() -> None:
    """On another network, nobody knows whether the old path works before something comes back."""
    assert opened().checked() == ASK_NOW
    assert quiet().checked() == ASK


def test_link_that_is_interrupted_is_checked_by_repairing() -> None:
    """No pause runs on, not even the polite one."""
    link = opened(polite=True)
    link.connection_state_changed("disconnected")
    assert link.checked() == [RESTART[0], StopTimer(LinkTimer.DISCONNECTED), RESTART[1]]


def test_link_begins_an_attempt_again_when_it_is_checked() -> None:
    """What is being tried was begun with the addresses of before, and the pauses are short again."""
    link = offering()
    link.timer_fired(LinkTimer.ATTEMPT)
    assert link.checked() == [*NEW_CONNECTION[:2], StopTimer(LinkTimer.REPAIR), NEW_CONNECTION[2]]
    assert link.checked() == REPLACED
    assert link.timer_fired(LinkTimer.ATTEMPT)[-1] == repair_after(1)


def test_link_that_expects_an_offer_has_nothing_to_check() -> None:
    """The other side comes from where it is now, and nothing of ours is on its way."""
    link = new_link()
    link.start(offering=False)
    assert link.checked() == []


def test_link_that_is_closed_has_nothing_to_check() -> None:
    """What ended on purpose does not come back."""
    link = opened()
    link.close()
    assert link.checked() == []


def test_link_is_not_interrupted_twice() -> None:
    """A path that the browser sees fail is not found dead once more."""
    link = opened(polite=False)
    link.asked()
    link.bytes_counted(1_000)
    assert link.connection_state_changed("failed") == [
        INTERRUPTED[0],
        StopTimer(LinkTimer.ASKING),
        *RESTART,
    ]
    assert link.timer_fired(LinkTimer.ASKING) == []
    assert link.bytes_counted(1_000) == []
