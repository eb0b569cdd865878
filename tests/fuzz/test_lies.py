"""Tells every lie about every field (`tests/protocol/lies.py`) to all who read messages."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pytest

from client_py.core.frames import FRAMES, LENIENT_FRAMES
from protocol.codec import Codec, wire_name
from protocol.errors import RemoteProtocolError, UnknownMessage
from protocol.events import EVENTS, LENIENT_EVENTS
from protocol.requests import REQUESTS
from tests.client_py.core.visiting import BEN
from tests.fuzz import codec
from tests.fuzz.page import Page
from tests.fuzz.peer_frames import MET, met
from tests.fuzz.server_session import Server
from tests.protocol.lies import Lie, lies

GREETING = ('>{"type":"hello","version":2,"device":"device-of-ben-000000"}', '>{"type":"resume","received":0,"read":0}')
GOOD_MESSAGE = '>{"type":"message","seq":1,"id":"bens-0000000000000001","sent_at":1.5,"part":1,"parts":1,"text":"Hi"}'


def is_refused(strict: Codec[Any], lie: Lie) -> bool:
    """Tell whether a codec refuses a lie; one of an unknown type is left aside."""
    try:
        strict.decode(lie.text)
    except UnknownMessage:
        return False
    except RemoteProtocolError:
        return True
    return False


@pytest.mark.parametrize("spoken", [REQUESTS, EVENTS, FRAMES], ids=["requests", "events", "frames"])
def test_codecs_bear_every_lie(spoken: Codec[Any]) -> None:
    """Whoever reads it takes it as what it says or refuses it, and all of them alike."""
    for lie in lies(spoken.types):
        codec.play(lie.text.encode(errors="surrogateescape"))


@pytest.mark.parametrize("spoken", [REQUESTS, EVENTS, FRAMES], ids=["requests", "events", "frames"])
def test_every_field_is_lied_about(spoken: Codec[Any]) -> None:
    """No field is forgotten, and of each, at least one lie is refused."""
    refused = [lie.about for lie in lies(spoken.types) if is_refused(spoken, lie)]
    for name in fields_of(spoken.types):
        assert any(about.startswith(f"{name} = ") for about in refused), name


def fields_of(message_types: Mapping[str, type[Any]]) -> list[str]:
    """Return the fields of messages by name, as a lie names them."""
    return [f"{name}.{wire_name(field)}" for name, cls in message_types.items() for field in fields(cls)]


def test_peer_that_lies_costs_itself_the_channel_at_most() -> None:
    """What cannot be read ends the channel, and the page goes on; what can be read is one thing more that was said."""
    for lie in lies(FRAMES.types):
        page = met()
        for line in (*GREETING, f">{lie.text}", "s", "y"):
            page.play(line)
        if is_refused(LENIENT_FRAMES, lie):
            assert BEN not in page.channels, lie.about
        if BEN in page.channels:
            page.play(GOOD_MESSAGE)
        page.do(page.room.stop())


def test_server_that_lies_costs_the_page_a_websocket_at_most() -> None:
    """Before `welcome`, in the room, and with a link that is open, nothing that it says stops the page."""
    for lie in lies(EVENTS.types):
        for before in range(len(MET) + 1):
            page = Page()
            page.play("o")
            for event in MET[:before]:
                page.play(f"<{EVENTS.encode(event)}")
            page.play(f"<{lie.text}")
            assert page.is_socket_open != is_refused(LENIENT_EVENTS, lie), lie.about
            for line in ("y", "s", "t0", "y", "k9"):
                page.play(line)
            page.do(page.room.stop())


def test_client_that_lies_changes_nothing_for_others() -> None:
    """In a room and outside, a lie is answered to its teller; at the end of all, nothing stays."""
    for lie in lies(REQUESTS.types):
        server = Server()
        for line in (f"0{lie.text}", '0{"type":"join","room":"den"}', '1{"type":"join","room":"den"}', f"0{lie.text}"):
            server.play(line)
            server.check()
        server.end()
