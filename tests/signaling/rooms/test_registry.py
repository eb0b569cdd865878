from dataclasses import replace

import pytest

from protocol.codes import CloseCode
from protocol.errors import UnexpectedMessage
from protocol.events import EVENTS, Joined, Peer, PeerJoined, PeerLeft
from protocol.requests import Signal as SignalRequest
from protocol.webrtc import Description
from signaling.configuration.settings import Settings
from signaling.errors import NotInRoom, RoomFull, TooManyDevices, UnknownPeer
from signaling.rooms.effects import Close, ConnectionId, Deliver, Effect, HoldPlace, Release
from signaling.rooms.registry import MAX_DEVICES, MAX_HELD_BYTES, MAX_HELD_EVENTS, Newcomer, Rooms
from signaling.rooms.signal_codec import CheckedSignal, ForwardedSignal, Told, checked_signal

ROOM = "kitchen"
ANN, BEN, CAT = Peer("peer-ann", "Ann"), Peer("peer-ben", "Ben"), Peer("peer-cat", "Cat")
ANN_AGAIN = Peer("peer-ann-2", "Ann")
OFFER = '"description":{"type":"offer","sdp":"v=0"}}'


def newcomer(connection: int, peer: Peer) -> Newcomer:
    """Make someone of the account that is named as they are."""
    return Newcomer(ConnectionId(connection), peer.username, peer, f"token of {peer.peer_id}")


def told(connection: int, *events: Told) -> list[Effect]:
    """Make the deliveries of events to one connection."""
    return [Deliver(ConnectionId(connection), event) for event in events]


def joined(peer: Peer, *others: Peer, resumed: bool = False, capacity: int = 2) -> Joined:
    """Make what a peer is told that comes into the room."""
    return Joined(ROOM, peer.peer_id, f"token of {peer.peer_id}", resumed, others, capacity)


def offer_to(peer: Peer) -> CheckedSignal:
    """Make a request to hand an offer to a peer."""
    return checked_signal(SignalRequest(peer.peer_id, description=Description("offer", "v=0")))


@pytest.fixture
def rooms() -> Rooms:
    """Rooms with places for two persons each."""
    return Rooms(capacity=2)


@pytest.fixture
def pair(rooms: Rooms) -> Rooms:
    """Rooms with Ann (connection 1) and Ben (connection 2) in one of them."""
    rooms.join(newcomer(1, ANN), ROOM)
    rooms.join(newcomer(2, BEN), ROOM)
    return rooms


def test_first_peer_finds_room_empty(rooms: Rooms) -> None:
    """Who comes first makes the room, and is told that nobody is there."""
    assert rooms.join(newcomer(1, ANN), ROOM) == told(1, joined(ANN))


def test_second_peer_meets_first(rooms: Rooms) -> None:
    """Who comes second is told of the first, and then the first of the second."""
    rooms.join(newcomer(1, ANN), ROOM)
    assert rooms.join(newcomer(2, BEN), ROOM) == told(2, joined(BEN, ANN)) + told(1, PeerJoined(BEN))


def test_newcomer_sees_peers_in_order_of_joining() -> None:
    """The others are listed in the order in which they came."""
    rooms = Rooms(capacity=4)
    for connection, peer in enumerate([CAT, ANN, BEN]):
        rooms.join(newcomer(connection, peer), ROOM)
    [effect, *_] = rooms.join(newcomer(4, ANN_AGAIN), ROOM)
    assert effect == Deliver(ConnectionId(4), joined(ANN_AGAIN, CAT, ANN, BEN, capacity=4))


def device(number: int) -> Peer:
    """Make one of Ann's tabs and phones."""
    return Peer(f"peer-ann-{number}", "Ann")


def fill_with_ann(rooms: Rooms) -> None:
    """Let Ann in on as many devices as she may have: connections 101 and on."""
    for number in range(MAX_DEVICES):
        rooms.join(newcomer(101 + number, device(number)), ROOM)


