from __future__ import annotations

from random import Random

import msgspec
import pytest

from protocol.codes import CloseCode, ErrorCode
from protocol.errors import UnexpectedMessage
from protocol.events import EVENTS, Error, Peer, PeerJoined, PeerLeft
from protocol.versions import FIRST, LATEST
from signaling.cluster.effects import Claim, Post
from signaling.cluster.process_messages import (
    AboutConnection,
    Ask,
    End,
    Enter,
    HangUp,
    Leave,
    Lose,
    NotHere,
    Pass,
    ProcessId,
    Tell,
    TurnAway,
    seal,
    unseal,
)
from signaling.cluster.spanning_rooms import MAX_SEARCHES, SpanningRooms
from signaling.errors import BackplaneUnavailable, NotInRoom
from signaling.rooms.effects import Close, ConnectionId, Deliver, Effect, HoldPlace, Release
from signaling.rooms.registry import MAX_DEVICES, MAX_HELD_EVENTS, Newcomer, Rooms
from signaling.rooms.signal_codec import CheckedSignal, ForwardedSignal
from tests.fakes.fleet import Client, Fleet, peer_id, signal

HOST, OTHER = ProcessId("host"), ProcessId("other")
ANN = ConnectionId(1)
PEER_1, PEER_2 = peer_id("peer-1"), peer_id("peer-2")


def newcomer(connection: int = 1, account: str = "account") -> Newcomer:
    """Return someone who asks to be let in."""
    return Newcomer(ConnectionId(connection), account, Peer(peer_id(f"peer-{connection}"), "Ann"), "token")


def enter(number: int = 7, account: str = "account", version: int = LATEST) -> Enter:
    """Return what another process writes for someone who asks to be let in."""
    return Enter(number, "kitchen", account, peer_id(f"guest-{number}"), "Ben", "token", version)


@pytest.fixture
def ours() -> SpanningRooms:
    """Return the rooms of a process that is connected to others."""
    spanning = SpanningRooms(Rooms(capacity=2))
    assert spanning.connected() == []
    return spanning


def test_room_is_claimed_once_for_all_who_wait(ours: SpanningRooms) -> None:
    """A request for a room that is nobody's has it claimed, and all who wait are let in when it is ours."""
    assert ours.join(newcomer(1), "kitchen") == [Claim("kitchen")]
    assert ours.join(newcomer(2), "kitchen") == []
    told = [effect.connection for effect in ours.claimed("kitchen", None) if isinstance(effect, Deliver)]
    assert told == [1, 2, 1]  # two are in, and the first hears of the second
    assert ours.held == ["kitchen"]


def test_two_of_one_process_need_nobody(ours: SpanningRooms) -> None:
    """In a room of ours, nothing leaves the process."""
    ours.join(newcomer(1), "kitchen")
    ours.claimed("kitchen", None)
    assert all(isinstance(effect, Deliver) for effect in ours.join(newcomer(2), "kitchen"))
    assert ours.signal(ANN, CheckedSignal(PEER_2, "hello")) == [
        Deliver(ConnectionId(2), ForwardedSignal(PEER_1, "hello"))
    ]


def test_room_of_another_process_is_entered_there(ours: SpanningRooms) -> None:
    """A room that another process has is asked for there, and everything for it goes there."""
    ours.join(newcomer(), "kitchen")
    [effect] = ours.claimed("kitchen", HOST)
    assert isinstance(effect, Post)
    assert effect.process == HOST
    assert effect.message == Enter(1, "kitchen", "account", PEER_1, "Ann", "token", LATEST)
    with pytest.raises(NotInRoom):
        ours.signal(ANN, CheckedSignal(PEER_2, "hello"))
    with pytest.raises(UnexpectedMessage):
        ours.join(newcomer(), "cellar")


def test_host_hears_how_a_connection_ends(ours: SpanningRooms) -> None:
    """A place at another process is held there for who was lost, and given up for who has left."""
    for end, message in (
        (ours.connection_lost, Lose(1)),
        (lambda connection: ours.connection_ended(connection, "left"), End(1, "left")),
        (ours.leave, Leave(1)),
    ):
        ours.join(newcomer(), "kitchen")
        ours.claimed("kitchen", HOST)
        assert end(ANN) == [Post(HOST, message)]
        assert ours.neighbours == set()


