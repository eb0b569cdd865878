from __future__ import annotations

import json

from client_py.core.channels import CHAT
from client_py.core.conversation.conversation import SendFrame
from client_py.core.frames import Signal as SignalFrame
from client_py.core.notices import RelayChoiceChanged
from client_py.core.peer.ice_servers import RESTART_AFTER, ConfigureConnections, FetchIceServers, RelayChoice
from client_py.core.peer.link_effects import (
    ClosePeerConnection,
    CreateChannels,
    CreatePeerConnection,
    LinkTimer,
    RestartIce,
)
from client_py.core.peer.peer_effects import FindPath
from client_py.core.room_effects import ForPeer, RoomTimer, Warn
from client_py.core.status_line import Cause, Status
from protocol import events, requests
from protocol.events import Limits
from protocol.http import ICE_SERVERS, IceServers
from protocol.webrtc import Candidate, Description, IceServer
from tests.client_py.core.conversation.conversing import NOW
from tests.client_py.core.peer.test_negotiation import ANSWER, description
from tests.client_py.core.visiting import BEN, ME, PEER, STUN, Stage, on_ben, signals

HOUR = 3_600
ENDS_AT = int(NOW) + HOUR
RESTART_AT = NOW + HOUR / 2 + RESTART_AFTER * 1.5 * HOUR / 2
"""Where fresh credentials, good for an hour and a half, came after half an hour."""
URL = "turn:turn.example.org?transport=udp"
HOST = Candidate("candidate:1 1 udp 2113937151 198.51.100.2 5000 typ host")
RELAY = Candidate("candidate:2 1 udp 50339839 203.0.113.1 50001 typ relay raddr 0.0.0.0 rport 9")
GATHERED = Description("offer", f"a=ice-ufrag:mine\r\na={HOST.candidate}\r\n")
HIDDEN = Description("offer", "a=ice-ufrag:mine\r\n")


def turn(ends_at: int = ENDS_AT) -> IceServers:
    """Return servers with credentials that end at a time."""
    return IceServers((STUN, IceServer((URL,), f"{ends_at}:ada", "secret")), ends_at)


def body(servers: IceServers) -> str:
    """Write what the server answers."""
    return json.dumps(ICE_SERVERS.to_json(servers))


def stage_with_relay(*, relay_only: bool = False) -> Stage:
    """Return a room whose server has offered a relay."""
    stage = Stage(relay_only=relay_only)
    stage.do(stage.room.start())
    stage.do(stage.room.socket_opened())
    servers = turn()
    stage.receive(events.Welcome(ME, "token", servers.ice_servers, Limits(1, 1), servers.expires_at))
    return stage


def connected(*, relay_only: bool = False) -> Stage:
    """Return a room in which Ben is connected."""
    stage = stage_with_relay(relay_only=relay_only)
    stage.joined(PEER)
    stage.connect_to_ben()
    return stage


def renewed() -> Stage:
    """Return a room in which Ben is connected, and fresh credentials have just come."""
    stage = connected()
    stage.do(stage.room.ice_servers_answered(200, body(turn(ENDS_AT + HOUR)), None, NOW + HOUR / 2))
    return stage


def attempt(stage: Stage, *errors: tuple[str, int]) -> Cause | None:
    """Let an attempt to connect to Ben go by with these errors, until its time is over; gives what is told of it."""
    stage.do(stage.room.negotiation_needed(BEN))
    stage.do(stage.room.signaling_state_changed(BEN, "have-local-offer"))
    stage.do(stage.room.local_description_set(BEN, GATHERED))
    stage.receive(events.Signal(BEN, description=ANSWER))
    stage.receive(events.Signal(BEN, candidate=HOST))
    for url, code in errors:
        stage.do(stage.room.candidate_failed(BEN, url, code, "Unauthorized"))
    stage.do(stage.room.link_timer_fired(BEN, LinkTimer.ATTEMPT))
    return stage.cause()


def failed(stage: Stage, *errors: tuple[str, int]) -> Cause | None:
    """Let two attempts to connect to Ben fail with these errors; gives what is told of it."""
    stage.joined(PEER)
    attempt(stage, *errors)
    stage.do(stage.room.link_timer_fired(BEN, LinkTimer.REPAIR))
    cause = attempt(stage, *errors)
    assert stage.status() is Status.FAILED
    return cause


