import asyncio

from signaling.monitoring.request_ids import request_id
from signaling.sockets.keepalive import Keepalive
from tests.signaling.running import PATIENCE


class Client:
    """Someone who is asked, and remembers for which request it was."""

    def __init__(self) -> None:
        self.is_unanswered = False
        self.was_asked: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    def ask(self) -> None:
        """Remember."""
        if not self.was_asked.done():
            self.was_asked.set_result(request_id.get())

    def give_up(self) -> None:
        """Never mind."""


async def test_keepalive_asks_for_no_request() -> None:
    """The timer that the first client has started, and that asks everyone, is not the business of its request."""
    client = Client()
    request_id.set("the-first")
    group = Keepalive(0.02).watch(client)
    assert await asyncio.wait_for(client.was_asked, PATIENCE) is None
    group.discard(client)