def test_only_host_speaks_to_remote_clients(ours: SpanningRooms) -> None:
    """What another process than the host writes about a connection is dropped."""
    ours.join(newcomer(), "kitchen")
    ours.claimed("kitchen", HOST)
    assert ours.message_came(OTHER, HangUp(1, CloseCode.REPLACED)) == []
    assert ours.message_came(OTHER, Tell(1, '{"type":"pong"}')) == []
    assert ours.message_came(HOST, HangUp(1, CloseCode.REPLACED)) == [Close(ANN, CloseCode.REPLACED)]


def refusal_of(effects: list[Effect], process: ProcessId) -> str:
    """Return the code with which a remote client of a process is turned away."""
    [effect] = effects
    assert isinstance(effect, Post)
    assert isinstance(effect.message, TurnAway)
    assert effect.process == process
    event = EVENTS.decode(effect.message.event)
    assert isinstance(event, Error)
    return event.code


def test_persons_are_counted_across_processes(ours: SpanningRooms) -> None:
    """A device at another process takes no place where its person is here; the place of another person is taken."""
    ours.join(newcomer(), "kitchen")
    ours.claimed("kitchen", None)
    assert len(ours.message_came(OTHER, enter(7))) == 2
    assert len(ours.message_came(OTHER, enter(8, "another"))) == 3
    assert refusal_of(ours.message_came(OTHER, enter(9, "a third")), OTHER) == ErrorCode.ROOM_FULL


@pytest.mark.parametrize(("version", "code"), [(FIRST, ErrorCode.ROOM_FULL), (LATEST, ErrorCode.TOO_MANY_DEVICES)])
def test_process_of_the_release_before_reads_what_it_is_written(
    ours: SpanningRooms, version: int, code: ErrorCode
) -> None:
    """While a server is updated process by process, a client's process gets no code that it would refuse to read."""
    ours.join(newcomer(), "kitchen")
    ours.claimed("kitchen", None)
    for number in range(1, MAX_DEVICES):
        ours.message_came(OTHER, enter(number))
    assert refusal_of(ours.message_came(OTHER, enter(100, version=version)), OTHER) == code


def test_message_of_the_release_before_names_no_version() -> None:
    """It is one field shorter, and read as of the first version; and that release reads ours."""

    class OldEnter(AboutConnection, frozen=True, tag="Enter"):
        room: str
        account: str
        peer_id: str
        username: str
        resume_token: str

    old = OldEnter(7, "kitchen", "account", peer_id("guest-7"), "Ben", "token")
    sealed = msgspec.msgpack.encode((OTHER, [old]))
    assert unseal(sealed) == (OTHER, [enter(version=FIRST)])
    assert msgspec.msgpack.decode(seal(OTHER, [enter()]), type=tuple[str, list[OldEnter]]) == (OTHER, [old])


def test_guest_is_marked_in_a_room_of_another_process(ours: SpanningRooms) -> None:
    """What others are told of a peer goes along to the process that decides."""
    peer = Peer(PEER_2, "Ada~k3fq7x", guest=True, formerly="Eve~k3fq7x")
    ours.join(Newcomer(ConnectionId(2), "account", peer, "token"), "kitchen")
    [post] = ours.claimed("kitchen", HOST)
    assert isinstance(post, Post)
    assert isinstance(post.message, Enter)
    ours.join(newcomer(), "cellar")
    ours.claimed("cellar", None)
    came = ours.message_came(OTHER, msgspec.structs.replace(post.message, room="cellar"))
    assert came[-1] == Deliver(ANN, PeerJoined(peer))


def test_search_comes_to_an_end(ours: SpanningRooms) -> None:
    """A room that is never where it is said to be is given up with a refusal."""
    effects = ours.join(newcomer(), "kitchen")
    for _ in range(MAX_SEARCHES):
        assert effects == [Claim("kitchen")]
        ours.claimed("kitchen", HOST)
        effects = ours.message_came(HOST, NotHere(1))
    [refused] = effects
    assert isinstance(refused, Deliver)
    assert refused.event.code is ErrorCode.BACKPLANE_UNAVAILABLE  # type: ignore[union-attr]
    assert ours.join(newcomer(), "kitchen") == [Claim("kitchen")]