def test_room_renews_credentials_and_allocations() -> None:
    """The server is asked at half of their life; connections get them first, and later relayed ones restart ICE."""
    stage = connected()
    assert FetchIceServers() not in stage.do(stage.room.timer_fired(RoomTimer.TICK, NOW + 60))
    half = NOW + HOUR / 2
    assert FetchIceServers() in stage.do(stage.room.timer_fired(RoomTimer.TICK, half))
    fresh = turn(ENDS_AT + HOUR)
    assert stage.do(stage.room.ice_servers_answered(200, body(fresh), None, half)) == [ConfigureConnections()]
    assert ForPeer(BEN, FindPath()) in stage.do(stage.room.timer_fired(RoomTimer.TICK, RESTART_AT))
    assert on_ben(stage.do(stage.room.path_found(BEN, relayed=True, allocated=True))) == [RestartIce()]
    assert stage.do(stage.room.path_found(BEN, relayed=True, allocated=True)) == []
    assert stage.room.ice_servers == fresh.ice_servers
    assert stage.status() is Status.CONNECTED


def test_room_restarts_for_an_allocation_of_its_own() -> None:
    """Where the browser cannot tell, it may be one; where it is none, the other side renews what is its own."""
    for allocated, expected in ((None, [RestartIce()]), (False, [])):
        stage = renewed()
        stage.do(stage.room.timer_fired(RoomTimer.TICK, RESTART_AT))
        assert on_ben(stage.do(stage.room.path_found(BEN, relayed=True, allocated=allocated))) == expected


def test_room_restarts_once_for_both_sides() -> None:
    """What has gathered again since the fresh credentials came, for whatever reason, stands on them."""
    stage = renewed()
    stage.receive(events.Signal(BEN, description=description("offer", "theirs-again")))
    stage.do(stage.room.remote_description_set(BEN))
    stage.do(stage.room.local_description_set(BEN, description("answer", "ours-again", "BB")))
    assert stage.status() is Status.CONNECTED
    assert ForPeer(BEN, FindPath()) not in stage.do(stage.room.timer_fired(RoomTimer.TICK, RESTART_AT))


def test_renewal_ends_with_the_connection_that_it_was_for() -> None:
    """The next one begins with the fresh credentials."""
    stage = renewed()
    stage.do(stage.room.timer_fired(RoomTimer.TICK, RESTART_AT))
    stage.do(stage.room.channel_closed(BEN, CHAT))
    assert on_ben(stage.do(stage.room.path_found(BEN, relayed=True, allocated=True))) == []
    assert stage.do(stage.room.path_found("nobody-0000000000000", relayed=True, allocated=True)) == []


def test_attempt_goes_on_where_the_credentials_were_good() -> None:
    """What it gathered is good still."""
    stage = stage_with_relay()
    stage.joined(PEER)
    effects = stage.do(stage.room.ice_servers_answered(200, body(turn(ENDS_AT + HOUR)), None, NOW + HOUR / 2))
    assert effects == [ConfigureConnections()]
    effects = stage.do(stage.room.timer_fired(RoomTimer.TICK, RESTART_AT))
    assert ForPeer(BEN, FindPath()) not in effects
    assert on_ben(effects) == []


def test_failing_renewal_leaves_the_conversation_alone() -> None:
    """Without an answer, with a bad one, or refused by the browser: the connection goes on with what it has."""
    stage = connected()
    stage.do(stage.room.timer_fired(RoomTimer.TICK, NOW + HOUR / 2))
    assert stage.do(stage.room.ice_servers_unreachable(NOW + HOUR / 2)) == []
    assert stage.do(stage.room.ice_servers_answered(500, "", None, NOW + HOUR / 2)) == []
    (warning,) = stage.do(stage.room.configuration_refused("no"))
    assert isinstance(warning, Warn)
    assert stage.status() is Status.CONNECTED


def test_room_asks_for_credentials_when_it_is_checked() -> None:
    """After sleep they may have ended long ago."""
    stage = connected()
    effects = stage.do(stage.room.checked(NOW + 2 * HOUR))
    assert effects[0] == FetchIceServers()


def test_room_says_what_there_is_to_choose() -> None:
    """First what was chosen before, and then, with the welcome, whether there is a relay."""
    stage = Stage(relay_only=True)
    assert RelayChoiceChanged(RelayChoice(only=True, offered=None)) in stage.do(stage.room.start())
    stage.do(stage.room.socket_opened())
    effects = stage.receive(events.Welcome(ME, "token", turn().ice_servers, Limits(1, 1), ENDS_AT))
    assert RelayChoiceChanged(RelayChoice(only=True, offered=True)) in effects
    assert stage.room.relay_only