def test_same_account_joins_twice(rooms: Rooms) -> None:
    """Two tabs of one account are two peers."""
    rooms.join(newcomer(1, ANN), ROOM)
    effects = rooms.join(newcomer(2, ANN_AGAIN), ROOM)
    assert effects == told(2, joined(ANN_AGAIN, ANN)) + told(1, PeerJoined(ANN_AGAIN))


def test_third_peer_finds_room_full(pair: Rooms) -> None:
    """When every place is taken nobody gets in, until somebody leaves."""
    with pytest.raises(RoomFull):
        pair.join(newcomer(3, CAT), ROOM)
    pair.leave(ConnectionId(1))
    assert pair.join(newcomer(3, CAT), ROOM) == told(3, joined(CAT, BEN)) + told(2, PeerJoined(CAT))


def test_refused_peer_joins_another_room(pair: Rooms) -> None:
    """A full room is no reason to stay outside of all others."""
    with pytest.raises(RoomFull):
        pair.join(newcomer(3, CAT), ROOM)
    [effect] = pair.join(newcomer(3, CAT), "cellar")
    assert isinstance(effect, Deliver)
    assert isinstance(effect.event, Joined)
    assert effect.event.room == "cellar"


def test_connection_joins_only_once(pair: Rooms) -> None:
    """A second join of a connection that is in a room has no meaning."""
    with pytest.raises(UnexpectedMessage):
        pair.join(newcomer(1, CAT), "cellar")


def test_leaving_peer_is_announced(pair: Rooms) -> None:
    """Who leaves is gone for the others at once, on purpose."""
    assert pair.leave(ConnectionId(1)) == told(2, PeerLeft(ANN.peer_id, "left"))


def test_last_peer_takes_room_along(pair: Rooms) -> None:
    """A room that nobody is in leaves nothing behind."""
    pair.leave(ConnectionId(1))
    assert pair.leave(ConnectionId(2)) == [Release(ROOM)]
    assert vars(pair) == vars(Rooms(capacity=2)) | {"_tickets": vars(pair)["_tickets"]}


def test_stranger_can_neither_leave_nor_signal(pair: Rooms) -> None:
    """What needs a room is refused to a connection that is in none."""
    with pytest.raises(NotInRoom):
        pair.leave(ConnectionId(3))
    with pytest.raises(NotInRoom):
        pair.signal(ConnectionId(3), offer_to(ANN))


def test_signal_reaches_addressee_with_sender(pair: Rooms) -> None:
    """What is signalled arrives at the one to whom it goes, as it is, under its sender's id."""
    assert pair.signal(ConnectionId(1), offer_to(BEN)) == told(2, ForwardedSignal(ANN.peer_id, OFFER))
    assert pair.signal(ConnectionId(2), CheckedSignal(ANN.peer_id, "}")) == told(1, ForwardedSignal(BEN.peer_id, "}"))


@pytest.mark.parametrize("addressee", [ANN, CAT, Peer("peer-nobody", "Nobody")])
def test_signal_misses_who_is_not_in_room(pair: Rooms, addressee: Peer) -> None:
    """A signal to oneself, to another room or to nobody is refused."""
    pair.join(newcomer(3, CAT), "cellar")
    with pytest.raises(UnknownPeer):
        pair.signal(ConnectionId(1), offer_to(addressee))


def test_lost_connection_holds_place(pair: Rooms) -> None:
    """When a connection is lost, the others are not told anything yet, and the room stays full."""
    assert pair.connection_lost(ConnectionId(1)) == [HoldPlace(1)]
    with pytest.raises(RoomFull):
        pair.join(newcomer(3, CAT), ROOM)


def test_end_of_grace_announces_loss(pair: Rooms) -> None:
    """Who is not back in time is lost."""
    pair.connection_lost(ConnectionId(1))
    assert pair.grace_over(1) == told(2, PeerLeft(ANN.peer_id, "lost"))
    assert pair.grace_over(1) == []


