"""Plays bytes to the server's HTTP: what it serves is what h11, which is stricter, reads in the same bytes.

The first byte of a script says in pieces of how many bytes the rest comes, and 0 that it comes at once.
"""

from __future__ import annotations

import re

import h11

from signaling.sockets.request_heads import ADDRESS
from tests.fuzz.server_connection import connect, pieces

SPACES = re.compile(rb"\A(\S+) +(\S+) +(HTTP/1\.[01]\r\n)")
"""RFC 9112 lets a server take several spaces in a request's line for one (§3), and has it pass over empty lines before
a request (§2.2). llhttp does, and h11 does not."""
Served = tuple[str, bytes, bytes]


def play(data: bytes) -> None:
    """Have the server answer what is in the bytes; it serves no request that others would read otherwise."""
    connection = connect(pieces(data))
    answered = re.findall(rb"HTTP/1\.1 (\d+) ", bytes(connection.transport.written))
    assert b"500" not in answered
    assert len(connection.served) <= len(answered)
    if not connection.is_websocket:
        understood = read_by_h11(data[1:])
        assert connection.served == understood[: len(connection.served)], (connection.served, understood)


def read_by_h11(data: bytes) -> list[Served]:
    """Return the requests in bytes, up to where h11 finds a fault, or the connection is to be closed."""
    found: list[Served] = []
    while data:
        reader = h11.Connection(h11.SERVER)
        reader.receive_data(SPACES.sub(rb"\1 \2 \3", data.lstrip(b"\r\n"), count=1))
        request = _next(reader)
        if request is None:
            break
        found.append(request)
        if reader.states[h11.CLIENT] is not h11.DONE:
            break
        data = reader.trailing_data[0]
    return found


def _next(reader: h11.Connection) -> Served | None:
    request, body = None, b""
    try:
        while (event := reader.next_event()) is not h11.NEED_DATA:
            match event:
                case h11.Request():
                    request = event
                case h11.Data():
                    body += event.data
                case h11.EndOfMessage():
                    assert request is not None
                    return request.method.decode(), _path(bytes(request.target)), body
                case _:
                    return None
    except h11.RemoteProtocolError:
        pass
    return None


def _path(target: bytes) -> bytes:
    """Return the path and the query of a target, whichever of its two forms it has."""
    match = ADDRESS.fullmatch(target)
    path = (match[2] or b"") if match else target
    return (path if path.startswith(b"/") else b"/" + path).removesuffix(b"?")  # of which ASGI's scope knows nothing
