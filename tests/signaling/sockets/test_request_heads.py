"""Heads of requests that proxies and servers have been known to read in different ways."""

import pytest

from signaling.errors import MalformedRequest, UnsupportedCoding, UnsupportedVersion, UnsupportedWebSocket
from signaling.sockets.request_heads import SINGLE, check_fields, check_handshake, path_of

HOST = (b"host", b"here")
KEY = b"c2l4dGVlbiBieXRlcyBvaw=="
HANDSHAKE = {
    b"host": b"here",
    b"connection": b"keep-alive, Upgrade",
    b"upgrade": b"WebSocket",
    b"sec-websocket-version": b"13",
    b"sec-websocket-key": KEY,
}


def framed(**fields: str) -> dict[bytes, bytes]:
    """Check fields, and give those of which there is one."""
    listed = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
    return check_fields("1.1", [HOST, *listed])


@pytest.mark.parametrize("name", sorted(SINGLE - {b"host"}))
def test_deciding_field_stands_once(name: bytes) -> None:
    """Of two, nobody could say which one another reader goes by."""
    with pytest.raises(MalformedRequest, match="more than one"):
        check_fields("1.1", [HOST, (name, b"chunked"), (name, b"chunked")])


@pytest.mark.parametrize("name", [b"x-forwarded-for", b"x-forwarded-proto", b"x-request-id", b"connection", b"accept"])
def test_list_may_stand_in_several_lines(name: bytes) -> None:
    """So may what a proxy adds to what its client has sent."""
    assert check_fields("1.1", [HOST, (name, b"a"), (name, b"b")]) == {b"host": b"here"}


@pytest.mark.parametrize("host", ["here", "here:3000", "a_b.example", "192.0.2.1:80", "[2001:db8::1]", "[::1]:80", ""])
def test_host_is_name_with_port(host: str) -> None:
    """Names, addresses, and a port after them."""
    assert check_fields("1.1", [(b"host", host.encode())]) == {b"host": host.encode()}


@pytest.mark.parametrize(
    "host", ["a b", "a@b", "a,b", "a/b", "http://a", "[", "[::1", "a:", "a:x", "a:123456", "a:80:80", "\xff", "a\x00"]
)
def test_odd_host_is_refused(host: str) -> None:
    """What is no name could be taken for another one."""
    with pytest.raises(MalformedRequest, match="not the name of a host"):
        check_fields("1.1", [(b"host", host.encode("latin-1"))])


def test_host_may_be_missing_in_http_1_0_only() -> None:
    """HTTP/1.1 asks for one."""
    assert check_fields("1.0", []) == {}
    with pytest.raises(MalformedRequest, match="no Host"):
        check_fields("1.1", [])


@pytest.mark.parametrize("version", ["0.9", "2.0", "1.2"])
def test_other_version_is_refused(version: str) -> None:
    """Each has rules of its own."""
    with pytest.raises(UnsupportedVersion, match=version):
        check_fields(version, [HOST])


@pytest.mark.parametrize("length", ["0", "4096", "9" * 19])
def test_length_is_number(length: str) -> None:
    """Of any size: whether it is too big is decided where the body is read."""
    assert framed(content_length=length)[b"content-length"] == length.encode()


@pytest.mark.parametrize("length", ["", "-5", "+5", "5,5", "5 5", "0x5", "5.0", "٥", "0" * 4_300, "9" * 20])  # noqa: RUF001
def test_odd_length_is_refused(length: str) -> None:
    """Another server that reads a number out of it may read a different one."""
    with pytest.raises(MalformedRequest, match="Content-Length"):
        framed(content_length=length)


