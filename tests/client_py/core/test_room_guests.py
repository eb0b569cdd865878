"""A room in which there are guests, and accounts that were guests."""

from __future__ import annotations

import pytest

from client_py.core.conversation.conversation import Store
from client_py.core.frames import Hello
from client_py.core.notices import Member, MembersChanged
from client_py.core.room_mediation import OwnNames
from protocol import events
from protocol.events import Peer
from tests.client_py.core.conversation.conversing import BENS_DEVICE
from tests.client_py.core.visiting import BEN, Stage

GUEST = Peer(BEN, "ben~bcdfgh", guest=True)
ACCOUNT = Peer(BEN, "Benjamin", formerly="ben~bcdfgh")


@pytest.mark.parametrize(
    ("own", "peer", "account"),
    [
        (OwnNames("ada"), Peer(BEN, "ben"), "ben"),
        (OwnNames("ada"), GUEST, "ben~bcdfgh"),
        (OwnNames("ada"), ACCOUNT, "ben~bcdfgh"),
        (OwnNames("Benjamin", "ben~bcdfgh"), ACCOUNT, "Benjamin"),
        (OwnNames("Benjamin"), ACCOUNT, "Benjamin"),
        (OwnNames("Benjamin", "ben~bcdfgh"), GUEST, "Benjamin"),
        (OwnNames("ben~bcdfgh"), ACCOUNT, "ben~bcdfgh"),
        (OwnNames("ada"), Peer(BEN, ""), ""),
    ],
)
def test_conversation_knows_people_by_the_name_that_it_began_with(own: OwnNames, peer: Peer, account: str) -> None:
    """One's own other devices are one's own, whichever of them has heard of the account already."""
    assert own.account_of(peer) == account


def test_guest_who_becomes_an_account_is_the_same_person() -> None:
    """What is kept of them stays theirs; people read the name of now."""
    stage = Stage()
    effects = stage.enter(GUEST)
    assert MembersChanged((Member(BEN, "ben~bcdfgh"),)) in effects
    stage.receive(events.PeerLeft(BEN, "left"))
    later = Stage()
    assert MembersChanged((Member(BEN, "ben~bcdfgh", "Benjamin"),)) in later.enter(ACCOUNT)
    later.connect_to_ben()
    effects = later.frame(Hello(2, BENS_DEVICE))
    [mark] = next(effect.entry.marks for effect in effects if isinstance(effect, Store))
    assert (mark.account, mark.device) == ("ben~bcdfgh", BENS_DEVICE)


@pytest.mark.parametrize("how", ["joined", "peer_joined"])
def test_name_of_now_is_heard_over_an_open_channel(how: str) -> None:
    """The page at the other end goes on, and comes back to the server under another name."""
    stage = Stage()
    stage.enter(GUEST)
    stage.connect_to_ben()
    effects = stage.joined(ACCOUNT, resumed=True) if how == "joined" else stage.receive(events.PeerJoined(ACCOUNT))
    assert MembersChanged((Member(BEN, "ben~bcdfgh", "Benjamin"),)) in effects