def test_remote_client_that_comes_before_the_claim_is_answered_waits(ours: SpanningRooms) -> None:
    """Another process can know sooner than we do that a room is ours; its client is let in when we know."""
    ours.join(newcomer(), "kitchen")
    assert ours.message_came(OTHER, enter()) == []
    effects = ours.claimed("kitchen", None)
    assert [effect.process for effect in effects if isinstance(effect, Post)] == [OTHER]


def test_room_that_is_not_ours_is_not_here(ours: SpanningRooms) -> None:
    """A remote client of a room that has ended is sent to ask again."""
    assert ours.message_came(OTHER, enter()) == [Post(OTHER, NotHere(7))]
    ours.join(newcomer(), "kitchen")
    assert ours.message_came(OTHER, enter()) == []
    assert Post(OTHER, NotHere(7)) in ours.claimed("kitchen", HOST)


def test_clients_of_gone_process_keep_their_places_for_a_while(ours: SpanningRooms) -> None:
    """Clients whose process is gone are lost, not gone; and clients of ours at a gone host are sent to come back."""
    ours.join(newcomer(), "kitchen")
    ours.claimed("kitchen", None)
    ours.message_came(OTHER, enter())
    [held] = ours.process_gone(OTHER)
    assert isinstance(held, HoldPlace)
    assert ours.message_came(OTHER, Ask(7, PEER_1, "too late")) == []


def test_lost_remote_client_whose_account_is_gone_leaves_its_place(ours: SpanningRooms) -> None:
    """The host gives up what it holds for an account of another process, and a room that ends by it is nobody's."""
    ours.join(newcomer(), "kitchen")
    ours.claimed("kitchen", None)
    ours.message_came(OTHER, enter(account="guest"))
    ours.message_came(OTHER, Lose(7))
    assert ours.account_gone("guest") == [Deliver(ANN, PeerLeft(peer_id("guest-7"), "lost"))]
    ours.connection_lost(ANN)
    assert ours.account_gone("account") == [Release("kitchen")]
    assert ours.held == []


def test_without_others_only_rooms_that_are_here_can_be_joined(ours: SpanningRooms) -> None:
    """Cut off, a process lets people in to rooms that someone is in, and refuses others."""
    ours.join(newcomer(1), "kitchen")
    ours.claimed("kitchen", None)
    assert ours.disconnected() == []
    assert len(ours.join(newcomer(2), "kitchen")) == 2
    with pytest.raises(BackplaneUnavailable):
        ours.join(newcomer(3), "cellar")
    assert ours.connected() == [Claim("kitchen")]
    assert ours.claimed("kitchen", HOST) == [
        Close(ConnectionId(number), CloseCode.SERVICE_RESTART) for number in (1, 2)
    ]
    assert ours.grace_over(1) == []


def test_who_waits_is_refused_when_others_are_lost(ours: SpanningRooms) -> None:
    """Nobody waits for an answer that cannot come."""
    ours.join(newcomer(), "kitchen")
    [refused] = ours.disconnected()
    assert isinstance(refused, Deliver)
    assert refused.event.code is ErrorCode.BACKPLANE_UNAVAILABLE  # type: ignore[union-attr]


def test_two_remote_clients_of_one_process_write_no_messages() -> None:
    """Two of one process reach each other there, even in a room of another."""
    fleet = Fleet(Random(1), 2)  # noqa: S311 - an order
    host, other = fleet.processes
    first, ada, ben = (Client(peer_id(name), "kitchen") for name in ("first", "ada", "ben"))
    for client, process in ((first, host), (ada, other), (ben, other)):
        process.connect(client)
        process.join(client)
        fleet.settle()
    before = fleet.messages
    signal(ada, ben.peer_id, "hello")
    fleet.settle()
    assert ben.received == [ForwardedSignal(ada.peer_id, "hello")]
    assert fleet.messages == before
    signal(ada, first.peer_id, "hello")
    fleet.settle()
    assert first.received == [ForwardedSignal(ada.peer_id, "hello")]


