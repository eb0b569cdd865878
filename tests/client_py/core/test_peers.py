from __future__ import annotations

import pytest

from client_py.core.peer.link_effects import LinkTimer, StartTimer
from client_py.core.peer.penalty import FIRST_SECONDS, FORGIVEN_AFTER_TICKS, Fault
from client_py.core.peers import Peers

BEN, EVE = "ben-000000000000000", "eve-000000000000000"


def new_peers() -> Peers:
    """Return a room in which nobody is yet."""
    peers = Peers(lambda: 1.0)
    peers.own_peer_id = "me-0000000000000000"
    return peers


def test_peers_are_in_the_order_in_which_they_came() -> None:
    """Each is found by its peer id until it is struck off."""
    peers = new_peers()
    ben, eve = peers.add(BEN, "ben"), peers.add(EVE, "eve")
    assert list(peers) == [ben, eve]
    assert peers.get(BEN) is ben
    assert BEN in peers
    assert peers.remove(BEN) is ben
    assert list(peers) == [eve]
    assert BEN not in peers
    assert peers.get(BEN) is None
    assert peers.remove(BEN) is None


def test_peers_may_be_removed_on_the_way() -> None:
    """A loop over them sees those who were there at the beginning."""
    peers = new_peers()
    peers.add(BEN, "ben")
    peers.add(EVE, "eve")
    assert [peers.remove(peer.peer_id) is peer for peer in peers] == [True, True]


@pytest.mark.parametrize("ticks", [FORGIVEN_AFTER_TICKS - 1, FORGIVEN_AFTER_TICKS])
def test_peers_share_the_penalty_of_their_account(ticks: int) -> None:
    """Who leaves and comes back is kept away again, until it is forgiven."""
    peers = new_peers()
    peers.add(BEN, "ben").faulted(Fault.EXCESSIVE)
    peers.remove(BEN)
    for _ in range(ticks):
        peers.ticked()
    effects = peers.add("ben-111111111111111", "ben").start(offering=True)
    is_kept_away = effects == [StartTimer(LinkTimer.REPAIR, FIRST_SECONDS)]
    assert is_kept_away is (ticks < FORGIVEN_AFTER_TICKS)


def test_peers_who_are_here_keep_their_penalty() -> None:
    """What is forgiven to an account may be held against it again, by whichever of its devices."""
    peers = new_peers()
    ben = peers.add(BEN, "ben")
    peers.ticked()
    ben.faulted(Fault.UNREADABLE)
    assert peers.add("ben-111111111111111", "ben").start(offering=True) == [StartTimer(LinkTimer.REPAIR, FIRST_SECONDS)]
