"""coturn as the compose file runs it: it relays for those whom the server sends, and nowhere that it should not."""

from __future__ import annotations

import asyncio
import signal
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aioice.stun import TransactionFailed
from aioice.turn import TurnTransport

from e2e.deploy.compose import read_compose
from e2e.deploy.coturn import ADDRESS, PATIENCE, SECRET, TLS_PORT, Coturn, Peer, allocation, make_certificate
from e2e.network.namespaces import Namespace
from e2e.provision import lab_fault
from tests.deploy.variables import FILLED

STRANGERS_SECRET = "a stranger does not know it"


@pytest.fixture
def check() -> str:
    """Return the health check that the compose file has for coturn."""
    kind, line = read_compose(FILLED)["services"]["turn"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    return str(line)


@pytest.fixture
def network() -> Iterator[None]:
    """Go into a network where this machine has the address of a machine for others, and nobody has taken its ports."""
    if (fault := lab_fault()) is not None:
        pytest.skip(fault)
    namespace = Namespace("machine")
    namespace.create()
    try:
        namespace.configure(f"addr add {ADDRESS}/32 dev lo")
        with namespace.entered():
            yield
    finally:
        namespace.remove()


@pytest.fixture
def coturn(network: None, tmp_path: Path) -> Iterator[Coturn]:  # noqa: ARG001 - entered before, left after
    """Prepare a coturn, which the test starts."""
    prepared = Coturn(tmp_path)
    yield prepared
    prepared.stop()


@pytest.fixture
def running(coturn: Coturn, check: str) -> Coturn:
    """Run it, without a certificate."""
    coturn.start(check)
    return coturn


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_coturn_relays(transport: str) -> None:
    """Two people whom only the relay reaches write to each other, whichever way they reach it themselves."""
    async with allocation(transport) as (alice, _), allocation() as (bob, inbox):
        alices, bobs = alice.get_extra_info("sockname"), bob.get_extra_info("sockname")
        bob.sendto(b"a relay lets in only whom its person has written to", alices)
        writing = asyncio.create_task(write_until_cancelled(alice, bobs))
        assert await asyncio.wait_for(inbox.messages.get(), PATIENCE) == (b"hello", alices)
        writing.cancel()


@pytest.mark.usefixtures("running")
async def test_coturn_refuses_strangers() -> None:
    """Nobody relays without the server's word."""
    with pytest.raises(TransactionFailed) as refused:
        async with allocation(secret=STRANGERS_SECRET):
            pass
    assert refused.value.response.attributes["ERROR-CODE"][0] == 401


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "169.254.169.254", "172.30.83.2", "192.168.1.1"])
async def test_coturn_reaches_no_inner_network(address: str) -> None:
    """What stands beside the relay is not reached through it: the other containers, the cloud's metadata, a router."""
    async with allocation() as (relayed, inbox):
        relayed.sendto(b"hello", (address, 80))
        refused = await asyncio.wait_for(inbox.errors.get(), PATIENCE)
    assert isinstance(refused, TransactionFailed)
    assert refused.response.attributes["ERROR-CODE"][0] == 403


def test_coturn_knows_its_configuration(running: Coturn) -> None:
    """Every option that we write is one of coturn's, and it says why there is no TLS."""
    log = running.log.read_text()
    assert "Bad configuration" not in log
    assert "coturn serves no TLS" in log


def test_coturn_keeps_secret_from_command_line(running: Coturn) -> None:
    """Who lists the processes of the machine does not see the secret."""
    command = Path(f"/proc/{running.process.pid}/cmdline").read_bytes()
    assert command.startswith(b"turnserver\0")
    assert SECRET.encode() not in command


def test_coturn_is_unhealthy_when_stopped(running: Coturn, check: str) -> None:
    """The health check fails where nobody answers, and does not wait for ever."""
    running.stop()
    assert running.check(check) != 0


async def test_coturn_takes_renewed_certificate(coturn: Coturn, check: str) -> None:
    """TLS is there when the certificate is, and SIGUSR2 puts a renewed one in place of the old."""
    make_certificate(coturn.certificate)
    coturn.start(check)
    first = await served_certificate()
    assert first == coturn.certificate.with_suffix(".crt").read_text()
    make_certificate(coturn.certificate)
    coturn.process.send_signal(signal.SIGUSR2)
    deadline = time.monotonic() + PATIENCE
    while (served := await served_certificate()) == first:
        assert time.monotonic() < deadline, "coturn still serves the old certificate"
    assert served == coturn.certificate.with_suffix(".crt").read_text()


async def test_coturn_relays_over_tls(coturn: Coturn, check: str) -> None:
    """What `turns:` stands for works with the certificate."""
    make_certificate(coturn.certificate)
    coturn.start(check)
    tls = ssl.create_default_context(cafile=coturn.certificate.with_suffix(".crt"))
    tls.check_hostname = False
    async with allocation("tcp", tls=tls) as (relayed, _):
        assert relayed.get_extra_info("sockname")[0] == ADDRESS


async def write_until_cancelled(relayed: TurnTransport, address: Peer) -> None:
    """Write again and again, as ICE does: nobody tells when the other side lets it in."""
    while True:
        relayed.sendto(b"hello", address)
        await asyncio.sleep(0.05)


async def served_certificate() -> str:
    """Return the certificate that coturn shows, in PEM."""
    _, writer = await asyncio.open_connection(ADDRESS, TLS_PORT, ssl=trusting_anyone())
    certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return ssl.DER_cert_to_PEM_cert(certificate)


def trusting_anyone() -> ssl.SSLContext:
    """Return settings that take any certificate: it is what the test wants to see."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