@pytest.mark.parametrize("seed", range(150))
def test_everyone_finds_each_other_after_any_faults(seed: int) -> None:
    """Clients come and go, processes are cut off; when all is quiet, all in a room see each other, and can talk."""
    random = Random(seed)  # noqa: S311 - faults
    fleet = Fleet(random, 3)
    clients = [
        Client(peer_id(f"peer-{number}"), random.choice(("kitchen", "cellar")), f"account-{number % 3}")
        for number in range(5)
    ]
    for _ in range(120):
        step_of_chaos(random, fleet, clients)
    come_to_rest(random, fleet, clients)
    for client in clients:
        assert client.is_in
        assert client.peers == {other.peer_id for other in clients if other.room == client.room} - {client.peer_id}
    for sender in clients:
        for receiver in sorted(sender.peers):
            signal(sender, receiver, "the last")
    fleet.settle()
    for client in clients:
        assert {relayed.sender for relayed in client.received if relayed.rest == "the last"} == client.peers
    leave_nothing_behind(fleet, clients)


def step_of_chaos(random: Random, fleet: Fleet, clients: list[Client]) -> None:
    """Have one thing happen."""
    client, process = random.choice(clients), random.choice(fleet.processes)
    match random.randrange(12):
        case 0:
            go_away(client, random.choice((CloseCode.NORMAL, CloseCode.INTERNAL_ERROR)))
        case 1 if process.id and random.random() < 0.3:
            process.break_off()
        case 2 if not process.id:
            process.begin()
        case 3:
            process.grace_over()
        case 4:
            leave(client)
        case 5 | 6:
            come_in(random, fleet, client)
        case _:
            fleet.step()


def go_away(client: Client, code: CloseCode) -> None:
    """Have a client's WebSocket end."""
    if client.process is not None and client.connection is not None:
        client.process.close(client.connection, code)


def leave(client: Client) -> None:
    """Have a client leave its room, if it is in one."""
    if client.is_in and client.process is not None and client.connection is not None:
        client.is_in = False
        client.process.carry_out(client.process.spanning.leave(client.connection))


def come_in(random: Random, fleet: Fleet, client: Client) -> None:
    """Have a client connect, if it is not, and ask for its room, if it is not in it."""
    if client.process is None:
        random.choice(fleet.processes).connect(client)
    elif not client.is_in and not client.is_asking:
        client.process.join(client)


def come_to_rest(random: Random, fleet: Fleet, clients: list[Client]) -> None:
    """Connect everyone, and wait until nothing is under way."""
    for process in fleet.processes:
        if not process.id:
            process.begin()
    for _ in range(20):
        fleet.settle()
        for client in clients:
            come_in(random, fleet, client)
    fleet.settle()
    for process in fleet.processes:
        process.grace_over()
    fleet.settle()


def leave_nothing_behind(fleet: Fleet, clients: list[Client]) -> None:
    """Have everyone go; then no process may remember anything."""
    for client in clients:
        go_away(client, CloseCode.NORMAL)
    fleet.settle()
    assert fleet.owners == {}
    for process in fleet.processes:
        assert process.spanning.held == []
        assert process.spanning.neighbours == set()
        assert process.rooms.names == []


def test_room_that_ends_and_begins_again_stays_ours() -> None:
    """Where a new device takes the place of a lost one, and with that everyone is lost, the room is not given away."""
    ours = SpanningRooms(Rooms(capacity=100, max_devices=1))
    ours.connected()
    ours.join(newcomer(1, "account-1"), "kitchen")
    ours.claimed("kitchen", None)
    last = MAX_HELD_EVENTS + 2  # who has kept nothing yet has to hear of more than is held
    for number in range(2, last + 1):
        ours.join(newcomer(number, f"account-{number}"), "kitchen")
    for number in range(1, last):
        ours.connection_lost(ConnectionId(number))
        for _ in range(MAX_HELD_EVENTS):
            ours.signal(ConnectionId(last), CheckedSignal(peer_id(f"peer-{number}"), "}"))
    ours.connection_lost(ConnectionId(last))
    [effect] = ours.join(newcomer(100, "account-1"), "kitchen")
    assert isinstance(effect, Deliver)
    assert ours.held == ["kitchen"]


