from protocol.codes import CloseCode
from protocol.events import Pong
from signaling.cluster.effects import Post
from signaling.cluster.guests import Guest, Guests
from signaling.cluster.process_messages import HangUp, ProcessId, Tell
from signaling.rooms.effects import Close, ConnectionId, Deliver

OTHER = ProcessId("other")


def test_guest_is_told_by_a_message() -> None:
    """What a guest is told goes to its process, under the number that it has there."""
    guests = Guests()
    connection = guests.add(Guest(OTHER, 7))
    assert connection < 0
    assert guests.written(Deliver(connection, Pong())) == [Post(OTHER, Tell(7, '{"type":"pong"}'))]


def test_guest_that_is_hung_up_on_is_none() -> None:
    """A guest whose connection is closed hears nothing more, and its process is no neighbour for it."""
    guests = Guests()
    connection = guests.add(Guest(OTHER, 7))
    assert guests.written(Close(connection, CloseCode.REPLACED)) == [Post(OTHER, HangUp(7, CloseCode.REPLACED))]
    assert guests.written(Deliver(connection, Pong())) == []
    assert guests.processes == set()


def test_nobody_is_written_nothing() -> None:
    """A number that no guest has reaches nobody."""
    assert Guests().written(Deliver(ConnectionId(-1), Pong())) == []
