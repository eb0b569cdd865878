"""Decides what a message means and how an event is written: the protocol's codec, and a shorter way for a `signal`.

Nearly every message is a `signal`, and the server has no use for what it carries. So msgspec checks it, by the bounds
of `protocol`, and it goes on as it came, without being taken apart and put together again. Only what stands in the form
that our own codec writes, and in ASCII, goes this way; whatever differs, good or bad, is left to the codec.

What everyone is told who comes or goes is written by msgspec too, in the shapes that `protocol` declares: to the same
text as by the codec, which has to do in a browser, with nothing but the standard library.
"""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from functools import lru_cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from protocol.codec import wire_name
from protocol.events import EVENTS, MAX_EVENT_BYTES, Event, Joined, PeerJoined, PeerLeft, Signal, Welcome
from protocol.fields import PEER_ID, Items, Range, Sdp, Text
from protocol.requests import MAX_REQUEST_BYTES, REQUESTS, Join, Leave, Ping, Renew
from protocol.requests import Signal as SignalRequest

REQUEST_HEAD = '{"type":"signal","to":"'
SENDER_STAND_IN = "x" * 16
"""As long as a peer id may be: what follows the sender is the same for every sender."""
KNOWN_PEER_IDS = 4096
MAX_SDP_BYTES = get_args(Sdp)[1].max_bytes


class CheckedSignal(msgspec.Struct, frozen=True, gc=False):
    """A `signal` that has been checked; `rest` is its JSON after the addressee."""

    to: str
    rest: str


class ForwardedSignal(msgspec.Struct, frozen=True, gc=False):
    """The event that comes of it: the sender, then the same `rest`."""

    sender: str
    rest: str


Asked = Join | Leave | CheckedSignal | Ping | Renew
"""What a client can ask for, as the server sees it."""
Told = Event | ForwardedSignal
"""What the server can tell a client."""


def decode(text: str) -> Asked:
    """Return what a client asks for, or raise a RemoteProtocolError that says what is wrong."""
    if text.startswith(REQUEST_HEAD) and (relayed := _as_it_came(text)) is not None:
        return relayed
    request = REQUESTS.decode(text)
    return checked_signal(request) if isinstance(request, SignalRequest) else request


def encode(event: Told) -> bytes:
    """Return the JSON of an event, in UTF-8."""
    if isinstance(event, ForwardedSignal):
        return f'{{"type":"signal","from":"{event.sender}",{event.rest}'.encode()
    return _written(event) or EVENTS.encode(event).encode()


def checked_signal(request: SignalRequest) -> CheckedSignal:
    """Write again what a `signal` carries."""
    text = EVENTS.encode(Signal(SENDER_STAND_IN, request.description, request.candidate))
    return CheckedSignal(request.to, text.removeprefix(f'{{"type":"signal","from":"{SENDER_STAND_IN}",'))


def _written(event: Event) -> bytes | None:
    """Return the JSON of an event; None if the codec has to write it, or to say which bound it breaks.

    Patterns are not looked at: names of rooms and people were when they came, and ids and tokens are our own.
    """
    shape = _SHAPES.get(type(event))
    if shape is None:
        return None
    try:
        text = _JSON.encode(msgspec.convert(event, shape, from_attributes=True))
    except (msgspec.ValidationError, UnicodeEncodeError):
        return None
    return text if len(text) <= MAX_EVENT_BYTES else None


def _as_it_came(text: str) -> CheckedSignal | None:
    """Return a `signal` that can go on as it is; None if the codec has to look at it."""
    if len(text) > MAX_REQUEST_BYTES or not text.isascii():
        return None
    try:
        signal = _SIGNAL.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    to, description = signal.to, signal.description
    if not _is_peer_id(to):
        return None
    stands_plain = _candidate_stands_plain if description is None else _description_stands_plain
    return CheckedSignal(to, text[len(REQUEST_HEAD) + len(to) + 2 :]) if stands_plain(text, signal) else None


# msgspec takes a key that stands twice, and counts characters where the codec counts bytes. In what stands plain there
# is no place for either. That the whole is JSON of the right shape is known already.


def _description_stands_plain(text: str, signal: Any) -> bool:
    """Whether its SDP is a text where our codec writes it, without a quote, and nothing follows it."""
    head = f'{REQUEST_HEAD}{signal.to}","description":{{"type":"{signal.description.type}","sdp":"'
    end = len(text) - len('"}}')
    # Escapes make it longer than it is, never shorter.
    return text.startswith(head) and text.find('"', len(head)) == end and end - len(head) <= MAX_SDP_BYTES


def _candidate_stands_plain(text: str, signal: Any) -> bool:
    """Whether there are as many quotes as a candidate needs that has each of its fields once, and no escape."""
    candidate = signal.candidate
    if candidate is None or "\\" in text or not text.startswith(f'{REQUEST_HEAD}{signal.to}",'):
        return False
    texts = 7 + (candidate.sdpMLineIndex is not None)
    texts += 2 * ((candidate.sdpMid is not None) + (candidate.usernameFragment is not None))
    return text.count('"') == 2 * texts


def _shape(cls: type[Any], **options: Any) -> type[msgspec.Struct]:
    """Return msgspec's spelling of a dataclass of the protocol, which refuses unknown fields as the codec does."""
    hints = get_type_hints(cls, include_extras=True)
    shaped = [
        (wire_name(field), _spelled(hints[field.name]), *([] if field.default is MISSING else [field.default]))
        for field in fields(cls)
    ]
    return msgspec.defstruct(cls.__name__, shaped, forbid_unknown_fields=True, gc=False, **options)


def _spelled(annotation: Any) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if is_dataclass(annotation):
        return _shape(annotation, omit_defaults=True)  # type: ignore[arg-type]  # is_dataclass() is true of instances too
    if origin is tuple:
        return tuple[_spelled(arguments[0]), ...]  # type: ignore[misc]  # made while it runs
    if annotation == Sdp:
        return msgspec.Raw  # its escapes are checked, and it is not taken out
    if origin is Annotated:
        return Annotated[_spelled(arguments[0]), _meta(arguments[1])]
    if type(None) in arguments:
        return _spelled(arguments[0]) | None
    return annotation


def _meta(bound: Text | Range | Items) -> msgspec.Meta:
    if isinstance(bound, Range):
        return msgspec.Meta(ge=bound.least, le=bound.most)
    if isinstance(bound, Items):
        return msgspec.Meta(min_length=bound.least, max_length=bound.most)
    return msgspec.Meta(max_length=bound.max_bytes)


_SIGNAL: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_shape(SignalRequest, tag_field="type", tag="signal"))
_is_peer_id = lru_cache(KNOWN_PEER_IDS)(PEER_ID.admits)
_JSON = msgspec.json.Encoder()
_COMING_AND_GOING = (Welcome, Joined, PeerJoined, PeerLeft)
_SHAPES = {
    cls: _shape(cls, tag_field="type", tag=name, omit_defaults=True)
    for name, cls in EVENTS.types.items()
    if cls in _COMING_AND_GOING
}
