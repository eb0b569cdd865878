from __future__ import annotations

import pytest

from client_py.core.notices import StatusChanged
from client_py.core.peer.ice_servers import FetchIceServers
from client_py.core.room import Room, RoomEffect, Visitor
from client_py.core.server.access_faults import PageOriginRefused
from client_py.core.server.session import CloseSocket, OpenSocket, ProbeServer, SendText
from client_py.core.status_line import Status
from client_py.drivers.room_inputs import Input
from client_py.drivers.signaling_connection import ServerPorts, SignalingConnection
from client_py.drivers.tasks import Tasks
from client_py.ports.server import OriginRefused, Response
from protocol.http import ICE_SERVERS_PATH
from protocol.webrtc import IceServer
from tests.fakes.ports import FakeClock, FakeHttp, FakeReachabilityProbe, FakeSockets, settle


class Stage:
    """A line to the server among fakes, and a room that waits for the server."""

    def __init__(self) -> None:
        self.reachability_probe, self.sockets, self.http = FakeReachabilityProbe(), FakeSockets(), FakeHttp()
        self.room = Room("den", Visitor("ann", "anns-device-00000000"), supported=True, random=lambda: 1.0)
        self.room.start()
        self.room.socket_closed(1006)
        self.effects: list[list[RoomEffect]] = []
        self.failures: list[BaseException] = []
        ports = ServerPorts(self.reachability_probe, self.sockets, self.http)
        self.line = SignalingConnection(ports, FakeClock(), lambda: "jwt", self._hear, Tasks(self.failures.append))

    def _hear(self, decide: Input) -> None:
        self.effects.append(decide(self.room))

    async def fetch(self) -> None:
        """Ask for ICE servers."""
        self.line.carry_out(FetchIceServers())
        await settle()

    async def probe(self) -> None:
        """Probe."""
        self.line.carry_out(ProbeServer())
        await settle()


@pytest.mark.parametrize("answered", [True, False])
async def test_line_tells_what_came_of_a_probe(answered: bool) -> None:  # noqa: FBT001
    """The room opens a WebSocket, or goes on waiting."""
    stage = Stage()
    await stage.probe()
    assert stage.effects == []
    stage.reachability_probe.asked[0].set_result(answered)
    await settle()
    (effects,) = stage.effects
    assert (OpenSocket() in effects) is answered
    assert stage.failures == []


async def test_line_tells_that_its_origin_is_refused() -> None:
    """The room waits, and a person reads why."""
    stage = Stage()
    await stage.probe()
    stage.reachability_probe.asked[0].set_exception(OriginRefused("https://pages.example"))
    await settle()
    (effects,) = stage.effects
    (changed,) = [notice for notice in stage.room.news() if isinstance(notice, StatusChanged)]
    assert changed.line.status is Status.REFUSED
    assert changed.line.detail == PageOriginRefused("https://pages.example")
    assert OpenSocket() not in effects
    assert stage.failures == []


async def test_line_probes_from_the_beginning() -> None:
    """A new probe takes the place of the last one, of which nothing more is heard."""
    stage = Stage()
    await stage.probe()
    await stage.probe()
    first, second = stage.reachability_probe.asked
    assert (first.cancelled(), second.done()) == (True, False)
    assert stage.effects == []


async def test_line_that_ends_awaits_nothing() -> None:
    """The probe is called off, and the socket is closed."""
    stage = Stage()
    stage.line.carry_out(OpenSocket())
    await stage.probe()
    stage.line.stop()
    await settle()
    assert stage.reachability_probe.asked[0].cancelled()
    assert stage.effects == []
    assert stage.sockets.opened[0].closed


async def test_line_has_one_socket_at_a_time() -> None:
    """The one before is closed, and what is sent after the end goes nowhere."""
    stage = Stage()
    stage.line.carry_out(OpenSocket())
    stage.line.carry_out(OpenSocket())
    first, second = stage.sockets.opened
    assert (first.closed, second.closed) == (True, False)
    stage.line.carry_out(SendText("hello"))
    assert (first.sent, second.sent) == ([], ["hello"])
    stage.line.carry_out(CloseSocket())
    stage.line.carry_out(SendText("too late"))
    assert second.closed
    assert second.sent == ["hello"]


async def test_line_asks_for_ice_servers() -> None:
    """What the server answers goes to the room, and so does that it did not answer."""
    stage = Stage()
    await stage.fetch()
    assert stage.effects == [[]]
    stage.http.answers.append(Response(200, '{"ice_servers":[{"urls":["turn:a"]}],"expires_at":null}'))
    await stage.fetch()
    assert stage.http.requests == [(ICE_SERVERS_PATH, "", "jwt")] * 2
    assert stage.room.ice_servers == (IceServer(("turn:a",)),)
    assert stage.failures == []
