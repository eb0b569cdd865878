from __future__ import annotations

import pytest

from client_py.core.channels import CHAT
from client_py.core.conversation.conversation import SendFrame, Store
from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.history_records import Entry, Kept, Receipt, Snapshot
from client_py.core.conversation.items import Reaction
from client_py.core.conversation.notices import DeliveryChanged, ItemAdded, TypingChanged
from client_py.core.conversation.sharing import Sharing
from client_py.core.frames import VERSION, Ack, Hello, MessagePart, Pong, Read, Resume, Typing
from client_py.core.notices import RelayChoiceChanged, StatusChanged
from client_py.core.peer.link import DISCONNECTED_SECONDS
from client_py.core.peer.link_effects import ClosePeerConnection, LinkTimer, StartTimer
from client_py.core.peer.liveness import EXPECTING_SECONDS
from client_py.core.peer.peer_effects import FindPath
from client_py.core.peer.penalty import Fault
from client_py.core.room import RoomEffect
from client_py.core.room_effects import ForPeer, RoomTimer, StartRoomTimer, StopRoomTimer, Warn
from client_py.core.server.session import CloseSocket, KeepResumeToken, OpenSocket, SendText, SessionTimer
from client_py.core.server.sleep_detection import TICK_SECONDS
from client_py.core.status_line import Connected, KeptAway, Status
from protocol import events, requests
from protocol.codes import CloseCode, ErrorCode
from protocol.events import Limits
from protocol.requests import REQUESTS
from protocol.webrtc import Candidate
from tests.client_py.core.conversation.conversing import (
    ADAS_DEVICE,
    BENS_DEVICE,
    NOW,
    incoming,
    message_id,
    outgoing,
    part,
)
from tests.client_py.core.visiting import BEN, ME, PEER, STUN, Stage, on_ben, signals

WATCH = ForPeer(BEN, StartTimer(LinkTimer.EXPECTING, EXPECTING_SECONDS))


def test_room_is_entered() -> None:
    """The way in ends with waiting, alone."""
    stage = Stage()
    effects = stage.do(stage.room.start())
    assert OpenSocket() in effects
    assert StartRoomTimer(RoomTimer.TICK, TICK_SECONDS) in effects
    assert stage.status() is Status.CONNECTING
    assert signals(stage.do(stage.room.socket_opened())) == [requests.Join("den")]
    stage.receive(events.Welcome(ME, "token", (STUN,), Limits(1, 1)))
    assert stage.room.ice_servers == (STUN,)
    assert KeepResumeToken("token") in stage.joined()
    assert stage.status() is Status.WAITING


def test_room_is_entered_as_who_one_was() -> None:
    """A device that was here before comes back as the same peer, and with what it kept of the conversation."""
    kept = Snapshot(pending=(outgoing(1),), receipts=(Receipt(message_id(1), {}),), resume_token="kept")
    stage = Stage(snapshot=kept)
    stage.do(stage.room.start())
    assert signals(stage.do(stage.room.socket_opened())) == [requests.Join("den", "kept")]
    stage.joined(PEER)
    stage.do(stage.room.channel_opened(BEN, CHAT))
    stage.frame(Hello(1, BENS_DEVICE))
    assert SendFrame(BEN, MessagePart(1, message_id(1), 1_000.0, 1, 1, "Hello")) in stage.frame(Resume(0, 0))


def test_room_is_not_entered_by_a_browser_that_cannot() -> None:
    """Without RTCPeerConnection, the person is told, and the server is not troubled."""
    stage = Stage(supported=False)
    assert [type(effect) for effect in stage.do(stage.room.start())] == [RelayChoiceChanged, StatusChanged]
    assert stage.status() is Status.UNSUPPORTED


def test_room_greets_over_an_open_channel() -> None:
    """An open channel begins with a hello, and how it is connected is looked up."""
    stage = Stage()
    effects = stage.connect()
    assert SendFrame(BEN, Hello(VERSION, ADAS_DEVICE)) in effects
    assert ForPeer(BEN, FindPath()) in effects
    assert stage.status() is Status.CONNECTED
    (shown,) = stage.do(stage.room.path_found(BEN, relayed=True, allocated=True))
    assert isinstance(shown, StatusChanged)
    assert shown.line.detail == Connected("ben", relayed=True)