def test_body_is_framed_in_one_way() -> None:
    """Chunked, in any case, and nothing beside."""
    assert framed(transfer_encoding="Chunked")
    for coding in ("gzip, chunked", "identity", "xchunked", "chunked, chunked"):
        with pytest.raises(UnsupportedCoding):
            framed(transfer_encoding=coding)
    with pytest.raises(MalformedRequest):
        framed(transfer_encoding="chunked", content_length="2")
    with pytest.raises(MalformedRequest):
        check_fields("1.0", [HOST, (b"transfer-encoding", b"chunked")])


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/", "/"),
        ("/chat/x?y=z", "/chat/x?y=z"),
        ("//there/x", "//there/x"),
        ("http://here/x?y", "/x?y"),
        ("HTTPS://HERE", "/"),
        ("http://here?x", "/?x"),
    ],
)
def test_target_is_path(target: str, path: str) -> None:
    """Or the address of a page of the host that the request is for."""
    assert path_of("GET", target.encode(), b"here") == path.encode()


@pytest.mark.parametrize("target", ["*", "", "x", "?x", "/x#y", "ftp://here/", "http://there/", "http://a@here/"])
def test_other_target_is_refused(target: str) -> None:
    """It is no page of ours."""
    with pytest.raises(MalformedRequest, match="target"):
        path_of("GET", target.encode(), b"here")


def test_address_needs_host() -> None:
    """HTTP/1.0 may come without one."""
    with pytest.raises(MalformedRequest, match="two hosts"):
        path_of("GET", b"http://here/", None)


def test_tunnel_is_refused() -> None:
    """What follows it would be for another server."""
    with pytest.raises(MalformedRequest, match="proxy"):
        path_of("CONNECT", b"/", b"here")


def is_handshake(changes: dict[bytes, bytes | None], method: str = "GET", version: str = "1.1") -> bool:
    """Check a handshake with some fields in place of the right ones, and without those that are None."""
    fields = [(name, value) for name, value in (HANDSHAKE | changes).items() if value is not None]
    return check_handshake(method, version, check_fields(version, fields), fields)


def test_handshake_opens_websocket() -> None:
    """Also with what stands in several lines, or says that there is no body."""
    assert is_handshake({})
    assert is_handshake({b"content-length": b"0"})
    fields = [*HANDSHAKE.items(), (b"connection", b"keep-alive")]
    assert check_handshake("GET", "1.1", check_fields("1.1", fields), fields)


@pytest.mark.parametrize("upgrade", [b"h2c", b"websockets", b"", None])
def test_other_upgrade_opens_none(upgrade: bytes | None) -> None:
    """It may be passed over (RFC 9110 §7.8)."""
    assert not is_handshake({b"upgrade": upgrade})


@pytest.mark.parametrize(
    ("changes", "method", "version"),
    [
        ({b"upgrade": b"websocket, h2c"}, "GET", "1.1"),
        ({b"connection": b"close"}, "GET", "1.1"),
        ({b"connection": None}, "GET", "1.1"),
        ({}, "GET", "1.0"),
        ({}, "POST", "1.1"),
        ({b"expect": b"100-continue"}, "GET", "1.1"),
        ({b"content-length": b"2"}, "GET", "1.1"),
        ({b"transfer-encoding": b"chunked"}, "GET", "1.1"),
        ({b"upgrade": b"h2c", b"content-length": b"2"}, "POST", "1.1"),
        ({b"sec-websocket-key": None}, "GET", "1.1"),
        ({b"sec-websocket-key": b"c2hvcnQ="}, "GET", "1.1"),
        ({b"sec-websocket-key": b"*" * 24}, "GET", "1.1"),
    ],
)
def test_odd_handshake_is_refused(changes: dict[bytes, bytes | None], method: str, version: str) -> None:
    """A proxy that takes it for one, while we do not, would pass on what follows as its sender wrote it."""
    with pytest.raises(MalformedRequest):
        is_handshake(changes, method, version)


@pytest.mark.parametrize("asked", [b"8", b"13, 8", None])
def test_other_websocket_is_refused(asked: bytes | None) -> None:
    """There is one version."""
    with pytest.raises(UnsupportedWebSocket, match="13"):
        is_handshake({b"sec-websocket-version": asked})
