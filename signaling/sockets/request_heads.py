"""Decides which heads of HTTP requests can be read in one way only, and refuses the others. No I/O.

What breaks the rules may be read otherwise by a proxy on the way, which then takes one request for two, or a body for a
request, and believes that somebody else has sent it. llhttp refuses what no field may look like; what fields mean
together is decided here.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable

from signaling.errors import MalformedRequest, UnsupportedCoding, UnsupportedVersion, UnsupportedWebSocket

HTTP_1_0, HTTP_1_1 = "1.0", "1.1"
SINGLE = frozenset(
    {
        b"access-control-request-method",
        b"authorization",
        b"content-length",
        b"content-type",
        b"expect",
        b"host",
        b"origin",
        b"sec-websocket-key",
        b"sec-websocket-version",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""What decides something, and is no list: of two, the proxy may go by the first, and we by the last. Those that proxies
add (`X-Forwarded-For`, `X-Forwarded-Proto`, `X-Request-ID`) are not refused, since a client could have sent one before;
the last of them is the nearest proxy's, and that one counts."""
HOST = re.compile(rb"(?:(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)?")
"""RFC 9110 §7.2, without what no browser sends: names are in ASCII there."""
LENGTH = re.compile(rb"[0-9]{1,19}")
"""RFC 9112 §6.2. Longer ones are no length of anything, and cost time to read (Python refuses 4,300 digits)."""
PATH = re.compile(rb"/[^#]*")
ADDRESS = re.compile(rb"https?://([^/?#]*)([/?][^#]*)?", re.IGNORECASE)
"""RFC 9112 §3.2.2: what a proxy is sent, and every server has to take."""
WEBSOCKET = b"websocket"
WEBSOCKET_VERSION = b"13"
"""RFC 6455 §4.1: the only one."""
KEY_BYTES = 16
Fields = Iterable[tuple[bytes, bytes]]


def check_fields(version: str, fields: Fields) -> dict[bytes, bytes]:
    """Return the fields of which there is one only; a Refusal if they contradict each other, or frame no body."""
    if version not in {HTTP_1_0, HTTP_1_1}:
        raise UnsupportedVersion(version)
    found: dict[bytes, bytes] = {}
    for name, value in fields:
        if name in SINGLE:
            if name in found:
                raise MalformedRequest(f"it has more than one {name.decode().title()} header")
            found[name] = value
    _check_host(version, found.get(b"host"))
    _check_framing(version, found)
    return found


def path_of(method: str, target: bytes, host: bytes | None) -> bytes:
    """Return the path and the query of a target; a Refusal if it names another host, or none of our pages."""
    if method == "CONNECT":
        raise MalformedRequest("it asks for a tunnel, and this is no proxy")
    if PATH.fullmatch(target):
        return target
    match = ADDRESS.fullmatch(target)
    if match is None:
        raise MalformedRequest("its target is not a path")
    authority, path = match[1], match[2] or b""
    if host is None or authority.lower() != host.lower():
        raise MalformedRequest("its target and its Host header name two hosts")
    return path if path.startswith(b"/") else b"/" + path


def check_handshake(method: str, version: str, found: dict[bytes, bytes], fields: Fields) -> bool:
    """Tell whether a request opens a WebSocket; a Refusal if it speaks of one and does it otherwise than RFC 6455."""
    upgrade = found.get(b"upgrade")
    if upgrade is None:
        return False
    if b"transfer-encoding" in found or int(found.get(b"content-length", b"0")):
        # RFC 9110 §7.8 would have it read before the switch; httptools takes it for the next request.
        raise MalformedRequest("it has an Upgrade header and a body")
    if upgrade.lower() != WEBSOCKET:
        if WEBSOCKET in _options(upgrade):
            raise MalformedRequest("its Upgrade header names more than a WebSocket")
        return False
    connection = b",".join([value for name, value in fields if name == b"connection"])
    if b"upgrade" not in _options(connection):
        raise MalformedRequest("it has an Upgrade header, and its Connection header does not say so")
    if version != HTTP_1_1:
        raise MalformedRequest("a WebSocket is opened by HTTP/1.1")
    if method != "GET" or b"expect" in found:
        raise MalformedRequest("a WebSocket is opened by GET, and without an Expect header")
    _check_websocket(found)
    return True


def _check_websocket(found: dict[bytes, bytes]) -> None:
    """RFC 6455 §4.2.1: the version is known, and the key is of 16 bytes."""
    if found.get(b"sec-websocket-version") != WEBSOCKET_VERSION:
        raise UnsupportedWebSocket
    if not _is_key(found.get(b"sec-websocket-key", b"")):
        raise MalformedRequest("its Sec-WebSocket-Key is not one of 16 bytes")


def _check_host(version: str, host: bytes | None) -> None:
    """RFC 9112 §3.2: there has to be one, and only HTTP/1.0 need not have it."""
    if host is None:
        if version != HTTP_1_0:
            raise MalformedRequest("it has no Host header")
    elif not HOST.fullmatch(host):
        raise MalformedRequest("its Host header is not the name of a host")


def _check_framing(version: str, found: dict[bytes, bytes]) -> None:
    """RFC 9112 §6: where the body ends has to be said once, and in a way that everyone knows."""
    length, coding = found.get(b"content-length"), found.get(b"transfer-encoding")
    if length is not None and not LENGTH.fullmatch(length):
        raise MalformedRequest("its Content-Length is not a number of bytes")
    if coding is None:
        return
    if length is not None or version == HTTP_1_0:
        raise MalformedRequest("its Transfer-Encoding does not go with the rest of it")
    if coding.lower() != b"chunked":
        raise UnsupportedCoding


def _options(value: bytes) -> list[bytes]:
    return [option.strip().lower() for option in value.split(b",")]


def _is_key(key: bytes) -> bool:
    try:
        return len(binascii.a2b_base64(key, strict_mode=True)) == KEY_BYTES
    except binascii.Error:
        return False
