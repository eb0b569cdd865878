import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol.errors import LocalProtocolError, RemoteProtocolError
from protocol.events import EVENTS, Event, Joined, Limits, Peer, PeerJoined, PeerLeft, Welcome
from protocol.events import Signal as SignalEvent
from protocol.requests import MAX_REQUEST_BYTES, REQUESTS, Signal
from protocol.webrtc import Candidate, Description, IceServer
from signaling.rooms import signal_codec
from signaling.rooms.signal_codec import CheckedSignal, ForwardedSignal, checked_signal, decode, encode
from tests.protocol.strategies import JSON_VALUES, messages

TO = "0123456789abcdef"
SENDER = "fedcba9876543210"
OFFER = Signal(TO, description=Description("offer", "v=0\r\na=x"))
CANDIDATE = Signal(TO, candidate=Candidate("candidate:1 1 udp 1 192.0.2.1 9 typ host", "0", 0, "abcd"))
ENCODED = messages({"signal": Signal}).map(REQUESTS.encode) | messages(REQUESTS.types).map(REQUESTS.encode)
SPLICES = [
    '"',
    "\\",
    "\\u0022",
    "\\ud800",
    ",",
    "}",
    "{",
    " ",
    "\n",
    "\x00",
    "ä",
    "1.0",
    "-0",
    "1e2",
    "null",
    "true",
    "\\n",
]
PIECES = [
    '"to":"0123456789abcdef",',
    ',"to":"0123456789abcdef"',
    ',"sdp":"x"',
    ',"type":"answer"',
    ',"candidate":null',
    ',"description":null',
    ',"sdpMid":"1"',
    ',"sdpMid":null',
    ',"sdpMLineIndex":1.0',
    ',"sdpMLineIndex":65536',
    ',"usernameFragment":"\\u0061"',
    ',"candidate":{"candidate":""}',
    ',"unknown":1',
]


def outcome(text: str, sender: str = SENDER) -> Any:
    """What the shared codec makes of a request: what it asks for, with signals as they arrive; or how it is refused."""
    try:
        request = REQUESTS.decode(text)
    except RemoteProtocolError as refusal:
        return type(refusal), str(refusal)
    if isinstance(request, Signal):
        return request.to, SignalEvent(sender, request.description, request.candidate)
    return request


