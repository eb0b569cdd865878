import asyncio
import contextlib
import os
import select
import socket
from typing import NoReturn

import pytest

from signaling.app import create_app
from signaling.configuration.settings import Settings
from signaling.errors import AddressUnusable
from signaling.process.serving import (
    ACCEPTED_AT_ONCE,
    UNACKNOWLEDGED_MS,
    Server,
    configuration,
    copies,
    listen,
    listens_everywhere,
)
from signaling.site.loading import Site


@pytest.fixture
def taken() -> socket.socket:
    """A socket that listens on a port of 127.0.0.1."""
    return socket.create_server(("127.0.0.1", 0))


def test_listening_takes_free_port() -> None:
    """Port 0 is any port that is free."""
    [listener] = listen("127.0.0.1", 0)
    with listener:
        assert listener.getsockname()[1] > 0


def test_listening_takes_one_port_on_every_address() -> None:
    """A name with several addresses is served at all of them, on the same port."""
    sockets = listen("localhost", 0)
    assert len({listener.getsockname()[1] for listener in sockets}) == 1
    assert "127.0.0.1" in {listener.getsockname()[0] for listener in sockets}
    for listener in sockets:
        listener.close()


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux has this option")
def test_connection_does_not_outlive_its_network() -> None:
    """The kernel gives up a connection when what was sent is not acknowledged for a minute."""
    [listener] = listen("127.0.0.1", 0)
    with listener, socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNACKNOWLEDGED_MS


def test_copies_leave_other_workers_alone() -> None:
    """A worker that starts does not make another one wait in `accept`, which has the same socket open."""
    [listener] = listen("127.0.0.1", 0)
    with listener, socket.socket(fileno=os.dup(listener.fileno())) as of_another:
        of_another.settimeout(0)
        with contextlib.ExitStack() as stack:
            for copy in copies(listener)[1:]:
                stack.enter_context(copy)
            assert not os.get_blocking(of_another.fileno())


def test_taken_port_is_refused_in_words(taken: socket.socket) -> None:
    """A port that is in use is named, with a way out."""
    port = taken.getsockname()[1]
    with taken, pytest.raises(AddressUnusable, match=f"port {port}: Address already in use.*--port"):
        listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["203.0.113.1", "no such host"])
def test_unusable_host_is_refused_in_words(host: str) -> None:
    """An address that this machine does not have, or a name that nobody has, is named."""
    with pytest.raises(AddressUnusable, match=rf"on {host} port 0: .*--host"):
        listen(host, 0)


def test_many_connections_are_accepted_in_one_round() -> None:
    """Each copy of a socket takes one, in whatever order they came."""
    [listener] = listen("127.0.0.1", 0)
    with contextlib.ExitStack() as stack:
        listening = [stack.enter_context(copy) for copy in copies(listener)]
        assert len(listening) == ACCEPTED_AT_ONCE
        connected = [
            stack.enter_context(socket.create_connection(listener.getsockname())).getsockname() for _ in listening
        ]
        accepted = [copy.accept() for copy in listening]
        for connection, _ in accepted:
            connection.close()
        assert [address for _, address in accepted] == connected


def has_ipv6() -> bool:
    """Whether this machine has a loopback address of IPv6."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["::", "0::0"])
def test_every_address_is_that_of_both_families(host: str) -> None:
    """`::` serves IPv4 too, and its clients have the addresses by which settings and limits know them."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(listener) for listener in listen(host, 0)]
        assert listens_everywhere(sockets)
        [port] = {listener.getsockname()[1] for listener in sockets}
        for address in ("127.0.0.1", "::1"):
            with socket.create_connection((address, port)) as client:
                [client_address] = accepted_from(sockets)
                assert client_address == (address, client.getsockname()[1])


def accepted_from(sockets: list[socket.socket]) -> list[tuple[str, int]]:
    """Return the addresses and ports of those who have connected."""
    waiting, _, _ = select.select(sockets, [], [], 5.0)
    accepted = [listener.accept() for listener in waiting]
    for connection, _ in accepted:
        connection.close()
    return [address[:2] for _, address in accepted]


def test_one_address_is_not_every_address() -> None:
    """A loopback address is announced as such."""
    [listener] = listen("127.0.0.1", 0)
    with listener:
        assert not listens_everywhere([listener])


async def test_server_takes_nobody_while_it_drains(settings: Settings, site: Site) -> None:
    """It listens no more when its clients are sent away: they, and everyone else, have to find another one."""
    [listener] = listen("127.0.0.1", 0)
    address = listener.getsockname()
    has_drained = asyncio.Event()

    async def drain() -> None:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*address)
        has_drained.set()

    def stop() -> None:
        server.stop()

    server = Server(configuration(create_app(settings, site), settings), stop, drain)
    await server.serve([listener])
    assert has_drained.is_set()


async def test_server_that_is_to_stop_at_once_sends_nobody_away(settings: Settings, site: Site) -> None:
    """Told to stop a second time, it waits for nobody."""

    async def drain() -> NoReturn:
        raise AssertionError

    def stop_twice() -> None:
        server.stop()
        server.stop()

    server = Server(configuration(create_app(settings, site), settings), stop_twice, drain)
    await server.serve(listen("127.0.0.1", 0))
