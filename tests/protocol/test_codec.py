import contextlib
import json
import re
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import events, requests
from protocol.codec import Codec
from protocol.codes import ErrorCode
from protocol.errors import (
    LocalProtocolError,
    MalformedMessage,
    MessageTooBig,
    RemoteProtocolError,
    UnknownMessage,
)
from protocol.events import EVENTS, LENIENT_EVENTS, MAX_PEERS, Event
from protocol.http import ICE_SERVERS, MAX_ICE_SERVERS_BYTES, IceServers
from protocol.requests import REQUESTS, Request
from protocol.webrtc import MAX_ICE_SERVERS, MAX_ICE_URLS, Candidate, Description, IceServer
from tests.protocol.strategies import JSON_VALUES, messages

PEER_ID = "0123456789abcdef"
OFFER = Description("offer", "v=0\r\n")


def decode_or_refuse(codec: Codec[Any], text: str) -> None:
    """Decode a text; whatever but a RemoteProtocolError comes of it is raised on."""
    with contextlib.suppress(RemoteProtocolError):
        codec.decode(text)


def decoding_fault(text: str) -> str:
    """Return the reason for which a request is malformed."""
    with pytest.raises(MalformedMessage) as caught:
        REQUESTS.decode(text)
    return caught.value.reason


def joined_with(peers: int) -> Event:
    """Return an event that names `peers` others."""
    others = tuple(events.Peer(f"{number:016}", "ben") for number in range(peers))
    return events.Joined("den", PEER_ID, "token", resumed=False, peers=others, capacity=2)


def welcome_with(*servers: IceServer) -> Event:
    """Return an event that names these servers."""
    return events.Welcome(PEER_ID, "token", servers, events.Limits(1, 1))


@given(messages(REQUESTS.types))
def test_codec_gives_back_requests(request: Request) -> None:
    """What was encoded as a request is decoded as the same request."""
    assert REQUESTS.decode(REQUESTS.encode(request)) == request


@given(messages(EVENTS.types))
def test_codec_gives_back_events(event: Event) -> None:
    """What was encoded as an event is decoded as the same event."""
    assert EVENTS.decode(EVENTS.encode(event)) == event


@given(JSON_VALUES)
def test_codec_refuses_arbitrary_json_as_remote_error(value: Any) -> None:
    """Whatever JSON comes in, decoding it gives a message or a RemoteProtocolError, never another error."""
    decode_or_refuse(REQUESTS, json.dumps(value))


@given(st.sampled_from([*REQUESTS.types, *EVENTS.types]), st.dictionaries(st.text(max_size=9), JSON_VALUES, max_size=3))
def test_codec_refuses_arbitrary_fields_as_remote_error(name: str, fields: dict[str, Any]) -> None:
    """Whatever fields stand beside a known type, decoding gives a message or a RemoteProtocolError."""
    for codec in (REQUESTS, EVENTS):
        decode_or_refuse(codec, json.dumps({**fields, "type": name}))


@given(messages(REQUESTS.types), st.data())
def test_codec_refuses_mutated_fields_as_remote_error(request: Request, data: st.DataObject) -> None:
    """A request of which one field was replaced by any JSON is decoded or refused, and nothing else happens."""
    body = json.loads(REQUESTS.encode(request))
    body[data.draw(st.sampled_from(sorted(body)))] = data.draw(JSON_VALUES)
    decode_or_refuse(REQUESTS, json.dumps(body))


@given(st.text(max_size=60))
def test_codec_refuses_arbitrary_text_as_remote_error(text: str) -> None:
    """Whatever text comes in, decoding it raises nothing but a RemoteProtocolError."""
    decode_or_refuse(REQUESTS, text)


def test_codec_writes_type_and_wire_names() -> None:
    """A message travels as an object with its type first, W3C's spelling, and without what is not set."""
    candidate = Candidate("candidate:1", sdp_mid="0", sdp_m_line_index=0)
    assert EVENTS.encode(events.Signal(PEER_ID, candidate=candidate)) == (
        '{"type":"signal","from":"0123456789abcdef",'
        '"candidate":{"candidate":"candidate:1","sdpMid":"0","sdpMLineIndex":0}}'
    )


def test_codec_writes_lists_and_enums() -> None:
    """A tuple travels as a list, and a code as its text."""
    assert json.loads(EVENTS.encode(events.Error(ErrorCode.ROOM_FULL, "Full.", 2.5))) == {
        "type": "error",
        "code": "room_full",
        "message": "Full.",
        "retry_after": 2.5,
    }
    welcome = events.Welcome(PEER_ID, "token", (IceServer(("stun:a", "stun:b")),), events.Limits(1, 2))
    assert json.loads(EVENTS.encode(welcome))["ice_servers"] == [{"urls": ["stun:a", "stun:b"]}]


def test_codec_writes_message_without_fields() -> None:
    """Where the type says everything, it stands alone."""
    assert REQUESTS.encode(requests.Ping()) == '{"type":"ping"}'
    assert EVENTS.decode('{"type":"pong"}') == events.Pong()


