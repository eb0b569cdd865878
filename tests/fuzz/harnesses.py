"""Lists the harnesses: for each, the module that plays its inputs, what a fuzzer watches, and what it is told of."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from typing import Any, get_type_hints

import protocol.http
from client_py.core.frames import FRAMES
from protocol.codec import wire_name
from protocol.events import EVENTS
from protocol.requests import REQUESTS

Play = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Harness:
    """One row of the table."""

    name: str
    """Of the module in this folder, whose `play` takes an input, and of the file with its corpus."""
    max_bytes: int = 4_096
    """Of one input: longer ones cost speed, and find little that shorter ones do not."""
    words: tuple[str, ...] = ()
    """What a fuzzer would take long to come upon by itself."""

    @property
    def play(self) -> Play:
        """What plays an input; an exception is a finding. It is imported late, when the fuzzer watches imports."""
        module: Any = importlib.import_module(f"tests.fuzz.{self.name}")
        play: Play = module.play
        return play


HTTP_WORDS = (
    "GET /ws HTTP/1.1\r\n",
    "POST / HTTP/1.1\r\n",
    "Host: a\r\n",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Connection: Upgrade\r\n",
    "Connection: close\r\n",
    "Upgrade: websocket\r\n",
    "Sec-WebSocket-Version: 13\r\n",
    "Sec-WebSocket-Key: c2l4dGVlbiBieXRlcyBvaw==\r\n",
    "Expect: 100-continue\r\n",
    "http://a/",
    "0\r\n\r\n",
    "\r\n\r\n",
)
SESSION_WORDS = (
    '0{"type":"join","room":"den"}\n',
    '3{"type":"join","room":"attic"}\n',
    '2{"type":"renew","token":"2"}\n2t\n',
    "$1",
    "%0",
    "g0\n",
)


BODIES = {
    name: cls
    for name, cls in vars(protocol.http).items()
    if isinstance(cls, type) and is_dataclass(cls) and cls.__module__ == protocol.http.__name__
}


def _spoken(*types: dict[str, type[Any]]) -> tuple[str, ...]:
    """Return the types and fields of messages, as they stand in JSON."""
    names = {f'"type":"{name}"' for each in types for name in each}
    fields = {
        f'"{wire_name(field)}":'
        for each in types
        for cls in each.values()
        for field in cls.__dataclass_fields__.values()
        if get_type_hints(cls)
    }
    return tuple(sorted(names | fields))


HARNESSES = (
    Harness("codec", words=_spoken(REQUESTS.types, EVENTS.types, FRAMES.types, BODIES)),
    Harness("server_session", words=(*_spoken(REQUESTS.types), *SESSION_WORDS)),
    Harness("client_session", words=_spoken(EVENTS.types)),
    Harness("peer_frames", words=_spoken(FRAMES.types)),
    Harness("http_requests", words=HTTP_WORDS),
    Harness("websocket_frames"),
)