def test_room_looks_for_the_path_again_when_a_relay_becomes_known() -> None:
    """Where packets come before their candidate, the path seems direct until that is there."""
    host = Candidate("candidate:1 1 udp 1 192.0.2.1 49152 typ host")
    relay = Candidate("candidate:1 1 udp 1 203.0.113.1 49152 typ relay raddr 0.0.0.0 rport 0")
    stage = Stage()
    stage.enter(PEER)
    assert ForPeer(BEN, FindPath()) not in stage.receive(events.Signal(BEN, candidate=relay))
    stage.do(stage.room.channel_opened(BEN, CHAT))
    assert ForPeer(BEN, FindPath()) not in stage.receive(events.Signal(BEN, candidate=host))
    assert stage.receive(events.Signal(BEN, candidate=relay))[-1] == ForPeer(BEN, FindPath())


def test_room_costs_a_peer_its_channel_for_breaking_the_rules() -> None:
    """A frame that cannot be read ends the channel, and nothing else."""
    stage = Stage()
    stage.connect()
    warning, *effects = stage.do(stage.room.frame_received(BEN, CHAT, "nonsense", NOW))
    assert isinstance(warning, Warn)
    assert on_ben(effects) == [ClosePeerConnection()]
    assert stage.status() is Status.RECONNECTING


def test_room_costs_a_peer_its_channel_for_a_frame_that_fails() -> None:
    """What nobody foresaw is told to those who look into it, and ends the channel too."""
    stage = Stage()
    stage.connect()
    warning, *effects = stage.do(stage.room.frame_failed(BEN, "ZeroDivisionError"))
    assert warning == Warn("A peer's frame failed: ZeroDivisionError")
    assert on_ben(effects) == [ClosePeerConnection()]
    assert stage.status() is Status.RECONNECTING
    (line,) = [effect.line for effect in effects if isinstance(effect, StatusChanged)]
    assert line.detail == KeptAway("ben", Fault.UNFORESEEN)


def test_room_bounds_what_peers_say_by_what_a_page_can_show() -> None:
    """A moment after the last day of JavaScript is neither stored nor acknowledged."""
    stage = Stage()
    stage.connect()
    text = '{"type":"message","seq":1,"id":"message-000000000000","sent_at":1e13,"part":1,"parts":1,"text":"Hi"}'
    warning, *effects = stage.do(stage.room.frame_received(BEN, CHAT, text, NOW))
    assert warning == Warn(
        "A peer sent what cannot be read: The message is malformed: message.sent_at must be 0 to 8640000000000."
    )
    assert on_ben(effects) == [ClosePeerConnection()]


def test_room_begins_again_with_a_server_that_talks_nonsense() -> None:
    """What cannot be read costs the server its WebSocket."""
    stage = Stage()
    stage.enter()
    effects = stage.do(stage.room.text_received("nonsense", NOW))
    assert CloseSocket() in effects
    assert stage.status() is Status.OFFLINE


def test_room_ignores_what_a_newer_server_says_more() -> None:
    """Events of a type that is not known yet, and fields that are not, cost nothing and change nothing."""
    stage = Stage()
    stage.enter(PEER)
    assert stage.do(stage.room.text_received('{"type":"hat_changed","hat":"bowler"}', NOW)) == []
    left = f'{{"type":"peer_left","peer_id":"{BEN}","reason":"left","of_a_later_release":[]}}'
    assert stage.do(stage.room.text_received(left, NOW))
    assert stage.status() is Status.WAITING


def test_room_notes_refusals_of_a_newer_server() -> None:
    """A code that is not known yet is a refusal like others."""
    stage = Stage()
    stage.enter()
    assert stage.receive(events.Error("room_on_fire", "Run.")) == [Warn("The server refused a request: Run.")]


def test_room_notes_refusals() -> None:
    """A refused request is noted in the console, and nothing is lost."""
    stage = Stage()
    stage.enter()
    assert stage.receive(events.Error(ErrorCode.UNKNOWN_PEER, "Who?")) == [Warn("The server refused a request: Who?")]