def test_codec_reads_null_as_absent() -> None:
    """W3C's dictionaries write null for what they lack, and so may a client."""
    assert REQUESTS.decode('{"type":"join","room":"kitchen","resume":null}') == requests.Join("kitchen")


def test_codec_reads_whole_number_as_float() -> None:
    """JSON has one kind of number: seconds may come without a point."""
    error = EVENTS.decode('{"type":"error","code":"rate_limited","message":"","retry_after":3}')
    assert error == events.Error(ErrorCode.RATE_LIMITED, "", 3)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 60_000, "nested deeper than 32 levels"),
        ('{"type":"leave","n":' + "1" * 5_000 + "}", "not JSON"),
        ("[]", "not an object"),
        ("{}", "no type"),
        ('{"type":1}', "no type"),
        ('{"type":"leave","type":"leave"}', "twice"),
        ('{"type":"signal","to":NaN}', "NaN is not JSON"),
        ('{"type":"leave","why":1}', "no field 'why'"),
        ('{"type":"join"}', "lacks the field 'room'"),
        ('{"type":"join","room":1}', "join.room is not of type str"),
        ('{"type":"join","room":"a b"}', "join.room must be at most 64 bytes"),
        ('{"type":"join","room":"kitchen\\n"}', "join.room must be at most 64 bytes"),
        ('{"type":"join","room":"\\ud800"}', "join.room must be at most 64 bytes"),
        (f'{{"type":"signal","to":"{PEER_ID}"}}', "either a description or a candidate"),
        (f'{{"type":"signal","to":"{PEER_ID}","description":"offer"}}', "description is not an object"),
        (f'{{"type":"signal","to":"{PEER_ID}","description":{{"type":"pranswer","sdp":""}}}}', "must be one of offer"),
        (f'{{"type":"signal","to":"{PEER_ID}","description":{{"type":[],"sdp":""}}}}', "must be one of offer"),
        (
            f'{{"type":"signal","to":"{PEER_ID}","candidate":{{"candidate":"","sdpMLineIndex":true}}}}',
            "sdpMLineIndex is not of type int",
        ),
        (
            f'{{"type":"signal","to":"{PEER_ID}","candidate":{{"candidate":"","sdpMLineIndex":65536}}}}',
            "sdpMLineIndex must be 0 to 65535",
        ),
    ],
)
def test_codec_names_fault_of_malformed_request(text: str, fault: str) -> None:
    """A malformed request is refused with what is wrong, and where."""
    assert fault in decoding_fault(text)


def test_codec_refuses_non_list() -> None:
    """Where a list belongs, nothing else will do."""
    with pytest.raises(MalformedMessage, match=re.escape("joined.peers is not a list")):
        EVENTS.decode(
            '{"type":"joined","room":"a","peer_id":"0123456789abcdef","resume_token":"t","resumed":true,'
            '"peers":{},"capacity":2}'
        )


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        (joined_with(MAX_PEERS + 1), f"joined.peers must be a list of 0 to {MAX_PEERS}"),
        (welcome_with(*[IceServer(("stun:a",))] * (MAX_ICE_SERVERS + 1)), "ice_servers must be a list of 0 to 64"),
        (welcome_with(IceServer(())), "ice_servers[0].urls must be a list of 1 to 128"),
        (welcome_with(IceServer(("stun:a",) * (MAX_ICE_URLS + 1))), "ice_servers[0].urls must be a list of 1 to 128"),
    ],
    ids=["peers", "servers", "no URL", "URLs"],
)
def test_codec_bounds_lists(event: Event, fault: str) -> None:
    """A list is as long as its consumer bears, and no longer; up to there it is taken."""
    with pytest.raises(LocalProtocolError, match=re.escape(fault)):
        EVENTS.encode(event)
    fitting = (joined_with(MAX_PEERS), welcome_with(*[IceServer(("stun:a",) * 2)] * MAX_ICE_SERVERS))
    assert [EVENTS.decode(EVENTS.encode(each)) for each in fitting] == list(fitting)


def test_codec_refuses_number_for_boolean() -> None:
    """One is not true."""
    with pytest.raises(MalformedMessage, match=re.escape("joined.resumed is not of type bool")):
        EVENTS.decode(
            '{"type":"joined","room":"a","peer_id":"0123456789abcdef","resume_token":"t","resumed":1,'
            '"peers":[],"capacity":2}'
        )


def test_codec_names_unknown_type() -> None:
    """A type that does not exist is told apart from a malformed message."""
    with pytest.raises(UnknownMessage) as caught:
        REQUESTS.decode('{"type":"teleport"}')
    assert caught.value.message_type == "teleport"


@pytest.mark.parametrize("text", ["x" * 65_537, "é" * 32_769])
def test_codec_refuses_message_over_limit(text: str) -> None:
    """The limit holds for bytes of UTF-8, whether or not the characters are fewer."""
    with pytest.raises(MessageTooBig) as caught:
        REQUESTS.decode(text)
    assert caught.value.limit == 65_536
    assert caught.value.size > caught.value.limit


def test_codec_refuses_to_send_what_other_end_refuses() -> None:
    """A message with a value out of its bounds is our own error."""
    with pytest.raises(LocalProtocolError, match=re.escape("join.room must be")):
        REQUESTS.encode(requests.Join("no blanks"))


