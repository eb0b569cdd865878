"""Clients that stall, or end, in every moment of TLS: with real sockets, while the certificate is renewed."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import ssl
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from signaling.process.serving import BuildFastPath
from signaling.site.loading import Site
from signaling.sockets.waiting_clients import Patience, WaitingClients
from tests.signaling.certificates import Files, certificate_files
from tests.signaling.conftest import over_both_paths, quick_settings
from tests.signaling.running import PATIENCE, RunningServer, running

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPGRADE = b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
UPGRADE += b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2l4dGVlbiBieXRlcyBvaw==\r\n\r\n"
LARGE_BYTES = 8 * 2**20
HURRY = Patience(head=0.5, body=0.5, body_start=0.5, idle=0.5, reading=0.5, refused=0.1, step=0.02)


class Client:
    """A client that does TLS by hand, one step at a time."""

    def __init__(self, files: Files, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: str) -> None:
        context = files.trusting
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        self.reader, self.writer = reader, writer

    def next_flight(self) -> bytes:
        """Return what has to be sent next in the handshake; nothing once it is done."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        return self.outgoing.read()

    async def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)
        with contextlib.suppress(ConnectionError):
            await self.writer.drain()

    async def hear(self) -> None:
        """Take what has come, for the next flight."""
        self.incoming.write(await asyncio.wait_for(self.reader.read(65_536), PATIENCE))

    async def shake_hands(self) -> None:
        """Come to the end of the handshake."""
        while True:
            await self.send(self.next_flight())
            with contextlib.suppress(ssl.SSLWantReadError):
                self.tls.do_handshake()
                await self.send(self.outgoing.read())
                return
            await self.hear()

    async def say(self, data: bytes) -> None:
        """Send bytes by TLS."""
        self.tls.write(data)
        await self.send(self.outgoing.read())

    async def say_goodbye(self) -> None:
        """End TLS on this side (RFC 8446 §6.1)."""
        with contextlib.suppress(ssl.SSLError):
            self.tls.unwrap()
        await self.send(self.outgoing.read())


Stall = Callable[[Client], Awaitable[None]]