def test_wish_to_hide_replaces_open_connections() -> None:
    """The browser knows the policy before it makes the new one; to wish the same again changes nothing."""
    stage = connected()
    effects = stage.do(stage.room.relay_only_requested(only=True))
    assert effects[0] == ConfigureConnections()
    assert on_ben(effects) == [ClosePeerConnection(), CreatePeerConnection(), CreateChannels()]
    assert RelayChoiceChanged(RelayChoice(only=True, offered=True)) in effects
    assert stage.status() is Status.RECONNECTING
    assert stage.do(stage.room.relay_only_requested(only=True)) == []


def test_no_address_leaves_while_a_relay_is_wished() -> None:
    """What the browser gathered before it knew, or against its word, stays here."""
    stage = stage_with_relay(relay_only=True)
    stage.joined(PEER)
    stage.do(stage.room.negotiation_needed(BEN))
    stage.do(stage.room.signaling_state_changed(BEN, "have-local-offer"))
    effects = stage.do(stage.room.local_description_set(BEN, GATHERED))
    assert signals(effects) == [requests.Signal(BEN, description=HIDDEN)]
    assert signals(stage.do(stage.room.candidate_gathered(BEN, HOST))) == []
    assert signals(stage.do(stage.room.candidate_gathered(BEN, RELAY))) == [requests.Signal(BEN, candidate=RELAY)]


def test_no_address_leaves_over_the_channel_either() -> None:
    """While the server is away, the channel carries the signals."""
    stage = connected(relay_only=True)
    stage.do(stage.room.socket_closed(1006))
    assert stage.do(stage.room.candidate_gathered(BEN, HOST)) == []
    assert stage.do(stage.room.candidate_gathered(BEN, RELAY)) == [SendFrame(BEN, SignalFrame(None, RELAY))]


def test_failure_says_why_there_is_no_relay() -> None:
    """Each kind has a cause of its own."""
    assert failed(stage_with_relay(), (URL, 401)) is Cause.RELAY_REFUSED
    assert failed(stage_with_relay(), (URL, 486)) is Cause.RELAY_OVERLOADED
    assert failed(stage_with_relay(), (URL, 701)) is Cause.RELAY_UNREACHABLE
    assert failed(stage_with_relay()) is Cause.RELAY_UNREACHABLE


def test_failure_says_that_credentials_have_ended() -> None:
    """A TURN server answers 401 to those too; the clock tells the difference."""
    stage = stage_with_relay()
    stage.do(stage.room.timer_fired(RoomTimer.TICK, NOW + HOUR))
    assert failed(stage, (URL, 401)) is Cause.RELAY_EXPIRED


def test_attempt_begins_again_with_fresh_credentials() -> None:
    """As soon as there are some, after those before had ended."""
    stage = stage_with_relay()
    stage.do(stage.room.timer_fired(RoomTimer.TICK, NOW + HOUR))
    failed(stage, (URL, 401))
    effects = stage.do(stage.room.ice_servers_answered(200, body(turn(ENDS_AT + 2 * HOUR)), None, NOW + HOUR))
    assert on_ben(effects) == [CreatePeerConnection(), CreateChannels()]


def test_failure_is_told_by_the_last_attempts() -> None:
    """The relay that the first one found was away in the two after it."""
    stage = stage_with_relay()
    stage.joined(PEER)
    stage.do(stage.room.candidate_gathered(BEN, RELAY))
    causes = [attempt(stage)]
    for _ in range(2):
        stage.do(stage.room.link_timer_fired(BEN, LinkTimer.REPAIR))
        causes.append(attempt(stage))
    assert causes == [None, Cause.NO_PATH, Cause.RELAY_UNREACHABLE]


def test_failure_of_a_relay_that_was_there_is_another_one() -> None:
    """Where a relayed candidate was found, it was not for lack of a relay."""
    stage = stage_with_relay()
    stage.joined(PEER)
    stage.do(stage.room.candidate_gathered(BEN, RELAY))
    assert stage.do(stage.room.candidate_failed(BEN, "stun:stun.example.org", 701, "")) == []
    assert stage.do(stage.room.candidate_failed("nobody-0000000000000", URL, 701, "")) == []
    assert stage.do(stage.room.candidate_gathered("nobody-0000000000000", RELAY)) == []
    (warning,) = stage.do(stage.room.candidate_failed(BEN, URL, 701, ""))
    assert warning == Warn(f"{URL} gives no relay: 701")


def test_wish_to_hide_leaves_alone_what_has_gathered_nothing() -> None:
    """Who waits for the first offer has nothing to undo."""
    stage = stage_with_relay()
    stage.joined()
    stage.receive(events.PeerJoined(PEER))
    effects = stage.do(stage.room.relay_only_requested(only=True))
    assert on_ben(effects) == []