def relayed(text: str, sender: str = SENDER) -> Any:
    """What the server makes of it, in the same words."""
    try:
        request = decode(text)
    except RemoteProtocolError as refusal:
        return type(refusal), str(refusal)
    if isinstance(request, CheckedSignal):
        return request.to, EVENTS.decode(encode(ForwardedSignal(sender, request.rest)).decode())
    return request


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A request into which something has been put, or out of which something has been cut, anywhere."""
    text = draw(ENCODED | st.sampled_from([REQUESTS.encode(OFFER), REQUESTS.encode(CANDIDATE)]))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 4)))
        put = draw(st.sampled_from(PIECES + SPLICES) | st.text(max_size=3))
        text = text[:start] + put + text[end:]
    return text


@st.composite
def rearranged(draw: st.DrawFn) -> str:
    """A signal whose objects have any keys in any order, some of them twice, and any spaces."""
    inner = [f'"{key}":{json.dumps(draw(JSON_VALUES | st.just("offer")))}' for key in draw(st.lists(KEYS, max_size=4))]
    outer = [
        '"type":"signal"',
        f'"to":"{TO}"',
        f'"{draw(KEYS)}":{{{",".join(inner)}}}',
        *draw(st.lists(EXTRAS, max_size=1)),
    ]
    space = draw(st.sampled_from(["", " "]))
    return "{" + ("," + space).join(draw(st.permutations(outer)) if draw(st.booleans()) else outer) + "}"


KEYS = st.sampled_from(
    ["type", "to", "description", "candidate", "sdp", "sdpMid", "sdpMLineIndex", "usernameFragment", "sdp_mid"]
)
EXTRAS = st.sampled_from(['"to":"x"', '"candidate":null', '"description":null', '"type":"signal"', '"other":0'])


@given(ENCODED)
def test_server_understands_what_codec_understands(text: str) -> None:
    """What a page can send means to the server what it means to the shared codec."""
    assert relayed(text) == outcome(text)


@given(mutated() | rearranged())
@example('{"type":"signal","to":"0123456789abcdef","description":{"type":"offer","sdp":"a","sdp":"b"}}')
@example('{"type":"signal","to":"0123456789abcdef","description":{"type":"offer","sdp":"a\\""}}')
@example('{"type":"signal","to":"0123456789abcdef","description":{"type":"offer","sdp":"\\ud800"}}')
@example('{"type":"signal","to":"0123456789abcdef","description":{"type":"offer","sdp":"\\ud83d\\ude00"}}')
@example('{"type":"signal","to":"0123456789abcdef","description":{"type":"offer","sdp":"\\ude00\\ud83d"}}')
@example('{"type":"signal","to":"0123456789abcdef","description":{"type":"offer","sdp":"\\x"}}')
@example('{"type":"signal","to":"0123456789abcdef","description":{"type":"offer","sdp":"\x01"}}')
@example('{"type":"signal","to":"0123456789abcdef","description":{"type":"offer","sdp":1}}')
@example('{"type":"signal","to":"0123456789abcdef","candidate":{"candidate":"","candidate":"x"}}')
@example('{"type":"signal","to":"0123456789abcdef","candidate":{"candidate":"","sdpMid":"0","sdpMid":"1"}}')
@example('{"type":"signal","to":"0123456789abcdef","candidate":{"candidate":"","sdpMid":null,"sdpMid":null}}')
@example('{"type":"signal","to":"0123456789abcdef","candidate":{"candidate":"","sdpMLineIndex":1.0}}')
@example('{"type":"signal","to":"0123456789abcdef","candidate":{"candidate":"","sdpMLineIndex":65536}}')
@example('{"type":"signal","to":"0123456789abcdef","candidate":{"candidate":"","sdpMLineIndex":0,"sdpMLineIndex":1}}')
@example('{"type":"signal","to":"0123456789abcde!","candidate":{"candidate":""}}')
@example('{"type":"signal","to":"short","candidate":{"candidate":""}}')
@example('{"type":"signal","to":"0123456789abcdef"}')
@example('{"type":"signal","to":"0123456789abcdef","description":null,"candidate":{"candidate":""}}')
@example('{"type":"signal","to":"0123456789abcdef","description":{"type":"offer","sdp":"a"},"candidate":null}')
@example('{"type":"signal","to":"0123456789abcdef","candidate":{"candidate":"\\u0061"}} ')
@example('{"type":"signal","to":"0123456789abcdef","candidate":{"candidate":"' + "\\u00e4" * 2000 + '"}}')
@example('{"type":"signal","to":"0123456789abcdef","candidate":' + "[" * 5000)
def test_server_refuses_what_codec_refuses(text: str) -> None:
    """What is wrong, or only nearly right, has the same outcome, to the words of the refusal."""
    assert relayed(text) == outcome(text)


@pytest.mark.parametrize(("extra", "is_admitted"), [(0, True), (1, False)])
def test_bounds_are_the_same_to_the_byte(extra: int, is_admitted: bool) -> None:  # noqa: FBT001 - a table of cases
    """The largest SDP, candidate and message are taken, and one more byte is not."""
    texts = [
        f'{{"type":"signal","to":"{TO}","description":{{"type":"offer","sdp":"{"x" * (32_768 + extra)}"}}}}',
        f'{{"type":"signal","to":"{TO}","candidate":{{"candidate":"{"x" * (2_048 + extra)}"}}}}',
        f'{{"type":"signal","to":"{TO}","candidate":{{"candidate":"{"ä" * (1_024 + extra)}"}}}}',
        f'{{"type":"signal","to":"{TO}","description":{{"type":"offer","sdp":"{"ä" * (16_384 + extra)}"}}}}',
        f'{{"type":"signal","to":"{TO}","candidate":{{"candidate":"","sdpMid":"{"x" * (64 + extra)}"}}}}',
        f'{{"type":"signal","to":"{TO}","candidate":{{"candidate":"","usernameFragment":"{"x" * (256 + extra)}"}}}}',
    ]
    head = f'{{"type":"signal","to":"{TO}","candidate":{{"candidate":""}}'
    texts.append(head + " " * (MAX_REQUEST_BYTES + extra - len(head) - 1) + "}")
    for text in texts:
        assert relayed(text) == outcome(text)
        assert isinstance(outcome(text)[1], SignalEvent) == is_admitted


@pytest.mark.parametrize("request_", [OFFER, CANDIDATE, Signal(TO, candidate=Candidate(""))])
def test_what_a_page_sends_is_not_written_again(request_: Signal, monkeypatch: pytest.MonkeyPatch) -> None:
    """The short way is taken for what browsers make of descriptions and candidates."""
    expected = checked_signal(request_)
    monkeypatch.setattr(signal_codec, "REQUESTS", None)
    assert decode(REQUESTS.encode(request_)) == expected


@pytest.mark.parametrize("text", ["ä", '\\"', "\\ud83d\\ude00"])
def test_unusual_text_arrives_too(text: str) -> None:
    """What the short way does not take goes the long way, and is the same at its end."""
    request = f'{{"to":"{TO}", "type":"signal","description":{{"sdp":"{text}","type":"offer"}}}}'
    assert (
        relayed(request) == outcome(request) == (TO, SignalEvent(SENDER, Description("offer", json.loads(f'"{text}"'))))
    )


PEER = Peer(TO, "ada")
STUN = IceServer(("stun:stun.example:3478",))
TURN = IceServer(("turn:turn.example",), "1:ada", '\x00\x1f\x7f"\\/\b\f\n\r\tä\u2028\U0001f600')
WELCOME = Welcome(TO, f"{TO}.mac", (STUN, TURN), Limits(65_536, 20))
JOINED = Joined("kitchen", TO, f"{TO}.mac", resumed=False, peers=(PEER,), capacity=2)


@given(messages(EVENTS.types))
@example(WELCOME)
def test_server_writes_what_codec_writes(event: Event) -> None:
    """The two ways of writing an event give the same text."""
    assert encode(event).decode() == EVENTS.encode(event)


@pytest.mark.parametrize("event", [WELCOME, JOINED, PeerJoined(PEER), PeerLeft(TO, "left")])
def test_who_comes_and_goes_is_written_without_codec(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    """The short way is taken for what everyone is told."""
    expected = EVENTS.encode(event)
    monkeypatch.setattr(signal_codec, "EVENTS", None)
    assert encode(event).decode() == expected


@pytest.mark.parametrize(
    "event",
    [
        PeerJoined(Peer(TO, "a" * 136)),
        PeerJoined(Peer(TO, "\ud800")),
        PeerLeft(TO, "bored"),  # type: ignore[arg-type]  # which is the point
        Joined("kitchen", TO, f"{TO}.mac", resumed=False, peers=(), capacity=-1),
        Joined("kitchen", TO, f"{TO}.mac", resumed=False, peers=(PEER,) * 3000, capacity=2),
    ],
)
def test_event_over_its_bounds_is_not_sent(event: Event) -> None:
    """What a page would refuse fails in the words of the codec."""
    with pytest.raises(LocalProtocolError):
        encode(event)