def test_room_tells_that_it_is_full() -> None:
    """A room without a place says so, and is entered when there is one."""
    stage = Stage()
    stage.do(stage.room.start())
    stage.do(stage.room.socket_opened())
    stage.receive(events.Error(ErrorCode.ROOM_FULL, "Full."))
    assert stage.status() is Status.FULL
    stage.do(stage.room.session_timer_fired(SessionTimer.REJOIN))
    stage.joined(PEER)
    assert stage.status() is Status.CONNECTING


@pytest.mark.parametrize("code", [CloseCode.PROTOCOL_VIOLATION, CloseCode.UNAUTHENTICATED, 4499])
def test_room_tells_a_final_no(code: int) -> None:
    """A final no is told as one, also by a code of a later release."""
    stage = Stage()
    stage.enter()
    stage.do(stage.room.socket_closed(code))
    assert stage.status() is Status.REFUSED


def test_room_tells_that_its_origin_is_refused() -> None:
    """And what becomes of that: the server may be set to allow it while the page waits."""
    stage = Stage()
    stage.do(stage.room.start())
    stage.do(stage.room.socket_closed(1006))
    stage.do(stage.room.session_timer_fired(SessionTimer.PROBE))
    stage.do(stage.room.origin_refused("https://pages.example"))
    assert stage.status() is Status.REFUSED
    stage.do(stage.room.session_timer_fired(SessionTimer.PROBE))
    stage.do(stage.room.probe_ended(answered=True))
    stage.do(stage.room.socket_opened())
    stage.joined()
    assert stage.status() is Status.WAITING


def test_room_is_left() -> None:
    """Who leaves closes what they had, and says so."""
    stage = Stage()
    stage.connect()
    effects = stage.room.stop()
    assert on_ben(effects) == [ClosePeerConnection()]
    assert signals(effects) == [requests.Leave()]
    assert effects[: len(RoomTimer)] == [StopRoomTimer(timer) for timer in RoomTimer]
    assert effects[-1] == CloseSocket()


def test_room_talks() -> None:
    """The person's inputs go to the conversation."""
    stage = Stage()
    stage.meet()
    assert len(stage.room.typed(1.0)) == 1
    assert len(stage.room.text_submitted(message_id(1), "Hello", 1.0)) == 1
    assert len(stage.room.submitted(message_id(2), Reaction("ben", message_id(1), "👍"), 1.0)) == 1
    assert stage.room.reading_changed(reading=True) == []
    stage.room.frame_received(BEN, CHAT, '{"type":"typing"}', NOW)
    assert stage.room.typing_timer_fired(BEN) == [TypingChanged(())]


def test_room_tells_that_the_person_is_looking() -> None:
    """What they see is told to who wrote it."""
    stage = Stage()
    stage.meet()
    (storing,) = stage.frame(part(1))
    assert isinstance(storing, Store)
    stage.do(stage.room.stored([Kept(storing.entry)]))
    assert SendFrame(BEN, Read(1)) in stage.do(stage.room.reading_changed(reading=True))


def test_room_stops_showing_who_writes_to_who_tells_nothing() -> None:
    """What the person chooses holds in the conversation that is open."""
    stage = Stage()
    stage.meet()
    stage.room.frame_received(BEN, CHAT, '{"type":"typing"}', NOW)
    assert stage.room.sharing_changed(Sharing(typing=False)) == [TypingChanged(())]
    assert stage.room.typed(NOW) == []


def test_room_has_a_link_watch_over_what_is_sent() -> None:
    """A message has to be acknowledged, so its link looks whether anything comes back."""
    stage = Stage()
    stage.meet()
    stage.do(stage.room.link_timer_fired(BEN, LinkTimer.EXPECTING))
    assert stage.do(stage.room.stored([Kept(stage.submitted(1))])) == [
        SendFrame(BEN, MessagePart(1, message_id(1), 1_000.0, 1, 1, "Hello")),
        ItemAdded(outgoing(1)),
        DeliveryChanged(message_id(1), Delivery.SENT),
        WATCH,
    ]


