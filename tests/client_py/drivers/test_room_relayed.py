from __future__ import annotations

import json

from client_py.core.notices import RelayChoiceChanged
from client_py.core.peer.ice_servers import RESTART_AFTER, RelayChoice
from client_py.core.server.sleep_detection import TICK_SECONDS
from client_py.core.status_line import Status
from client_py.ports.server import Response
from client_py.ports.webrtc import Configuration, SelectedPath
from protocol import events
from protocol.events import Limits, Peer
from protocol.http import ICE_SERVERS, ICE_SERVERS_PATH, IceServers
from protocol.webrtc import IceServer
from tests.client_py.drivers.test_room import BOB, ME, Stage
from tests.fakes.ports import settle

LIFE = 100
URL = "turn:turn.example.org?transport=udp"


def turn(ends_at: float) -> IceServers:
    """Return servers with credentials that end at a time."""
    return IceServers((IceServer((URL,), f"{int(ends_at)}:alice", "secret"),), int(ends_at))


async def enter(stage: Stage) -> None:
    """Go into the room of a server that offers a relay."""
    stage.driver.start()
    await settle()
    stage.socket.callbacks.opened()
    servers = turn(stage.clock.now() + LIFE)
    stage.receive(events.Welcome(ME, "resume", servers.ice_servers, Limits(1, 1), servers.expires_at))
    joined = events.Joined("den", ME, "resume", resumed=False, peers=(Peer(BOB, "bob"),), capacity=2)
    stage.receive(joined)


async def connect(stage: Stage) -> None:
    """Go into the room, and connect to Bob through the relay."""
    await enter(stage)
    stage.connection.path = SelectedPath(relayed=True, allocated=True, protocol="udp")
    await stage.connect_to_bob()


async def pass_time(stage: Stage, seconds: float) -> None:
    """Let time pass, tick by tick."""
    for _ in range(int(seconds / TICK_SECONDS)):
        stage.clock.advance(TICK_SECONDS)
        await settle()


async def test_credentials_are_renewed_while_the_websocket_is_up() -> None:
    """The server is asked with the token of now; live connections and new ones have what it answers."""
    stage = Stage()
    await connect(stage)
    live = stage.connection
    fresh = turn(stage.clock.now() + LIFE + 60)
    stage.http.answers.append(Response(200, json.dumps(ICE_SERVERS.to_json(fresh))))
    await pass_time(stage, LIFE / 2 - TICK_SECONDS)
    assert stage.http.requests == []
    await pass_time(stage, 2 * TICK_SECONDS)
    assert stage.http.requests == [(ICE_SERVERS_PATH, "", "jwt")]
    assert live.configuration == Configuration(fresh.ice_servers, relay_only=False)
    assert live.done[-1] == "configure"
    await pass_time(stage, LIFE / 2 * RESTART_AFTER + 2 * TICK_SECONDS)
    assert live.done[-2:] == ["configure", "restart_ice"]
    stage.channel.callbacks.closed()
    await pass_time(stage, TICK_SECONDS)
    assert stage.connection is not live
    assert stage.connection.configuration == Configuration(fresh.ice_servers, relay_only=False)
    assert stage.failures == []


async def test_renewal_without_a_server_is_tried_again() -> None:
    """The conversation does not notice, neither of that nor of a browser that refuses."""
    stage = Stage()
    await connect(stage)
    stage.connection.refusing_configurations = True
    await pass_time(stage, 3 * TICK_SECONDS)
    assert len(stage.http.requests) == 1
    stage.http.answers.append(Response(200, json.dumps(ICE_SERVERS.to_json(turn(stage.clock.now() + LIFE)))))
    await pass_time(stage, TICK_SECONDS)
    assert len(stage.http.requests) == 2
    assert any("bad configuration" in warning for warning in stage.warnings)
    assert stage.status is Status.CONNECTED
    assert stage.failures == []


async def test_room_connects_as_the_device_remembers() -> None:
    """The wish is there before the first connection is made."""
    stage = Stage()
    stage.relay_only = True
    await enter(stage)
    assert stage.connection.configuration.relay_only
    assert RelayChoiceChanged(RelayChoice(only=True, offered=True)) in stage.notices


async def test_wish_reaches_an_open_connection() -> None:
    """It is replaced by one that gathers relayed candidates alone."""
    stage = Stage()
    await connect(stage)
    before = stage.connection
    stage.relay_only = True
    stage.driver.relay_only_requested()
    await settle()
    assert (before.closed, before.configuration.relay_only) == (True, True)
    assert stage.connection is not before
    assert stage.connection.configuration.relay_only


async def test_error_of_a_turn_server_is_noted() -> None:
    """The people who host the server find it in the console."""
    stage = Stage()
    await enter(stage)
    stage.connection.callbacks.candidate_failed(URL, 401, "Unauthorized")
    assert stage.warnings == [f"{URL} gives no relay: 401 Unauthorized"]
