import asyncio

from signaling.process.draining import CLOSED_TOGETHER, drain


async def test_connections_are_closed_a_few_at_a_time() -> None:
    """Each is closed once; of many, those that come later wait for those before them."""
    connections, closed = list(range(2 * CLOSED_TOGETHER + 1)), list[int]()
    draining = asyncio.create_task(drain(connections, closed.append))
    await asyncio.sleep(0)
    assert 0 < len(closed) <= CLOSED_TOGETHER
    await draining
    assert sorted(closed) == connections


async def test_nobody_is_waited_for_where_nobody_is() -> None:
    """A server without connections stops at once."""
    await drain(list[int](), lambda _connection: None)
