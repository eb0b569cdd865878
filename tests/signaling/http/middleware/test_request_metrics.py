import contextlib

from starlette.types import Message, Receive, Scope, Send

from signaling.http.middleware.request_metrics import RequestMetrics
from signaling.monitoring.counters import Counters

START = {"type": "http.response.start", "status": 204, "headers": []}


class Route:
    """As far as Starlette tells of one."""

    path = "/assets/{digest}/{name:path}"


async def ask(app: object, **scope: object) -> Counters:
    """Have an app answer a request; give what was counted."""
    counters = Counters()

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        pass

    counted = RequestMetrics(app, counters)  # type: ignore[arg-type]  # as far as it goes
    with contextlib.suppress(LookupError):
        await counted({"type": "http", "method": "GET", "path": "/assets/0/x"} | scope, receive, send)
    return counters


async def test_request_is_counted_by_route() -> None:
    """What counts is the template of the route: there is no end of paths."""

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        scope["route"] = Route()
        await send(START)

    counters = await ask(app)
    assert counters.requests == {("GET", Route.path, "204"): 1}
    assert list(counters.request_seconds["GET", Route.path].buckets())[-1] == ("+Inf", 1)


async def test_request_without_route_is_counted_as_such() -> None:
    """Whatever is asked for, what is not there is one route."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(START | {"status": 404})

    assert (await ask(app, path="/wp-login.php")).requests == {("GET", "none", "404"): 1}


async def test_failure_is_counted() -> None:
    """A request that nobody has answered is answered further out, with 500."""

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise LookupError

    assert (await ask(app)).requests == {("GET", "none", "500"): 1}


async def test_failure_after_beginning_is_counted_once() -> None:
    """What has begun counts as what it began as."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(START)
        raise LookupError

    assert (await ask(app)).requests == {("GET", "none", "204"): 1}


async def test_websocket_is_no_request() -> None:
    """WebSockets are counted where they are opened."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(START)

    assert (await ask(app, type="websocket")).requests == {}
