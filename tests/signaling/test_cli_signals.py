"""The command that is told to stop, and then told something else: it ends in time, and says the same to everyone."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from protocol.codes import CloseCode
from signaling.process.draining import CLOSED_TOGETHER
from tests.signaling.certificates import Files, certificate_files
from tests.signaling.test_cli import PASSWORD, STOP_SECONDS, TIMEOUT, Serving, serving
from tests.signaling.test_cli_tls import options

CLIENTS = 2 * CLOSED_TOGETHER + 1
"""So many that they are sent away in several turns."""
MANY = {"P2PCHAT_CONNECTIONS_PER_ACCOUNT": str(CLIENTS), "P2PCHAT_CONNECT_LIMIT": f"{CLIENTS}/second"}
AGAIN_SECONDS = 0.002
"""Between two signals of somebody who does not stop sending them: some come in each step of the end."""
Tell = Callable[[Sequence[ClientConnection]], Awaitable[None]]


async def codes(server: Serving, tell: Tell, trusting: ssl.SSLContext | None = None) -> set[int | None]:
    """Have many clients connected when a server is told something; return the codes that they are closed with."""
    secure = "s" if trusting else ""
    url = f"http{secure}://{server.address}"
    async with httpx.AsyncClient(base_url=url, trust_env=False, verify=trusting or True) as client:
        credentials = {"username": "rosalind", "password": PASSWORD}
        token = (await client.post("/api/register", json=credentials)).json()["token"]
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(CLIENTS):
            opened = connect(f"ws{secure}://{server.address}/ws?token={token}", proxy=None, ssl=trusting)
            clients.append(await stack.enter_async_context(opened))
            await clients[-1].recv()
        await tell(clients)
        async with asyncio.timeout(TIMEOUT):
            await asyncio.gather(*(each.wait_closed() for each in clients))
    return {each.close_code for each in clients}


async def until_drained_in_part(clients: Sequence[ClientConnection]) -> None:
    """Wait until the first clients were sent away, and see that others were not."""
    closing = [asyncio.create_task(each.wait_closed()) for each in clients]
    await asyncio.wait(closing, return_when=asyncio.FIRST_COMPLETED)
    assert not all(each.done() for each in closing)


def ended(server: Serving) -> tuple[int, int]:
    """Wait for the end; return the exit code, and how many tracebacks there were."""
    assert server.process.stderr is not None
    errors = server.process.stderr.read()
    return server.process.wait(TIMEOUT), errors.count("Traceback") + errors.count("Aborted")


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_second_signal_is_no_failure(tmp_path: Path, second: signal.Signals) -> None:
    """The server waits for nobody any more, and all its clients are told that it comes again."""

    async def tell(clients: Sequence[ClientConnection]) -> None:
        server.process.send_signal(signal.SIGTERM)
        await until_drained_in_part(clients)
        server.process.send_signal(second)

    with serving(tmp_path, **MANY) as server:
        started = time.monotonic()
        assert asyncio.run(codes(server, tell)) == {CloseCode.SERVICE_RESTART}
        assert ended(server) == (0, 0)
    assert time.monotonic() - started < STOP_SECONDS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_without_end_are_no_failure(tmp_path: Path, number: signal.Signals) -> None:
    """Whatever the server is doing when the next one comes, it is ended by none of them."""

    async def tell(_clients: Sequence[ClientConnection]) -> None:
        while server.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                server.process.send_signal(number)
            await asyncio.sleep(AGAIN_SECONDS)

    with serving(tmp_path, **MANY) as server:
        assert asyncio.run(codes(server, tell)) == {CloseCode.SERVICE_RESTART}
        assert ended(server) == (0, 0)


@pytest.mark.parametrize("usable", [True, False], ids=["a new certificate", "half a certificate"])
def test_certificate_is_renewed_in_the_drain(tmp_path: Path, usable: bool) -> None:  # noqa: FBT001 - of a test
    """The end goes on as it has begun, be it that the files cannot be used."""
    files: Files = certificate_files(tmp_path)
    trusting = files.trusting

    async def tell(clients: Sequence[ClientConnection]) -> None:
        server.process.send_signal(signal.SIGTERM)
        await until_drained_in_part(clients)
        if usable:
            certificate_files(tmp_path)
        else:
            files.certfile.write_text("half of a")
        server.process.send_signal(signal.SIGHUP)

    with serving(tmp_path, *options(files), **MANY) as server:
        assert asyncio.run(codes(server, tell, trusting)) == {CloseCode.SERVICE_RESTART}
        assert ended(server) == (0, 0)
