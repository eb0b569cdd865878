import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from signaling.client_addresses import ClientAddresses
from signaling.http.middleware.handshake_limit import MAX_HELD, MAX_HELD_EACH, HandshakeLimit, Hold, most_held
from signaling.monitoring.counters import Counters
from signaling.rate_limits.address_and_account_quotas import Quotas
from signaling.rate_limits.budgets import Rate
from tests.signaling.quotas import quota_limits

PROXY, CLIENT = ("127.0.0.1", 4711), ("203.0.113.1", 4711)


class Gate:
    """The middleware before an app that remembers what has passed."""

    def __init__(self, hold_seconds: float = 0.0, random: Callable[[], float] = lambda: 0.5) -> None:
        self.passed: list[Any] = []
        self.answers: list[Message] = []
        self.counters = Counters()
        self.limit = HandshakeLimit(
            self.app,
            Quotas(quota_limits(handshakes_by_address=Rate.of(1, 3600.0))),
            ClientAddresses(["127.0.0.1"]),
            self.counters,
            Hold(hold_seconds, random=random),
        )

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - an app
        """Remember who has passed."""
        self.passed.append(scope["client"])

    async def ask(self, kind: str, client: tuple[str, int] | None) -> None:
        """Have a request of some kind pass, or be answered."""
        scope: Scope = {"type": kind, "client": client, "extensions": {"websocket.http.response": {}}}

        async def receive() -> Message:
            raise AssertionError

        async def send(message: Message) -> None:
            self.answers.append(message)

        await self.limit(scope, receive, send)


async def test_handshake_over_the_limit_is_answered() -> None:
    """It reaches nothing further in, and is told when to come back."""
    gate = Gate()
    await gate.ask("websocket", CLIENT)
    await gate.ask("websocket", CLIENT)
    assert gate.passed == [CLIENT]
    start, body = gate.answers
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 429)
    assert (b"retry-after", b"3600") in start["headers"]
    assert b"rate_limited" in body["body"]
    assert gate.counters.refusals["rate_limited"] == 1


@pytest.mark.parametrize(("kind", "client"), [("http", CLIENT), ("websocket", PROXY), ("websocket", None)])
async def test_other_requests_pass(kind: str, client: tuple[str, int] | None) -> None:
    """Plain requests, and handshakes of which it is not known whose they are, are not counted here."""
    gate = Gate()
    for _ in range(5):
        await gate.ask(kind, client)
    assert gate.passed == [client] * 5


async def test_refusals_are_held_for_a_moment_up_to_a_number() -> None:
    """Asking again at once is slow; but what is held is bounded, for an address and in all, and let go."""
    gate = Gate(hold_seconds=3600.0)
    addresses = [f"203.0.113.{number}" for number in range(1 + MAX_HELD // MAX_HELD_EACH)]
    asked: list[asyncio.Task[None]] = []
    for address in addresses:
        await gate.ask("websocket", (address, 4711))
        asked += [asyncio.create_task(gate.ask("websocket", (address, 4711))) for _ in range(MAX_HELD_EACH + 1)]
        await asyncio.sleep(0)
    assert [task.done() for task in asked].count(False) == MAX_HELD
    assert all(task.done() for task in asked[MAX_HELD_EACH :: MAX_HELD_EACH + 1])
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    assert (gate.limit._held, gate.limit._held_in_all) == ({}, 0)


async def test_those_who_are_refused_together_are_told_at_different_moments() -> None:
    """Else they would come back together, a second later and ever after."""
    moments = iter((1.0, 0.0))
    gate, told = Gate(0.05, lambda: next(moments)), list[str]()

    async def ask(host: str) -> None:
        await gate.ask("websocket", (host, 4711))
        told.append(host)

    for host in ("203.0.113.1", "203.0.113.2"):
        await gate.ask("websocket", (host, 4711))
    await asyncio.gather(ask("203.0.113.1"), ask("203.0.113.2"))
    assert told == ["203.0.113.2", "203.0.113.1"]


@pytest.mark.parametrize(("files", "most"), [(896, 224), (100_000, MAX_HELD)])
def test_held_handshakes_leave_files_for_others(files: int, most: int) -> None:
    """Of the few that a process may have by default, they take one in four."""
    assert most_held(files) == most
