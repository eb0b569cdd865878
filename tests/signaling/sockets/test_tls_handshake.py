from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from protocol.events import PeerJoined
from signaling.client_addresses import ClientAddresses
from signaling.configuration.settings import Settings
from signaling.configuration.values import read_limit
from signaling.process.serving import BuildFastPath
from signaling.rate_limits.address_and_account_quotas import Quotas
from signaling.rate_limits.budgets import Rate
from signaling.rate_limits.request_limit import RequestLimit
from signaling.site.loading import Site
from signaling.sockets.certificate import Certificate
from signaling.sockets.tls_handshake import TlsGate, TlsHandshake
from signaling.sockets.waiting_clients import Patience, WaitingClients
from tests.signaling.certificates import Files, certificate_files
from tests.signaling.conftest import over_both_paths, quick_settings
from tests.signaling.quotas import quota_limits
from tests.signaling.running import PATIENCE, RunningServer, bearer, running
from tests.signaling.sockets.test_http_protocol_lost import FakeTransport

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
MOST = 5


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A certificate of the machine that the tests run on."""
    return certificate_files(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, files: Files) -> Settings:
    """Settings of a server that speaks TLS."""
    folder = tmp_path_factory.mktemp("data")
    return quick_settings(folder, ssl_certfile=files.certfile, ssl_keyfile=files.keyfile)


@pytest.fixture(scope="module")
def server(settings: Settings, site: Site, build: BuildFastPath | None) -> Iterator[RunningServer]:
    """Run it for the tests of this module that leave nothing behind."""
    with running(settings, site, build=build) as started:
        yield started


@pytest.fixture
def hurried(settings: Settings, site: Site, build: BuildFastPath | None) -> Iterator[RunningServer]:
    """Run one that waits for nobody for long."""
    patience = Patience(head=0.2, refused=0.1, step=0.02)
    with running(settings, site, WaitingClients(patience), build) as started:
        yield started


@pytest.fixture
def crowded(settings: Settings, site: Site, build: BuildFastPath | None) -> Iterator[RunningServer]:
    """Run one that waits for few clients."""
    with running(settings, site, WaitingClients(Patience(), most=MOST), build) as started:
        yield started


async def ended(reader: asyncio.StreamReader) -> bytes:
    """Wait for the end of a connection, and return what came before."""
    received = bytearray()
    async with asyncio.timeout(PATIENCE):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65_536):
                received += data
    return bytes(received)


@over_both_paths
async def test_people_meet_over_tls(server: RunningServer, files: Files) -> None:
    """HTTP and WebSockets are served as they are without TLS."""
    trusting = files.trusting
    async with server.http(verify=trusting) as client:
        response = await client.post("/api/register", json={"username": os.urandom(6).hex(), "password": "x" * 12})
        token = response.json()["token"]
        assert (await client.post("/api/refresh", headers=bearer(token))).is_success
    async with server.connect(token, ssl=trusting) as first, server.connect(token, ssl=trusting) as second:
        await first.welcome()
        await second.welcome()
        await first.join("kitchen")
        await second.join("kitchen")
        assert isinstance(await first.receive(), PeerJoined)


@over_both_paths
async def test_large_file_comes_whole(server: RunningServer, files: Files, static: Path) -> None:
    """What is larger than any buffer on its way comes as it is."""
    async with server.http(verify=files.trusting) as client:
        response = await client.get("/pyodide/1.2.3/pyodide.asm.wasm", headers={"Accept-Encoding": "identity"})
    assert response.content == (static / "pyodide" / "pyodide.asm.wasm").read_bytes()


async def asked(
    server: RunningServer, files: Files, request: bytes
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
    """Send a request with the end of the handshake, and wait for the head of its answer; TLS is not ended."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = files.trusting.wrap_bio(incoming, outgoing, server_hostname="localhost")
    reader, writer = await asyncio.open_connection(server.host, server.port)
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLWantReadError:
            writer.write(outgoing.read())
            incoming.write(await asyncio.wait_for(reader.read(65_536), PATIENCE))
    tls.write(request)
    writer.write(outgoing.read())
    received = b""
    while b"\r\n\r\n" not in received:
        incoming.write(await asyncio.wait_for(reader.read(65_536), PATIENCE))
        with contextlib.suppress(ssl.SSLWantReadError):
            received += tls.read(65_536)
    return reader, writer, received


