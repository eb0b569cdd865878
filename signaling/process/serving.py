"""Touches the network: listens, and runs the app under uvicorn until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import partial
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from signaling.configuration.settings import Settings
from signaling.errors import AddressUnusable
from signaling.http.middleware.request_id import RequestId
from signaling.http.middleware.request_limit import RequestLimitCheck
from signaling.process.open_files import most_open_files
from signaling.process.strict_transport_security import strict_transport_security
from signaling.sockets.deadlines import Deadlines
from signaling.sockets.frame_meter import metered
from signaling.sockets.keepalive import PING_SECONDS, PONG_SECONDS
from signaling.sockets.tls_handshake import TlsGate, over_tls
from signaling.sockets.waiting_clients import WaitingClients, waiting_clients
from signaling.sockets.websocket_limits import COMPLETE_SECONDS, WEBSOCKET_MAX_BYTES

BuildFastPath = Callable[..., uvicorn.Config]
QUEUED_MESSAGES = 4
"""How many messages uvicorn reads before the app asks for them, where its own WebSockets serve and it can be told."""
UNACKNOWLEDGED_MS = 60_000
"""TCP_USER_TIMEOUT (RFC 5482), where there is one. A network that is gone, or a client that no longer reads, could
otherwise keep a connection for a quarter of an hour, and with it someone's place in a room."""
SILENT_SECONDS = PING_SECONDS + PONG_SECONDS + 1
"""For a client through ASGI, which uvicorn has given up by then, unless it waits for the client to read."""
GRACEFUL_SECONDS = 2
"""For downloads that are under way to come to their end when the server is stopped."""
BACKLOG = 2048
ACCEPTED_AT_ONCE = 32
"""libuv takes one connection from a listening socket in each round of the event loop. A busy loop has some hundred
rounds a second, so a thousand that come at once would make everybody after them wait for seconds. Of each socket there
are as many copies as that, and each is asked in each round."""
SWITCH_SECONDS = 0.0005
"""After which a busy event loop lets a thread run that waits to. Looking up an account takes some ten such moments, and
they are 5 ms each by default: a login while the loop is busy would take most of a second."""
ABSENT_ADDRESS = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
ANY_IPV4 = "0.0.0.0"  # noqa: S104 - for who asks for every address of IPv6
"""Listened on beside `::`, by a socket of its own: one socket for both would show `::ffff:192.0.2.1` for the address of
a client or proxy, where settings have `192.0.2.1`."""


class Server(uvicorn.Server):
    """uvicorn, telling when it is ready, and leaving the signals to its caller.

    Stopping takes 5 s at most: 1 s for other processes to be told, 1.5 s for clients to be sent away, 2 s for downloads
    and for clients to close their side, and two ticks of uvicorn's, of 0.1 s each.
    """

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], drain: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._ready = ready
        self._drain = drain

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and then end those that there are."""
        # Closed as well, or the system would go on to take connections for nobody.
        for listener in (*self.servers, *(sockets or ())):
            listener.close()
        if not self.force_exit:
            await self._drain()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: uvicorn raises them once more at its end, and that would interrupt our own."""
        yield

    def stop(self) -> None:
        """Stop soon; a second time, without waiting for anyone."""
        self.force_exit = self.should_exit
        self.should_exit = True


def configuration(
    app: Starlette, settings: Settings, clients: WaitingClients | None = None, build: BuildFastPath | None = None
) -> uvicorn.Config:
    """Return uvicorn's settings; the app's lifespan is for who runs the server, `clients` and `build` are for tests.

    Where the fast path cannot be put together with this uvicorn, its own protocols serve, and the log says so.
    """
    trusted = settings.trusted_proxies
    # An id is believed by who sends it, so it is looked at before the proxy's address gives way to its client's.
    named = RequestId(ProxyHeadersMiddleware(app, trusted_hosts=list(trusted)), trusted)  # type: ignore[arg-type]  # ASGI
    options: dict[str, Any] = {
        "lifespan": "off",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "headers": strict_transport_security(
            settings.host, settings.hsts, has_certificate=app.state.certificate is not None
        ),
        "timeout_graceful_shutdown": GRACEFUL_SECONDS,
    }
    try:
        return (build or _fast_path())(app, named, clients, PING_SECONDS, **options)
    except (ImportError, AttributeError, TypeError) as error:
        app.state.asgi_fallback.tell(f"this uvicorn or picows is not known: {error}")
    return uvicorn.Config(
        http=_http(app, clients),
        ws=_websockets(),
        app=RequestLimitCheck(named, app.state.request_limit),
        ws_max_size=WEBSOCKET_MAX_BYTES,
        ws_max_queue=QUEUED_MESSAGES,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PONG_SECONDS,
        ws_per_message_deflate=False,  # a few bytes could become WEBSOCKET_MAX_BYTES
        **options,
    )


def _http(app: Starlette, clients: WaitingClients | None) -> Any:
    """Return uvicorn's own protocol for HTTP, which TLS comes before where there is a certificate."""
    if app.state.certificate is None:
        return "auto"
    from uvicorn.protocols.http.auto import AutoHTTPProtocol  # noqa: PLC0415 - only TLS needs it

    clients = clients or waiting_clients(most_files=most_open_files(), exhausted=app.state.exhausted_files)
    return over_tls(AutoHTTPProtocol, TlsGate(app.state.certificate, clients, app.state.request_limit))


def _websockets() -> Any:
    """Return uvicorn's own protocol for WebSockets with a meter before it, or its name where it has to look itself."""
    try:
        from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol  # noqa: PLC0415 - some release may move it
    except ImportError:
        return "auto"
    if AutoWebSocketsProtocol is None:
        return "auto"
    return partial(metered, Deadlines(COMPLETE_SECONDS), Deadlines(SILENT_SECONDS), AutoWebSocketsProtocol)


