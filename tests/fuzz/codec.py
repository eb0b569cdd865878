"""Plays a text to every codec: it is read or refused, strict and lenient agree, and so does the server's own way."""

from __future__ import annotations

from typing import Any

import protocol.http
from client_py.core.frames import FRAMES, LENIENT_FRAMES
from protocol.codec import Body, Codec
from protocol.errors import RemoteProtocolError
from protocol.events import EVENTS, LENIENT_EVENTS, Error, Signal
from protocol.requests import REQUESTS
from protocol.requests import Signal as SignalRequest
from signaling.rooms.signal_codec import CheckedSignal, ForwardedSignal, decode, encode

BODIES: tuple[Body[Any], ...] = tuple(each for each in vars(protocol.http).values() if isinstance(each, Body))
SENDER = "0123456789abcdef"


def play(data: bytes) -> None:
    """Have everyone who reads text from outside read this one."""
    text = data.decode(errors="surrogateescape")
    _look_at_messages(EVENTS, LENIENT_EVENTS, text)
    _look_at_messages(FRAMES, LENIENT_FRAMES, text)
    for body in BODIES:
        read = _read(body, text)
        assert read is None or body.decode(body.encode(read)) == read
    _look_at_request(text)


def _look_at_messages(strict: Codec[Any], lenient: Codec[Any], text: str) -> None:
    taken, heard = _read(strict, text), _read(lenient, text)
    assert taken is None or taken == heard
    # A number may be written in more characters than it came in, so the largest need not fit again.
    if heard is not None and 2 * len(text) < strict.max_bytes:
        assert strict.decode(strict.encode(heard)) == heard


def _look_at_request(text: str) -> None:
    """The server's way for a `signal` comes to what the codec says, and hands on the same."""
    asked = _read(REQUESTS, text)
    try:
        found = decode(text)
    except RemoteProtocolError:
        assert asked is None
        return
    if not isinstance(found, CheckedSignal):
        assert found == asked
        return
    assert isinstance(asked, SignalRequest)
    assert asked.to == found.to
    told = EVENTS.decode(encode(ForwardedSignal(SENDER, found.rest)).decode())
    assert told == Signal(SENDER, asked.description, asked.candidate)


def _read(codec: Codec[Any] | Body[Any], text: str) -> Any:
    """Return what a text means; None if it is refused, in words that the other end can be told."""
    try:
        return codec.decode(text)
    except RemoteProtocolError as refusal:
        EVENTS.encode(Error(refusal.code, str(refusal)))
        return None