def test_resumed_peer_was_never_gone(pair: Rooms) -> None:
    """Who is back in time takes the place again, and nobody is told."""
    pair.connection_lost(ConnectionId(1))
    assert pair.join(newcomer(3, ANN), ROOM) == told(3, joined(ANN, BEN, resumed=True))
    assert pair.grace_over(1) == []
    assert pair.signal(ConnectionId(2), offer_to(ANN)) == told(3, ForwardedSignal(BEN.peer_id, OFFER))


def test_second_loss_has_grace_of_its_own(pair: Rooms) -> None:
    """The clock of an earlier loss does not end a later one."""
    pair.connection_lost(ConnectionId(1))
    pair.join(newcomer(3, ANN), ROOM)
    assert pair.connection_lost(ConnectionId(3)) == [HoldPlace(2)]
    assert pair.grace_over(1) == []
    assert pair.grace_over(2) == told(2, PeerLeft(ANN.peer_id, "lost"))


def test_resumed_peer_is_told_what_it_missed() -> None:
    """What happened meanwhile follows on `joined`, in order, and `joined` is as things stood at the loss."""
    rooms = Rooms(capacity=3)
    rooms.join(newcomer(1, ANN), ROOM)
    rooms.join(newcomer(2, BEN), ROOM)
    rooms.connection_lost(ConnectionId(1))
    rooms.signal(ConnectionId(2), offer_to(ANN))
    rooms.join(newcomer(3, CAT), ROOM)
    rooms.leave(ConnectionId(2))
    assert rooms.join(newcomer(4, ANN), ROOM) == told(
        4,
        joined(ANN, BEN, resumed=True, capacity=3),
        ForwardedSignal(BEN.peer_id, OFFER),
        PeerJoined(CAT),
        PeerLeft(BEN.peer_id, "left"),
    )


def test_held_events_are_bounded(pair: Rooms) -> None:
    """A peer for whom more would have to be kept than is kept counts as lost, and its sender is told."""
    pair.connection_lost(ConnectionId(1))
    for _ in range(MAX_HELD_EVENTS):
        assert pair.signal(ConnectionId(2), offer_to(ANN)) == []
    assert pair.signal(ConnectionId(2), offer_to(ANN)) == told(2, PeerLeft(ANN.peer_id, "lost"))
    assert pair.join(newcomer(3, ANN), ROOM) == told(3, joined(ANN, BEN)) + told(2, PeerJoined(ANN))


def large_offer_to(peer: Peer, size: int) -> CheckedSignal:
    """Make a request to hand something of a size to a peer."""
    return CheckedSignal(peer.peer_id, "x" * size)


def test_held_bytes_are_bounded(pair: Rooms) -> None:
    """A few of the largest descriptions are too much as many small ones are; what fits exactly is held."""
    pair.connection_lost(ConnectionId(2))
    assert pair.signal(ConnectionId(1), large_offer_to(BEN, MAX_HELD_BYTES)) == []
    assert pair.signal(ConnectionId(1), large_offer_to(BEN, 1)) == told(1, PeerLeft(BEN.peer_id, "lost"))