def _fast_path() -> BuildFastPath:
    from signaling.process.fast_path import fast_path  # noqa: PLC0415 - not every uvicorn has what it builds on

    return fast_path


def serve(
    app: Starlette,
    settings: Settings,
    sockets: list[socket.socket],
    ready: Callable[[], None],
    lifeline: int | None = None,
) -> None:
    """Serve on listening sockets until a signal to stop, then close them; a StartupError if the app cannot start.

    The end of `lifeline`, a pipe's file descriptor, ends it too: the process at its other end has gone.
    """
    server = Server(configuration(app, settings), ready, app.state.drain)
    sys.setswitchinterval(SWITCH_SECONDS)
    with contextlib.ExitStack() as stack:
        listeners = [copy for listener in sockets for copy in copies(listener)]
        for listener in listeners:
            stack.enter_context(listener)
        runner = stack.enter_context(asyncio.Runner(loop_factory=server.config.get_loop_factory()))
        runner.run(_serve(app, server, listeners, lifeline))
    # The interpreter gives up Python's handlers when it ends, and one more signal would be what has ended the process.
    for number in stop_signals():
        signal.signal(number, signal.SIG_IGN)


def copies(listener: socket.socket) -> list[socket.socket]:
    """Return a listening socket once for each connection that one round of the event loop should accept."""
    # `socket.dup` would make the copy blocking, and with it the socket of every worker that listens there already: one
    # that has accepted all there was would stand still in the next accept.
    return [listener, *(socket.socket(fileno=os.dup(listener.fileno())) for _ in range(ACCEPTED_AT_ONCE - 1))]


async def _serve(app: Starlette, server: Server, sockets: list[socket.socket], lifeline: int | None) -> None:
    async with app.router.lifespan_context(app):
        loop = asyncio.get_running_loop()

        def stop() -> None:
            app.state.readiness.stop()
            server.stop()

        for number in stop_signals():
            loop.add_signal_handler(number, stop)
        if app.state.certificate is not None:
            take_hang_up(loop, app.state.certificate.reload)
        # What is loaded stays; looking through it for garbage again and again would take a tenth of a second each time.
        gc.freeze()
        if lifeline is not None:
            loop.add_reader(lifeline, _lifeline_ended, loop, lifeline, stop)
        await server.serve(sockets)
    # All has been said and written. A loop that closes would have one more signal be a failure, or print a traceback.
    take_stop_signals(loop, lambda _number, _frame: os._exit(0))


def stop_signals() -> list[signal.Signals]:
    """Return the signals that end a server as it should be ended: the last is that of a terminal which has gone.

    Where that one is ignored, as under `nohup`, the server is to outlive its terminal.
    """
    hang_up = [signal.SIGHUP] if hasattr(signal, "SIGHUP") else []
    return [signal.SIGINT, signal.SIGTERM, *(one for one in hang_up if signal.getsignal(one) is not signal.SIG_IGN)]


def take_stop_signals(loop: asyncio.AbstractEventLoop, handler: signal.Handlers | Callable[..., object]) -> None:
    """Have the signals to stop handled beyond the end of the event loop, which takes its own handlers along."""
    # Between the two, a signal would end the process as if nobody had ever handled it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals())
    for number in stop_signals():
        loop.remove_signal_handler(number)
        signal.signal(number, handler)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def take_hang_up(loop: asyncio.AbstractEventLoop, reload: Callable[[], None]) -> None:
    """Have SIGHUP read the certificate again; one that came before now has waited in a worker (workers.py)."""
    loop.add_signal_handler(signal.SIGHUP, reload)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})


def _lifeline_ended(loop: asyncio.AbstractEventLoop, lifeline: int, stop: Callable[[], None]) -> None:
    loop.remove_reader(lifeline)
    stop()


def listen(host: str, port: int) -> list[socket.socket]:
    """Listen on every address that a host has, all on one port; AddressUnusable if one is in use, or there is none.

    Who asks for every address of IPv6 gets those of IPv4 as well.
    """
    sockets: list[socket.socket] = []
    try:
        for family, address in _addresses(host, port):
            chosen = sockets[0].getsockname()[1] if sockets else port
            sockets += _listeners(family, (address[0], chosen, *address[2:]))
    except OSError as error:
        for listener in sockets:
            listener.close()
        reason = (error.strerror or str(error)).partition(" (")[0]
        raise AddressUnusable(host, port, reason) from error
    if not sockets:
        raise AddressUnusable(host, port, "This machine does not have this address")
    return sockets


def listens_everywhere(sockets: Iterable[socket.socket]) -> bool:
    """Tell whether some of these sockets listen on every address of the machine."""
    return any(ipaddress.ip_address(listener.getsockname()[0].partition("%")[0]).is_unspecified for listener in sockets)


def _addresses(host: str, port: int) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield the family and the address of each socket that a host asks for."""
    for family, _, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        yield family, address
        if family == socket.AF_INET6 and ipaddress.ip_address(str(address[0]).partition("%")[0]).is_unspecified:
            yield socket.AF_INET, (ANY_IPV4, port)


def _listeners(family: int, address: tuple[object, ...]) -> list[socket.socket]:
    """Return one socket, or none where a name has an address that the machine lacks: localhost's ::1 without IPv6."""
    try:
        listener = socket.create_server(address, family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno in ABSENT_ADDRESS:
            return []
        raise
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Connections inherit it from the socket that accepts them.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
    return [listener]
