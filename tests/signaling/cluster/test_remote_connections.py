from protocol.codes import CloseCode
from protocol.events import Pong
from signaling.cluster.effects import Post
from signaling.cluster.process_messages import HangUp, ProcessId, Tell
from signaling.cluster.remote_connections import RemoteClient, RemoteClients
from signaling.rooms.effects import Close, ConnectionId, Deliver

OTHER = ProcessId("other")


def test_remote_client_is_told_by_a_message() -> None:
    """What a remote client is told goes to its process, under the number that it has there."""
    clients = RemoteClients()
    connection = clients.add(RemoteClient(OTHER, 7))
    assert connection < 0
    assert clients.written(Deliver(connection, Pong())) == [Post(OTHER, Tell(7, '{"type":"pong"}'))]


def test_remote_client_that_is_hung_up_on_is_none() -> None:
    """A remote client whose connection is closed hears nothing more, and its process is no neighbour for it."""
    clients = RemoteClients()
    connection = clients.add(RemoteClient(OTHER, 7))
    assert clients.written(Close(connection, CloseCode.REPLACED)) == [Post(OTHER, HangUp(7, CloseCode.REPLACED))]
    assert clients.written(Deliver(connection, Pong())) == []
    assert clients.processes == set()


def test_nobody_is_written_nothing() -> None:
    """A number that no remote client has reaches nobody."""
    assert RemoteClients().written(Deliver(ConnectionId(-1), Pong())) == []