def test_held_bytes_of_all_are_bounded() -> None:
    """Of too much, the account that most is held for gives up its largest place, whoever the last event was for."""
    rooms = Rooms(capacity=2, max_held_bytes=1000)
    rooms.join(newcomer(1, ANN), ROOM)
    rooms.join(newcomer(2, BEN), ROOM)
    rooms.join(newcomer(3, CAT), "cellar")
    rooms.join(newcomer(4, Peer("peer-ben-2", "Ben")), "cellar")
    rooms.join(newcomer(5, Peer("peer-ben-3", "Ben")), "cellar")
    rooms.join(newcomer(6, Peer("peer-ann-2", "Ann")), "attic")
    rooms.join(newcomer(7, Peer("peer-cat-2", "Cat")), "attic")
    for connection in (2, 4, 5, 7):
        rooms.connection_lost(ConnectionId(connection))
    assert rooms.signal(ConnectionId(6), large_offer_to(Peer("peer-cat-2", "Cat"), 400)) == []
    assert rooms.signal(ConnectionId(1), large_offer_to(BEN, 300)) == []
    assert rooms.signal(ConnectionId(3), large_offer_to(Peer("peer-ben-2", "Ben"), 200)) == []
    effects = rooms.signal(ConnectionId(6), large_offer_to(Peer("peer-cat-2", "Cat"), 101))
    assert effects == told(6, PeerLeft("peer-cat-2", "lost"))
    assert rooms.signal(ConnectionId(3), large_offer_to(Peer("peer-ben-2", "Ben"), 500)) == []
    assert rooms.signal(ConnectionId(3), large_offer_to(Peer("peer-ben-3", "Ben"), 1))[0] == Deliver(
        ConnectionId(3), PeerLeft("peer-ben-2", "lost")
    )


def test_what_was_held_counts_no_more_when_it_is_told() -> None:
    """Neither for the peer that is back, nor for all; nor does what was held for one that has gone."""
    rooms = Rooms(capacity=2, max_held_bytes=MAX_HELD_BYTES)
    for _ in range(3):
        rooms.join(newcomer(1, ANN), ROOM)
        rooms.join(newcomer(2, BEN), ROOM)
        for connection in (3, 4):
            [hold] = rooms.connection_lost(ConnectionId(connection - 1))
            assert rooms.signal(ConnectionId(1), large_offer_to(BEN, MAX_HELD_BYTES)) == []
            assert len(rooms.join(newcomer(connection, BEN), ROOM)) == 2
        [hold] = rooms.connection_lost(ConnectionId(4))
        assert isinstance(hold, HoldPlace)
        assert rooms.signal(ConnectionId(1), large_offer_to(BEN, MAX_HELD_BYTES)) == []
        rooms.grace_over(hold.ticket)
        rooms.leave(ConnectionId(1))


def test_loss_of_one_can_be_too_much_for_another() -> None:
    """A departure that does not fit for a second lost peer ends that one too, and the third is told of both."""
    rooms = Rooms(capacity=3)
    for connection, peer in enumerate([ANN, BEN, CAT], start=1):
        rooms.join(newcomer(connection, peer), ROOM)
    rooms.connection_lost(ConnectionId(2))
    for _ in range(MAX_HELD_EVENTS):
        rooms.signal(ConnectionId(3), offer_to(BEN))
    assert rooms.leave(ConnectionId(1)) == told(3, PeerLeft(ANN.peer_id, "left"), PeerLeft(BEN.peer_id, "lost"))


def test_nobody_is_lost_twice() -> None:
    """When one departure ends two lost peers, each of them is told of once."""
    rooms = Rooms(capacity=4)
    for connection, peer in enumerate([ANN, BEN, CAT, ANN_AGAIN], start=1):
        rooms.join(newcomer(connection, peer), ROOM)
    for connection, peer in ((2, BEN), (3, CAT)):
        rooms.connection_lost(ConnectionId(connection))
        for _ in range(MAX_HELD_EVENTS):
            rooms.signal(ConnectionId(4), offer_to(peer))
    losses = [PeerLeft(BEN.peer_id, "lost"), PeerLeft(CAT.peer_id, "lost")]
    assert rooms.leave(ConnectionId(1)) == told(4, PeerLeft(ANN.peer_id, "left"), *losses)