@over_both_paths
async def test_request_may_come_with_end_of_handshake(server: RunningServer, files: Files) -> None:
    """What a client has sent before it was told that the handshake is done is not lost."""
    _, writer, answer = await asked(server, files, GET)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    writer.close()


async def test_client_has_its_time_to_end_tls(settings: Settings, site: Site, files: Files) -> None:
    """One that keeps the connection when both have said all is sent away; where TLS has ended, nothing more is said."""
    patience = Patience(reading=0.2, step=0.02)
    with running(settings, site, WaitingClients(patience)) as server:
        reader, writer, _ = await asked(server, files, GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        await ended(reader)
        writer.close()


@over_both_paths
async def test_handshake_may_come_in_pieces(server: RunningServer, files: Files) -> None:
    """A network may deliver the first record byte by byte, or in many packets."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = files.trusting.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    reader, writer = await asyncio.open_connection(server.host, server.port)
    hello = outgoing.read()
    for piece in (hello[:1], hello[1:7], hello[7:]):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.01)
    incoming.write(await asyncio.wait_for(reader.read(65_536), PATIENCE))
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    assert tls.version() == "TLSv1.3"
    writer.close()


@over_both_paths
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_current_versions_are_spoken(server: RunningServer, files: Files, version: ssl.TLSVersion) -> None:
    """TLS 1.2 (RFC 9325 §3.1.1) and what came after it."""
    context = files.trusting
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    reader, writer = await asyncio.open_connection(server.host, server.port, ssl=context, server_hostname="localhost")
    tls = writer.get_extra_info("ssl_object")
    assert (tls.version(), tls.selected_alpn_protocol()) == (version.name.replace("_", "."), "http/1.1")
    writer.write(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert (await ended(reader)).startswith(b"HTTP/1.1 200 OK\r\n")
    writer.close()


@over_both_paths
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_old_versions_are_refused(
    server: RunningServer, files: Files, version: ssl.TLSVersion, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that speaks none but versions that are broken is told so by TLS, and the server goes on."""
    context = files.trusting
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection(server.host, server.port, ssl=context, server_hostname="localhost")
    async with server.http(verify=files.trusting) as client:
        assert (await client.get("/healthz")).is_success
    assert "Traceback" not in caplog.text


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.78 is no address of this machine")
async def test_failed_handshake_is_told(server: RunningServer, files: Files, caplog: pytest.LogCaptureFixture) -> None:
    """The log has the reason, as one who asks why a client cannot come needs it."""
    caplog.set_level("INFO", logger="p2p_chat")
    source = ("127.0.0.78", 0)  # nobody else's, as more would be counted together
    reader, writer = await asyncio.open_connection(server.host, server.port, local_addr=source)
    writer.write(b"\x16\x03\x01\x00\x05hello")
    await ended(reader)
    writer.close()
    async with server.http(verify=files.trusting) as client:
        assert (await client.get("/healthz")).is_success
    assert [message for message in caplog.messages if "event=tls_failed address=127.0.0.78 reason=" in message]


@over_both_paths
async def test_plain_request_is_told_to_come_by_tls(server: RunningServer) -> None:
    """Who leaves https away, as browsers do before an address, reads what to do instead of nothing."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(GET)
    head, _, body = (await ended(reader)).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.1 400 ")
    assert {b"connection: close", b"x-content-type-options: nosniff"} <= set(head.lower().split(b"\r\n"))
    assert json.loads(body)["error"]["message"] == (
        "The request is malformed: https is spoken here; put https:// before the address."
    )


@over_both_paths
@pytest.mark.parametrize("beginning", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"], ids=["nothing", "a byte", "a head"])
async def test_unfinished_handshake_has_its_time(hurried: RunningServer, beginning: bytes) -> None:
    """Somebody who connects and goes no further is sent away like somebody who begins a request."""
    reader, writer = await asyncio.open_connection(hurried.host, hurried.port)
    writer.write(beginning)
    assert await ended(reader) == b""
    writer.close()


@over_both_paths
@pytest.mark.parametrize("beginning", [b"", b"\x16\x03\x01\x02\x00\x01"], ids=["nothing", "a head"])
async def test_unfinished_handshakes_are_bounded(crowded: RunningServer, files: Files, beginning: bytes) -> None:
    """Of too many, the oldest goes, and somebody who comes later is served."""
    waiting = [await asyncio.open_connection(crowded.host, crowded.port) for _ in range(MOST + 1)]
    for _, writer in waiting:
        writer.write(beginning)
    assert await ended(waiting[0][0]) == b""
    async with crowded.http(verify=files.trusting) as client:
        assert (await client.get("/healthz")).is_success
    for _, writer in waiting:
        writer.close()


@over_both_paths
async def test_connection_too_many_is_closed_without_tls(
    tmp_path: Path, site: Site, files: Files, build: BuildFastPath | None
) -> None:
    """Of an address that asks for too much: TLS would cost more than the answer that it carries."""
    limit = read_limit("1/hour")
    settings = quick_settings(
        tmp_path, ssl_certfile=files.certfile, ssl_keyfile=files.keyfile, request_limit=limit, trusted_proxies=()
    )
    patience = Patience(head=600.0, refused=0.0, step=0.005)
    with running(settings, site, WaitingClients(patience), build) as server:
        _, first = await asyncio.open_connection(server.host, server.port)
        reader, second = await asyncio.open_connection(server.host, server.port)
        second.write(b"\x16\x03\x01\x02\x00\x01")
        assert await ended(reader) == b""
        first.close()
        second.close()


async def test_those_who_are_refused_together_are_closed_at_different_moments(files: Files) -> None:
    """Else they would come back together, a second later and ever after."""
    chances = iter((0.0, 1.0))
    patience = Patience(refused=2.0, random=lambda: next(chances))
    clients = WaitingClients(patience, clock=lambda: 100.0)
    limit = RequestLimit(Quotas(quota_limits(requests_by_address=Rate.of(1, 3600.0))), ClientAddresses([]))
    gate, dues = TlsGate(Certificate(files.certfile, files.keyfile), clients, limit), list[float]()
    for _ in range(3):
        connection = TlsHandshake(
            never_made, gate, config=Config(never_made, log_config=None), server_state=ServerState()
        )
        connection.connection_made(FakeTransport())
        dues.append(connection.due)
        connection.connection_lost(None)
    assert dues == [100.0 + patience.head, 101.0, 103.0]


def never_made(**_options: Any) -> NoReturn:
    """Be the protocol that none of these connections comes to."""
    raise AssertionError


@over_both_paths
async def test_server_stops_in_the_middle_of_handshakes(hurried: RunningServer) -> None:
    """Nobody who has only connected keeps it from its end."""
    with socket.create_connection((hurried.host, hurried.port)) as client:
        client.sendall(b"\x16\x03\x01\x02\x00\x01")
        hurried.stop()


@over_both_paths
async def test_new_certificate_is_for_new_connections(
    tmp_path: Path, site: Site, build: BuildFastPath | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Who is connected stays so; who comes after the files have changed is shown the new certificate."""
    caplog.set_level("INFO")
    old = certificate_files(tmp_path)
    settings = quick_settings(tmp_path, ssl_certfile=old.certfile, ssl_keyfile=old.keyfile)
    with running(settings, site, build=build) as server:
        certificate = server.app.state.certificate
        async with server.http(verify=old.trusting) as client:
            token = (await client.post("/api/register", json={"username": "ann", "password": "x" * 12})).json()["token"]
        async with server.connect(token, ssl=old.trusting) as before:
            await before.welcome()
            new = certificate_files(tmp_path)
            certificate.reload()
            async with server.connect(token, ssl=new.trusting) as after:
                await after.welcome()
            with pytest.raises(ssl.SSLError):
                await server.connect(token, ssl=old.trusting).__aenter__()
            await before.join("kitchen")
    assert any("certificate_reloaded" in message for message in caplog.messages)