def test_room_does_not_watch_over_what_nobody_answers() -> None:
    """An acknowledgement is not acknowledged."""
    stage = Stage()
    stage.meet()
    stage.do(stage.room.link_timer_fired(BEN, LinkTimer.EXPECTING))
    (storing,) = stage.frame(part(1))
    assert isinstance(storing, Store)
    effects = stage.do(stage.room.stored([Kept(storing.entry)]))
    assert effects[:2] == [SendFrame(BEN, Ack(1)), ItemAdded(incoming(1))]
    assert WATCH not in effects


def test_room_asks_the_store_what_is_new() -> None:
    """A message that is kept already is acknowledged and not shown."""
    stage = Stage()
    stage.meet()
    (storing,) = stage.frame(part(1))
    assert isinstance(storing, Store)
    assert stage.do(stage.room.stored([Kept(storing.entry, new=False)])) == [SendFrame(BEN, Ack(1))]


def test_room_takes_no_notice_of_a_wish_for_nothing() -> None:
    """What has no message in it has no consequence."""
    assert Stage().room.stored([Kept(Entry())]) == []


def test_room_tells_how_things_stand_with_the_input_that_changed_it() -> None:
    """A frame shows that a path works which was taken for interrupted; nobody waits for the next event to be told."""
    stage = Stage()
    stage.meet()
    stage.do(stage.room.connection_state_changed(BEN, "disconnected"))
    stage.do(stage.room.link_timer_fired(BEN, LinkTimer.DISCONNECTED))
    assert stage.status() is Status.RECONNECTING
    effects = stage.frame(Typing())
    assert any(isinstance(effect, StatusChanged) for effect in effects)
    assert stage.status() is Status.CONNECTED


def test_room_tells_nothing_twice() -> None:
    """What is as it was is no news."""
    stage = Stage()
    stage.connect()
    assert stage.room.news() == []


def test_room_keeps_what_came_of_a_frame_before_it_turned_out_to_be_malformed() -> None:
    """That something came over the path says that it works, whatever it was."""
    stage = Stage()
    stage.meet()
    stage.do(stage.room.connection_state_changed(BEN, "disconnected"))
    effects = stage.do(stage.room.frame_received(BEN, CHAT, "{", NOW))
    assert ForPeer(BEN, StartTimer(LinkTimer.DISCONNECTED, DISCONNECTED_SECONDS)) in effects


@pytest.mark.parametrize(
    ("text", "effects"),
    [
        ('{"type":"newer"}', []),
        ('{"type":"newer","seq":1}', []),
        ('{"type":"ping","newer":[1]}', [SendFrame(BEN, Pong())]),
    ],
)
def test_room_ignores_what_a_newer_page_says_besides(text: str, effects: list[RoomEffect]) -> None:
    """Nothing depends on it, or it would have been agreed on; the channel goes on."""
    stage = Stage()
    stage.meet()
    assert stage.do(stage.room.frame_received(BEN, CHAT, text, NOW)) == effects
    assert stage.status() is Status.CONNECTED


def test_room_goes_on_with_a_login_that_is_good_again() -> None:
    """The link goes on while the server refuses the login, and the server is asked again once there is another."""
    stage = Stage()
    stage.enter(PEER)
    stage.connect_to_ben()
    stage.do(stage.room.socket_closed(CloseCode.UNAUTHENTICATED))
    assert stage.status() is Status.CONNECTED
    assert OpenSocket() in stage.do(stage.room.login_renewed())
    assert stage.status() is Status.CONNECTED


def test_room_shows_a_fresh_token_over_its_socket() -> None:
    """A server that ends a WebSocket with its token is shown the next one in time."""
    stage = Stage()
    stage.do(stage.room.start())
    stage.do(stage.room.socket_opened())
    stage.receive(events.Welcome(ME, "token", (STUN,), Limits(1, 1), token_expires_at=1_000_000))
    assert stage.do(stage.room.token_changed("fresh")) == [SendText(REQUESTS.encode(requests.Renew("fresh")))]