def test_many_can_be_lost_at_once() -> None:
    """A full room of the largest size can be lost by one departure, all of it, and without anyone to be told."""
    rooms = Rooms(capacity=64)
    peers = [Peer(f"peer-{number}", f"account-{number % 64}") for number in range(64 * MAX_DEVICES)]
    for connection, peer in enumerate(peers, start=1):
        rooms.join(newcomer(connection, peer), ROOM)
    last = len(peers)
    for connection, peer in enumerate(peers[:-1], start=1):
        rooms.connection_lost(ConnectionId(connection))
        for _ in range(MAX_HELD_EVENTS):
            rooms.signal(ConnectionId(last), offer_to(peer))
    rooms.connection_lost(ConnectionId(last))
    assert rooms.grace_over(1) == [Release(ROOM)]
    assert vars(rooms) == vars(Rooms(capacity=64)) | {"_tickets": vars(rooms)["_tickets"]}


def test_peer_replaces_connection_that_seems_alive(pair: Rooms) -> None:
    """Who resumes before the server has noticed the loss takes over from the old connection, which is closed."""
    effects = pair.join(newcomer(3, ANN), ROOM)
    replaced = Close(ConnectionId(1), CloseCode.REPLACED)
    assert effects == [replaced, *told(3, joined(ANN, BEN, resumed=True))]
    assert pair.connection_lost(ConnectionId(1)) == []
    assert pair.signal(ConnectionId(2), offer_to(ANN)) == told(3, ForwardedSignal(BEN.peer_id, OFFER))


def test_resuming_unknown_peer_joins_as_new(rooms: Rooms) -> None:
    """After a restart of the server a peer is a new member, under the id that it had."""
    rooms.join(newcomer(1, BEN), ROOM)
    assert rooms.join(newcomer(2, ANN), ROOM) == told(2, joined(ANN, BEN)) + told(1, PeerJoined(ANN))


def test_peer_moves_to_another_room(pair: Rooms) -> None:
    """A peer is in one room: resumed in another, it leaves the first, and its old connection is closed."""
    pair.join(newcomer(3, CAT), "cellar")
    pair.leave(ConnectionId(3))
    effects = pair.join(newcomer(4, ANN), "cellar")
    assert effects[:2] == [Close(ConnectionId(1), CloseCode.REPLACED), *told(2, PeerLeft(ANN.peer_id, "left"))]
    assert len(effects) == 3
    with pytest.raises(UnknownPeer):
        pair.signal(ConnectionId(2), offer_to(ANN))


def test_lost_peer_moves_to_another_room(pair: Rooms) -> None:
    """Nothing is left to be closed of a peer that was lost where it moves from."""
    pair.connection_lost(ConnectionId(1))
    assert pair.join(newcomer(4, ANN), "cellar")[:1] == told(2, PeerLeft(ANN.peer_id, "left"))
    assert pair.grace_over(1) == []


def test_full_room_keeps_moving_peer_where_it_is(pair: Rooms) -> None:
    """A refused move changes nothing in either room."""
    pair.join(newcomer(3, CAT), "cellar")
    with pytest.raises(RoomFull):
        pair.join(newcomer(4, CAT), ROOM)
    with pytest.raises(UnexpectedMessage):
        pair.join(newcomer(3, CAT), "attic")


def test_own_devices_take_nobodys_place(rooms: Rooms) -> None:
    """However many tabs and phones one person comes with, the place of the other person stays free."""
    fill_with_ann(rooms)
    assert rooms.join(newcomer(2, BEN), ROOM)[0] == Deliver(
        ConnectionId(2), joined(BEN, *(device(number) for number in range(MAX_DEVICES)))
    )
    with pytest.raises(RoomFull):
        rooms.join(newcomer(3, CAT), ROOM)


def test_own_device_comes_into_full_room(pair: Rooms) -> None:
    """Someone whose place it is already needs no other one, and the capacity that is told is that of persons."""
    assert pair.join(newcomer(3, ANN_AGAIN), ROOM) == (
        told(3, joined(ANN_AGAIN, ANN, BEN)) + told(1, PeerJoined(ANN_AGAIN)) + told(2, PeerJoined(ANN_AGAIN))
    )