def error_of(effects: list[Effect], connection: ConnectionId = ANN) -> str:
    """Return the code of the error that is all that a connection is told."""
    [effect] = effects
    assert isinstance(effect, Deliver)
    assert effect.connection == connection
    assert isinstance(effect.event, Error)
    return effect.event.code


def test_who_leaves_while_waiting_is_not_let_in(ours: SpanningRooms) -> None:
    """Leaving ends the wait for a room; when it is ours, nobody is there, and it is given back."""
    ours.join(newcomer(), "kitchen")
    assert ours.leave(ANN) == []
    assert ours.claimed("kitchen", None) == [Release("kitchen")]


def test_who_waits_for_a_full_room_is_refused(ours: SpanningRooms) -> None:
    """Of more who wait than there are places, the last are told that the room is full."""
    for number in (1, 2, 3):
        ours.join(newcomer(number, f"account-{number}"), "kitchen")
    effects = ours.claimed("kitchen", None)
    assert error_of(effects[-1:], ConnectionId(3)) == ErrorCode.ROOM_FULL


def test_remote_client_that_asks_for_nobody_is_refused(ours: SpanningRooms) -> None:
    """A remote client hears of a refusal as of everything else: by a message."""
    ours.join(newcomer(), "kitchen")
    ours.claimed("kitchen", None)
    ours.message_came(OTHER, enter())
    [told] = ours.message_came(OTHER, Ask(7, peer_id("nobody"), "hello"))
    assert isinstance(told, Post)
    assert isinstance(told.message, Tell)
    event = EVENTS.decode(told.message.event)
    assert isinstance(event, Error)
    assert event.code == ErrorCode.UNKNOWN_PEER


def test_client_hears_why_the_host_turns_it_away(ours: SpanningRooms) -> None:
    """Only the host can turn a client away, which may ask for another room then."""
    ours.join(newcomer(), "kitchen")
    ours.claimed("kitchen", HOST)
    refusal = TurnAway(1, EVENTS.encode(Error(ErrorCode.ROOM_FULL, "It is full.")))
    assert ours.message_came(OTHER, refusal) == []
    assert error_of(ours.message_came(HOST, refusal)) == ErrorCode.ROOM_FULL
    assert ours.join(newcomer(), "cellar") == [Claim("cellar")]


def test_signal_of_another_than_the_host_is_dropped(ours: SpanningRooms) -> None:
    """A description reaches a client by the host of its room, and by nobody else."""
    ours.join(newcomer(), "kitchen")
    ours.claimed("kitchen", HOST)
    signal_for_ann = Pass(1, PEER_2, "hello")
    assert ours.message_came(OTHER, signal_for_ann) == []
    assert ours.message_came(HOST, signal_for_ann) == [Deliver(ANN, ForwardedSignal(PEER_2, "hello"))]


def test_what_comes_of_nobody_is_dropped(ours: SpanningRooms) -> None:
    """A remote client that is none any more cannot be lost."""
    assert ours.message_came(OTHER, Lose(7)) == []


def test_client_sent_away_finds_the_room_that_is_ours_meanwhile(ours: SpanningRooms) -> None:
    """A host that has no such room any more sends a client back, to a room that has become ours."""
    ours.join(newcomer(1), "kitchen")
    ours.claimed("kitchen", HOST)
    ours.join(newcomer(2), "kitchen")
    ours.claimed("kitchen", None)
    told = [effect.connection for effect in ours.message_came(HOST, NotHere(1)) if isinstance(effect, Deliver)]
    assert told == [1, 2]


def test_remote_client_that_waits_hears_nothing_when_others_are_lost(ours: SpanningRooms) -> None:
    """Its own process takes us for gone, and asks again."""
    ours.join(newcomer(), "kitchen")
    ours.message_came(OTHER, enter())
    assert error_of(ours.disconnected()) == ErrorCode.BACKPLANE_UNAVAILABLE


def test_message_without_a_reader_is_our_fault(ours: SpanningRooms) -> None:
    """A kind of message that was added, and is read nowhere, does not pass unnoticed."""
    with pytest.raises(NotImplementedError):
        ours.message_came(OTHER, AboutConnection(7))  # type: ignore[arg-type]  # that is the fault