async def half_a_hello(client: Client) -> None:
    """Send half of the first flight."""
    hello = client.next_flight()
    await client.send(hello[: len(hello) // 2])


async def hello_alone(client: Client) -> None:
    """Send the first flight, and answer nothing to the server's."""
    await client.send(client.next_flight())


async def half_an_answer(client: Client) -> None:
    """Send half of the last flight."""
    await client.send(client.next_flight())
    await client.hear()
    answer = client.next_flight()
    await client.send(answer[: len(answer) // 2])


async def garbage_for_an_answer(client: Client) -> None:
    """Send what is no record in place of the last flight."""
    await client.send(client.next_flight())
    await client.hear()
    await client.send(b"\x17\x03\x03\x00\x20" + bytes(64))


async def nothing_said(client: Client) -> None:
    """Ask nothing by TLS."""
    await client.shake_hands()


async def half_a_request(client: Client) -> None:
    """Ask half of something."""
    await client.shake_hands()
    await client.say(GET[:20])


async def half_a_record(client: Client) -> None:
    """Send half of a record."""
    await client.shake_hands()
    client.tls.write(GET)
    await client.send(client.outgoing.read()[:-5])


async def spoilt_record(client: Client) -> None:
    """Send a record that was changed on its way."""
    await client.shake_hands()
    client.tls.write(GET)
    record = client.outgoing.read()
    await client.send(record[:-1] + bytes([record[-1] ^ 1]))


async def goodbye_at_once(client: Client) -> None:
    """End TLS, and keep the connection."""
    await client.shake_hands()
    await client.say_goodbye()


async def goodbye_in_a_request(client: Client) -> None:
    """End TLS in the middle of a request, and keep the connection."""
    await client.shake_hands()
    await client.say(GET[:20])
    await client.say_goodbye()


async def goodbye_after_a_request(client: Client) -> None:
    """End TLS before the answer can have come, and keep the connection."""
    await client.shake_hands()
    client.tls.write(GET)
    await client.say_goodbye()


async def goodbye_in_a_websocket(client: Client) -> None:
    """End TLS behind a handshake for a WebSocket."""
    await client.shake_hands()
    client.tls.write(UPGRADE)
    await client.say_goodbye()


async def half_a_connection(client: Client) -> None:
    """End the connection on this side, without a goodbye."""
    await client.shake_hands()
    await client.say(GET[:20])
    client.writer.write_eof()


IN_THE_HANDSHAKE: list[Stall] = [half_a_hello, hello_alone, half_an_answer, garbage_for_an_answer]
AFTER_THE_HANDSHAKE: list[Stall] = [
    nothing_said,
    half_a_request,
    half_a_record,
    spoilt_record,
    goodbye_at_once,
    goodbye_in_a_request,
    goodbye_after_a_request,
    goodbye_in_a_websocket,
    half_a_connection,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the place of a certificate that changes."""
    return tmp_path_factory.mktemp("certificate")


@pytest.fixture(scope="module")
def files(folder: Path) -> Files:
    """A certificate to begin with."""
    return certificate_files(folder)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, site: Site, files: Files, build: BuildFastPath | None
) -> Iterator[RunningServer]:
    """Run a server with TLS that waits for nobody for long."""
    data = tmp_path_factory.mktemp("data")
    large = data / "large"
    large.write_bytes(bytes(LARGE_BYTES))
    name, asset = next(iter(site.runtime.items()))
    runtime = {name: asset, "large": replace(asset, content=large, encoded={})}
    settings = quick_settings(data, ssl_certfile=files.certfile, ssl_keyfile=files.keyfile)
    with running(settings, replace(site, runtime=runtime), WaitingClients(HURRY), build) as started:
        yield started


async def opened(server: RunningServer, files: Files, version: str = "TLSv1_3") -> Client:
    """Connect, and do nothing yet."""
    return Client(files, *await asyncio.open_connection(server.host, server.port), version)


async def until_gone(client: Client) -> None:
    """Wait until the server has ended the connection, whatever it says before."""
    async with asyncio.timeout(PATIENCE):
        with contextlib.suppress(ConnectionError):
            while await client.reader.read(65_536):
                pass
    client.writer.close()


async def until_nobody_is_left(server: RunningServer) -> None:
    """Wait until the server holds neither a connection nor a task."""
    state = server.server.server_state
    async with asyncio.timeout(PATIENCE):
        while state.connections or state.tasks:  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(0.01)


async def until_served(server: RunningServer, files: Files) -> None:
    """Wait until somebody is served, who may be too slow for this server on a machine that has other things to do."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(httpx.TransportError):
                async with server.http(verify=files.trusting) as http:
                    assert (await http.get("/healthz")).is_success
                    return


async def is_sent_away(server: RunningServer, files: Files, stall: Stall, version: str) -> None:
    """Have a client stall, and the certificate be read again meanwhile; wait until nothing of the client is left."""
    client = await opened(server, files, version)
    await stall(client)
    server.app.state.certificate.reload()
    await until_gone(client)
    await until_nobody_is_left(server)
    await until_served(server, files)


@over_both_paths
@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("stall", IN_THE_HANDSHAKE, ids=lambda stall: stall.__name__)
async def test_client_that_stalls_in_the_handshake_is_sent_away(
    server: RunningServer, files: Files, stall: Stall, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In whatever moment, it has its time and no more; nothing of it stays, and the next one is served."""
    await is_sent_away(server, files, stall, version)
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("stall", AFTER_THE_HANDSHAKE, ids=lambda stall: stall.__name__)
async def test_client_that_stalls_after_the_handshake_is_sent_away(
    server: RunningServer, files: Files, stall: Stall, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    """As one without TLS is, and as one that has never come so far."""
    await is_sent_away(server, files, stall, version)
    assert "Traceback" not in caplog.text


async def test_client_that_reads_nothing_more_is_sent_away(server: RunningServer, files: Files) -> None:
    """TLS has buffers of its own, and what waits in them is waited for no longer than without."""
    client = await opened(server, files)
    client.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    await client.shake_hands()
    client.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it reads from a socket
    await client.say(GET.replace(b"/healthz", b"/pyodide/1.2.3/large") * 64)
    await until_nobody_is_left(server)
    client.writer.close()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="only openssl asks for a renegotiation")
async def test_nobody_has_the_keys_agreed_upon_again(server: RunningServer, files: Files, tmp_path: Path) -> None:
    """A client could have the server compute for as long as it likes, for little of its own."""
    authority = tmp_path / "authority.pem"
    files.authority.cert_pem.write_to_path(authority)
    command = ["openssl", "s_client", "-tls1_2", "-CAfile", str(authority), "-connect", f"{server.host}:{server.port}"]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=STDOUT)
    said, _ = await asyncio.wait_for(process.communicate(b"R\n"), PATIENCE)
    assert b"RENEGOTIATING" in said
    assert b"no renegotiation" in said
    await until_served(server, files)