def test_place_is_free_when_the_last_device_has_gone(pair: Rooms) -> None:
    """A person is there for as long as one of their devices is, be it only by a place that is held."""
    pair.join(newcomer(3, ANN_AGAIN), ROOM)
    pair.leave(ConnectionId(1))
    pair.connection_lost(ConnectionId(3))
    with pytest.raises(RoomFull):
        pair.join(newcomer(4, CAT), ROOM)
    pair.grace_over(1)
    assert pair.join(newcomer(4, CAT), ROOM)[0] == Deliver(ConnectionId(4), joined(CAT, BEN))


def test_devices_of_one_person_are_bounded(rooms: Rooms) -> None:
    """Nobody can make the others connect to as many pages as they like; where one is closed, another may come."""
    fill_with_ann(rooms)
    with pytest.raises(TooManyDevices, match=f"in {MAX_DEVICES} tabs"):
        rooms.join(newcomer(3, ANN), ROOM)
    rooms.leave(ConnectionId(101))
    assert isinstance(rooms.join(newcomer(3, ANN), ROOM)[0], Deliver)


def test_lost_device_gives_way_to_one_too_many(rooms: Rooms) -> None:
    """Of as many devices as there may be, the first that is lost is given up for the new one."""
    fill_with_ann(rooms)
    rooms.connection_lost(ConnectionId(102))
    rooms.connection_lost(ConnectionId(105))
    effects = rooms.join(newcomer(3, ANN), ROOM)
    assert effects[0] == Deliver(ConnectionId(101), PeerLeft(device(1).peer_id, "lost"))
    assert rooms.grace_over(1) == []
    assert rooms.grace_over(2)[0] == Deliver(ConnectionId(101), PeerLeft(device(4).peer_id, "lost"))


def test_device_that_resumes_is_none_too_many(rooms: Rooms) -> None:
    """A device that is there already comes back to its own place, however many there are."""
    fill_with_ann(rooms)
    rooms.connection_lost(ConnectionId(103))
    [effect] = rooms.join(newcomer(3, device(2)), ROOM)
    assert isinstance(effect, Deliver)
    assert isinstance(effect.event, Joined)
    assert effect.event.resumed


def test_lost_device_keeps_its_place_as_long_as_there_are_not_too_many(pair: Rooms) -> None:
    """A second tab is no reason to give up the first one, which may come back, even where the room is full."""
    pair.connection_lost(ConnectionId(1))
    assert pair.join(newcomer(3, ANN_AGAIN), ROOM)[0] == Deliver(ConnectionId(3), joined(ANN_AGAIN, ANN, BEN))
    [effect, *_] = pair.join(newcomer(4, ANN), ROOM)
    assert effect == Deliver(ConnectionId(4), joined(ANN, BEN, resumed=True))


def test_stranger_does_not_get_held_place(pair: Rooms) -> None:
    """A held place is given to no other account."""
    pair.connection_lost(ConnectionId(1))
    with pytest.raises(RoomFull):
        pair.join(newcomer(3, CAT), ROOM)


def test_ended_connection_is_announced_at_once(pair: Rooms) -> None:
    """A connection that will not come back leaves no place behind, for the reason that it had."""
    assert pair.connection_ended(ConnectionId(1), "lost") == told(2, PeerLeft(ANN.peer_id, "lost"))
    assert pair.connection_ended(ConnectionId(2), "left") == [Release(ROOM)]


def test_connection_without_room_ends_silently(rooms: Rooms) -> None:
    """A connection that was in no room concerns nobody."""
    assert rooms.connection_lost(ConnectionId(1)) == []
    assert rooms.connection_ended(ConnectionId(1), "left") == []


