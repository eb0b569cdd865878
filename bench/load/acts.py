"""What one abuser does, once: it is played again as soon as the server has ended it."""

from __future__ import annotations

import asyncio
import ipaddress
import json

from bench.load import HOST
from bench.load.abuser import Abuser
from bench.load.websocket import TEXT, frame, token_offers
from protocol.http import PROBE_SUBPROTOCOL

BLOCK_BYTES = 65_536
"""What a flood sends at once: the system copies it in some 10 µs."""
PIPELINED = 50
RELAYED_BYTES = 30_000
"""Of an SDP: nearly as much as is let through."""
SMALL_BUFFER_BYTES = 4_096
SPREAD_SECONDS = 2.0
STAY_SECONDS = 3_600.0
"""Until the attack ends."""
LOGIN_AGAIN_SECONDS = 60.0
"""120 abusers of one address use up its logins of a minute at once, and those of the next minute likewise."""
FORGEABLE, FORGED_EACH = int(ipaddress.IPv4Address("198.18.0.0")), 1_000
"""Addresses that nobody has (RFC 2544), and how many of them each abuser names in turn."""
NO_LENGTH = b"9" * 4_300
"""More digits than Python makes a number of."""


# Frames


async def flood(abuser: Abuser, data: bytes, *, token: str | None = None, begin: bytes = b"") -> None:
    """Send a frame at full speed, also after the server has closed the WebSocket."""
    offers = token_offers(token) if token else ()
    line = await abuser.websocket(*offers)
    await line.send(begin or data)
    await line.flood(block(data))


async def flood_unread(abuser: Abuser, data: bytes) -> None:
    """Have as many answers pile up as the server keeps, and stay."""
    line = await abuser.websocket()
    await line.fill(block(data))
    await asyncio.sleep(STAY_SECONDS)


async def say(abuser: Abuser, data: bytes) -> None:
    """Send a message that has to be refused, at full speed, in a room."""
    line = await abuser.websocket()
    await line.send(request(type="join", room=abuser.fresh()))
    await line.flood(block(data))


async def hold(abuser: Abuser, data: bytes) -> None:
    """Send what is no whole message, and stay."""
    line = await abuser.websocket()
    await line.send(data)
    await line.answer_pings()


async def stay(abuser: Abuser) -> None:
    """Open one more WebSocket of one account, within two seconds, and stay."""
    await asyncio.sleep(SPREAD_SECONDS * abuser.place)
    await (await abuser.websocket()).answer_pings()


async def do_not_read(abuser: Abuser) -> None:
    """Be sent as much as one may send to oneself, and read none of it."""
    room = abuser.fresh()
    reader = await abuser.websocket(receive_buffer=SMALL_BUFFER_BYTES)
    await reader.send(request(type="join", room=room))
    await reader.event("joined")
    writer = await abuser.websocket()
    await writer.send(request(type="join", room=room))
    peer_id = (await writer.event("joined"))["peers"][0]["peer_id"]
    signal = request(type="signal", to=peer_id, description={"type": "offer", "sdp": "v" * RELAYED_BYTES})
    await writer.flood(signal)


# Coming and going


async def probe(abuser: Abuser) -> None:
    """Probe, and be let go."""
    line = await abuser.websocket(PROBE_SUBPROTOCOL)
    line.drop()


async def shake_hands(abuser: Abuser) -> None:
    """Ask for a WebSocket with a token that is none, and drop it when it is refused."""
    line = await abuser.websocket(*token_offers(abuser.fresh()))
    line.drop()


async def join_and_drop(abuser: Abuser) -> None:
    """Join a room of its own, and drop the connection."""
    line = await abuser.websocket()
    await line.send(request(type="join", room=abuser.fresh()))
    await line.event("joined")
    line.drop()


# Connections that say less than they should


async def keep_silent(abuser: Abuser, said: bytes = b"") -> None:
    """Connect, say too little, and wait."""
    line = await abuser.connect()
    if said:
        await line.send(said)
    await line.wait_for_end()


async def drip(abuser: Abuser, said: bytes) -> None:
    """Say a byte a second, so that the connection is never idle."""
    line = await abuser.connect()
    for byte in said:
        await line.send(bytes([byte]))
        await asyncio.sleep(1)


async def say_one_byte_more(abuser: Abuser) -> None:
    """Ask for something, and begin another request when it is answered."""
    line = await abuser.connect()
    await line.send(get("/healthz"))
    await line.head()
    await line.send(b"G")
    await line.wait_for_end()


# HTTP


async def log_in(abuser: Abuser, password: str) -> None:
    """Log in once, and again in the next minute."""
    line = await abuser.connect()
    await line.send(login(abuser.username, password))
    await line.wait_for_end()
    line.close()
    await asyncio.sleep(LOGIN_AGAIN_SECONDS)


async def guess(abuser: Abuser) -> None:
    """Try names that do not exist, one after the other."""
    line = await abuser.connect()
    await line.send(login(abuser.fresh(), "wrong password"))
    await line.wait_for_end()


async def forge(abuser: Abuser) -> None:
    """Log in through a proxy that passes trailers on, with one that names another address each time."""
    line = await abuser.connect()
    body = json.dumps({"username": abuser.fresh(), "password": "wrong password"}).encode()
    forged = ipaddress.IPv4Address(FORGEABLE + abuser.number * FORGED_EACH + next(abuser.numbers) % FORGED_EACH)
    lines = [
        "POST /api/login HTTP/1.1",
        f"Host: {abuser.host}",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        "Trailer: X-Forwarded-For",
        "Connection: close",
    ]
    chunks = b"%x\r\n%b\r\n0\r\nX-Forwarded-For: %b\r\n\r\n" % (len(body), body, str(forged).encode())
    await line.send("\r\n".join([*lines, "", ""]).encode() + chunks)
    await line.wait_for_end()


async def ask(abuser: Abuser, path: str) -> None:
    """Send requests at full speed, many in one packet."""
    line = await abuser.connect()
    await line.flood(get(path) * PIPELINED)


async def ask_unread(abuser: Abuser, path: str) -> None:
    """Have as many answers pile up as the server keeps, and stay."""
    line = await abuser.connect(receive_buffer=SMALL_BUFFER_BYTES)
    await line.fill(get(path) * PIPELINED)
    await asyncio.sleep(STAY_SECONDS)


async def claim_much(abuser: Abuser) -> None:
    """Say that a body is longer than a number can be."""
    line = await abuser.connect()
    head_ = b"POST /api/login HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\nContent-Length: %b\r\n\r\n"
    await line.send(head_ % (abuser.host.encode(), NO_LENGTH))
    await line.wait_for_end()


# What they are made of


def block(data: bytes) -> bytes:
    """Return some frames as one piece."""
    return data * max(1, BLOCK_BYTES // len(data))


def request(**fields: object) -> bytes:
    """Return the frame of a request."""
    return frame(TEXT, json.dumps(fields).encode())


def get(path: str) -> bytes:
    """Return a request without a body."""
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


def login(username: str, password: str) -> bytes:
    """Return a login."""
    body = json.dumps({"username": username, "password": password})
    lines = ["POST /api/login HTTP/1.1", f"Host: {HOST}", "Content-Type: application/json", "Connection: close"]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode()