@dataclass(frozen=True)
class Note:
    """A message of free length."""

    text: str


def test_codec_refuses_to_send_message_over_limit() -> None:
    """A message that the other end would not read is our own error too."""
    codec: Codec[Note] = Codec({"note": Note}, 100)
    note = Note("x" * 75)
    assert codec.decode(codec.encode(note)) == note
    with pytest.raises(LocalProtocolError, match="101 bytes, and 100"):
        codec.encode(replace(note, text="x" * 76))


@pytest.mark.parametrize(
    "carried",
    ["", ',"description":{"type":"offer","sdp":"v=0"},"candidate":{"candidate":"candidate:1"}'],
    ids=["neither", "both"],
)
def test_event_signal_carries_one_of_two(carried: str) -> None:
    """What the server hands on is a description or a candidate, and never neither or both."""
    with pytest.raises(MalformedMessage, match="either a description or a candidate"):
        EVENTS.decode(f'{{"type":"signal","from":"{PEER_ID}"{carried}}}')


def test_body_is_a_message_without_type() -> None:
    """A body of HTTP is read as strictly as a message; what its address says already does not stand in it."""
    servers = IceServers((IceServer(("turn:a",), "1:ann", "secret"), IceServer(("stun:a",))), 1)
    body = {
        "ice_servers": [{"urls": ["turn:a"], "username": "1:ann", "credential": "secret"}, {"urls": ["stun:a"]}],
        "expires_at": 1,
    }
    assert ICE_SERVERS.to_json(servers) == body
    assert ICE_SERVERS.decode(json.dumps(body)) == servers
    assert ICE_SERVERS.to_json(IceServers(())) == {"ice_servers": [], "expires_at": None}
    assert ICE_SERVERS.decode('{"ice_servers":[],"expires_at":null}') == IceServers(())
    assert ICE_SERVERS.decode('{"ice_servers":[],"of_a_later_release":{}}') == IceServers(())


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "not JSON"),
        ("[]", "not an object"),
        ("{}", "the body lacks the field 'ice_servers'"),
        ('{"ice_servers":[],"expires_at":1.5}', "the body.expires_at is not of type int"),
        ('{"ice_servers":[],"expires_at":-1}', "the body.expires_at must be 0 to"),
    ],
)
def test_body_is_refused_in_words(text: str, fault: str) -> None:
    """What has another shape is refused, and the refusal says what is wrong."""
    with pytest.raises(MalformedMessage, match=fault):
        ICE_SERVERS.decode(text)


def test_body_has_a_greatest_size() -> None:
    """Nothing larger is taken apart."""
    with pytest.raises(MessageTooBig):
        ICE_SERVERS.decode(" " * (MAX_ICE_SERVERS_BYTES + 1))


def with_unknown_fields(value: Any) -> Any:
    """Put a field that nobody knows into every object of a JSON value."""
    if isinstance(value, dict):
        return {key: with_unknown_fields(item) for key, item in value.items()} | {"of_a_later_release": [{"a": 1}]}
    return [with_unknown_fields(item) for item in value] if isinstance(value, list) else value


@given(messages(EVENTS.types))
def test_lenient_codec_ignores_unknown_fields(event: Event) -> None:
    """An event of a newer server is read as far as it is known, however deep in it the new fields stand."""
    text = json.dumps(with_unknown_fields(json.loads(EVENTS.encode(event))))
    assert LENIENT_EVENTS.decode(text) == event
    with pytest.raises(MalformedMessage, match="no field 'of_a_later_release'"):
        EVENTS.decode(text)


@given(messages(EVENTS.types))
def test_lenient_codec_reads_and_writes_what_the_strict_one_does(event: Event) -> None:
    """What has no unknown fields is the same to both."""
    text = EVENTS.encode(event)
    assert LENIENT_EVENTS.decode(text) == event
    assert LENIENT_EVENTS.encode(event) == text


@given(JSON_VALUES)
def test_lenient_codec_refuses_arbitrary_json_as_remote_error(value: Any) -> None:
    """Whatever JSON comes in, the lenient codec raises nothing else either."""
    decode_or_refuse(LENIENT_EVENTS, json.dumps(value))


def test_lenient_codec_tells_an_unknown_type_from_a_malformed_event() -> None:
    """Its caller can ignore the one, and not the other: known fields keep their bounds, and none may be missing."""
    with pytest.raises(UnknownMessage):
        LENIENT_EVENTS.decode('{"type":"hat_changed","hat":"bowler"}')
    for text in ('{"type":"peer_left","peer_id":"short","reason":"left"}', '{"type":"peer_joined","hat":"bowler"}'):
        with pytest.raises(MalformedMessage):
            LENIENT_EVENTS.decode(text)


def test_codes_of_later_releases_are_read() -> None:
    """An error that this release does not know is an error like others."""
    text = '{"type":"error","code":"room_on_fire","message":"Run.","retry_after":2}'
    assert LENIENT_EVENTS.decode(text) == events.Error("room_on_fire", "Run.", 2)