def test_places_of_an_account_are_bounded() -> None:
    """Who joins and drops without end gives up the place that was lost first, and nobody else's."""
    rooms = Rooms(capacity=2, max_held_places=2)
    rooms.join(newcomer(9, BEN), "cellar")
    rooms.connection_lost(ConnectionId(9))
    for number in range(3):
        peer = Peer(f"peer-ann-{number}", ANN.username)
        rooms.join(newcomer(number, peer), f"room-{number}")
        effects = rooms.connection_lost(ConnectionId(number))
    assert [type(effect) for effect in effects] == [HoldPlace, Release]
    assert effects[1] == Release("room-0")
    assert rooms.awaited_peers == 3
    assert rooms.has("cellar")


def test_largest_room_fits_into_an_event() -> None:
    """The last to come into a room of the largest size is told of everyone, however long their names are."""
    largest = Settings.read({"P2PCHAT_ROOM_CAPACITY": "64"}).room_capacity
    peers = tuple(Peer(f"{number:064}", "x" * 32) for number in range(largest * MAX_DEVICES - 1))
    EVENTS.encode(Joined(ROOM, "peer-0123456789a", "token", resumed=False, peers=peers, capacity=largest))


def test_rooms_know_how_many_are_there(pair: Rooms) -> None:
    """Rooms, peers with a connection and peers that may resume are counted."""
    pair.connection_lost(ConnectionId(2))
    assert (pair.open_rooms, pair.connected_peers, pair.awaited_peers) == (1, 1, 1)


def test_who_is_lost_by_the_loss_of_another_is_told_nothing() -> None:
    """That someone comes is too much for one, whose loss is too much for the next: both are gone, and nobody fails."""
    rooms = Rooms(capacity=4)
    for number, peer in enumerate((ANN, BEN, CAT), start=1):
        rooms.join(newcomer(number, peer), ROOM)
    for number, peer in enumerate((ANN, BEN), start=1):
        rooms.connection_lost(ConnectionId(number))
        for _ in range(MAX_HELD_EVENTS):
            rooms.signal(ConnectionId(3), offer_to(peer))
    effects = rooms.join(newcomer(4, ANN_AGAIN), ROOM)
    lost = [PeerLeft(peer.peer_id, "lost") for peer in (ANN, BEN)]
    assert effects == [
        *told(4, joined(ANN_AGAIN, ANN, BEN, CAT, capacity=4)),
        *[effect for event in lost for effect in told(3, event) + told(4, event)],
        *told(3, PeerJoined(ANN_AGAIN)),
    ]


# An account ends


def test_places_of_an_account_that_is_gone_are_given_up(rooms: Rooms) -> None:
    """Those that are held for it, in every room; who is connected is closed by others, and nobody else is concerned."""
    rooms.join(newcomer(1, ANN), ROOM)
    rooms.join(newcomer(2, BEN), ROOM)
    account = newcomer(1, ANN).account
    rooms.join(Newcomer(ConnectionId(3), account, CAT, "token"), "another")
    rooms.join(Newcomer(ConnectionId(4), account, ANN_AGAIN, "token"), "a third")
    rooms.connection_lost(ConnectionId(1))
    rooms.connection_lost(ConnectionId(3))
    assert rooms.account_gone("nobody") == []
    effects = rooms.account_gone(account)
    assert effects == [*told(2, PeerLeft(ANN.peer_id, "lost")), Release("another")]
    assert (rooms.awaited_peers, rooms.connected_peers) == (0, 2)
    assert rooms.account_gone(account) == []


def test_peer_with_another_name_comes_again(pair: Rooms) -> None:
    """A guest who has an account by now is no peer that was lost: the others are told of the name that it has."""
    pair.connection_lost(ConnectionId(2))
    member = replace(BEN, username="Benjamin", formerly=BEN.username)
    comes = replace(newcomer(3, member), account=BEN.username)
    assert pair.join(comes, ROOM) == [
        *told(1, PeerLeft(BEN.peer_id, "left")),
        *told(3, joined(member, ANN)),
        *told(1, PeerJoined(member)),
    ]
