import asyncio

from signaling.monitoring.request_ids import request_id
from signaling.sockets.keepalive import ANSWER_STEPS, PING_SECONDS, PONG_SECONDS, STEPS, Keepalive
from tests.signaling.running import PATIENCE


class Client:
    """Someone who is asked, and remembers for which request it was."""

    def __init__(self) -> None:
        self.is_unanswered = False
        self.was_asked: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self.was_given_up = False

    def ask(self) -> None:
        """Remember."""
        self.is_unanswered = True
        if not self.was_asked.done():
            self.was_asked.set_result(request_id.get())

    def give_up(self) -> None:
        """Remember."""
        self.was_given_up = True


async def test_keepalive_asks_for_no_request() -> None:
    """The timer that the first client has started, and that asks everyone, is not the business of its request."""
    client = Client()
    request_id.set("the-first")
    group = Keepalive(0.02).watch(client)
    assert await asyncio.wait_for(client.was_asked, PATIENCE) is None
    group.discard(client)


async def test_dead_client_is_found_before_it_would_be_asked_again() -> None:
    """A client that does not answer is given up after ANSWER_STEPS, and one that does is kept."""
    keepalive, silent, lively = Keepalive(3600), Client(), Client()
    keepalive._ask_next()
    group = keepalive.watch(silent)
    keepalive.watch(lively)
    for _ in range(STEPS):
        keepalive._ask_next()
    assert (silent.is_unanswered, lively.is_unanswered) == (True, True)
    lively.is_unanswered = False
    for _ in range(ANSWER_STEPS - 1):
        keepalive._ask_next()
    assert not silent.was_given_up
    keepalive._ask_next()
    assert (silent.was_given_up, lively.was_given_up) == (True, False)
    group.clear()
    assert keepalive._timer is not None
    keepalive._timer.cancel()


def test_dead_client_is_found_within_half_a_minute() -> None:
    """Both ways of serving WebSockets give as much time, and together with the interval it is less than 30 s."""
    assert PONG_SECONDS == PING_SECONDS * ANSWER_STEPS / STEPS
    assert PING_SECONDS + PONG_SECONDS < 30
