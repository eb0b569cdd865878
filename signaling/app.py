"""The server put together: its parts, and the routes, middleware and lifespan that reach them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from limits import RateLimitItem
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from protocol.codes import CloseCode
from protocol.http import (
    DELETE_ACCOUNT_PATH,
    END_LOGIN_PATH,
    END_OTHER_LOGINS_PATH,
    GUEST_ACCOUNT_PATH,
    GUESTS_PATH,
    HEALTH_PATH,
    ICE_SERVERS_PATH,
    INVITATION_PATH,
    INVITATIONS_PATH,
    LOGIN_PATH,
    LOGINS_PATH,
    LOGOUT_PATH,
    MAX_BODY_BYTES,
    PASSWORD_PATH,
    REFRESH_PATH,
    REGISTER_PATH,
    REVOKE_INVITATION_PATH,
    ROOM_PATH_PREFIX,
    SETTINGS_PATH,
    SOCKET_PATH,
)
from signaling.accounts.access_tokens import AccessTokens
from signaling.accounts.authenticator import Authenticator
from signaling.accounts.device_marks import DeviceMarks
from signaling.accounts.endpoints import AccountApi
from signaling.accounts.guest_endpoints import GuestApi, GuestLimits
from signaling.accounts.invitations import Invitations
from signaling.accounts.login_limits import LoginLimits
from signaling.accounts.logins import Logins
from signaling.accounts.passwords import Passwords
from signaling.accounts.store import Accounts
from signaling.base_paths import TOP
from signaling.client_addresses import ClientAddresses
from signaling.cluster.backplane import Backplane
from signaling.cluster.spanning_rooms import SpanningRooms
from signaling.configuration.settings import Settings
from signaling.errors import Refusal
from signaling.http.health_endpoint import HealthEndpoint
from signaling.http.metrics_endpoint import METRICS_PATH, MetricsEndpoint
from signaling.http.middleware.access_log import AccessLog
from signaling.http.middleware.base_path import BasePath
from signaling.http.middleware.body_limit import BodyLimit
from signaling.http.middleware.handshake_limit import HandshakeLimit, Hold, most_held
from signaling.http.middleware.host_check import HostCheck
from signaling.http.middleware.origin_check import OriginCheck
from signaling.http.middleware.request_metrics import RequestMetrics
from signaling.http.middleware.security_headers import SecurityHeaders
from signaling.http.openapi import OPENAPI_PATH, OpenApi
from signaling.http.page_endpoints import SHARE_PATH, Pages
from signaling.http.readiness_endpoint import READY_PATH, ReadinessEndpoint
from signaling.http.responses import ErrorResponses, not_heard
from signaling.http.security_txt import SECURITY_TXT_PATH, SecurityTxt
from signaling.monitoring.exhausted_files import ExhaustedFiles
from signaling.monitoring.logs import LOGGER, log
from signaling.monitoring.metrics import Gauges, registry
from signaling.monitoring.readiness import Check, Readiness
from signaling.monitoring.request_ids import REQUEST_ID_HEADER
from signaling.monitoring.worker_metrics import Worker, WorkerMetrics
from signaling.process.draining import drain
from signaling.process.heap import keep_small
from signaling.process.open_files import check_files, files_for_connections, watch_files
from signaling.rate_limits.address_and_account_quotas import QuotaLimits, Quotas, frames_for
from signaling.rate_limits.budgets import Rate
from signaling.rate_limits.kept_limits import KeptLimits
from signaling.rate_limits.rate_counters import RateCounters
from signaling.rate_limits.rate_limit import (
    account_limit,
    guest_by_inviter_limit,
    guest_limit,
    ice_servers_limit,
    invitation_by_address_limit,
    invitation_limit,
    invitation_look_limit,
    refresh_limit,
    registration_limit,
)
from signaling.rate_limits.request_limit import RequestLimit
from signaling.rooms.effects import Close
from signaling.rooms.effects_driver import EffectsDriver
from signaling.rooms.registry import Places, Rooms
from signaling.sessions.ice_servers import IceServerList
from signaling.sessions.ice_servers_endpoint import IceServersEndpoint
from signaling.sessions.login_watch import LoginWatch
from signaling.sessions.resume_tokens import ResumeTokens
from signaling.sessions.websocket_endpoint import SignalingEndpoint
from signaling.site.loading import MANIFEST, WORKER_PATH, Site, load_site, static_folder
from signaling.site.security_headers import security_headers
from signaling.site.target import Target
from signaling.sockets.asgi_websocket import AsgiFallback
from signaling.sockets.certificate import Certificate
from signaling.sockets.websocket_limits import WEBSOCKET_MAX_BYTES
from signaling.storage.data_folder import token_secrets
from signaling.storage.database import Database, chosen_url

PROBES = frozenset({HEALTH_PATH, METRICS_PATH, READY_PATH})


@dataclass(frozen=True, slots=True)
class Parts:
    """What a running server is made of."""

    database: Database
    authenticator: Authenticator
    accounts_api: AccountApi
    guests_api: GuestApi
    login_watch: LoginWatch
    ice_servers: IceServersEndpoint
    endpoint: SignalingEndpoint
    effects_driver: EffectsDriver
    backplane: Backplane | None
    site: Site
    readiness: Readiness
    metrics: WorkerMetrics
    kept_limits: KeptLimits
    exhausted_files: ExhaustedFiles

    async def drain(self) -> None:
        """Send every client away, when no more can come.

        Other processes are told first, so that those who come to them find no room of ours there any more, which they
        would have to leave again with us.
        """
        if self.backplane is not None:
            await self.backplane.close()
        driver = self.effects_driver
        await drain(driver.connections, lambda each: driver.carry_out([Close(each, CloseCode.SERVICE_RESTART)]))


def create_app(settings: Settings, site: Site | None = None, worker: Worker | None = None) -> Starlette:
    """Make the server; a StartupError if the settings, the data folder or the site do not let it be made.

    Its state holds what the server that runs it needs: `counters`, where reads are counted, `request_limit`, which HTTP
    requests count against before they reach the app, `asgi_fallback`, which is told why WebSockets stay in ASGI,
    `exhausted_files`, which is told when no file is left, `readiness`, which has to be told when the server stops, and
    `drain`, which has to be awaited then; and `certificate`, where the settings name one.
    """
    certificate = Certificate(settings.ssl_certfile, settings.ssl_keyfile) if settings.ssl_certfile else None
    parts = _parts(settings, site or load_site(static_folder(), target=Target(settings.base_path)), worker or Worker())
    errors = ErrorResponses(parts.effects_driver.counters)
    routes = _routes(parts, settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with _running(parts, settings):
            yield

    async def not_routed(request: Request, error: Exception) -> Response:
        refusal = await errors.not_routed(request, error)
        page = Pages(parts.site).missing(request) if refusal.status_code == HTTPStatus.NOT_FOUND else None
        return page or refusal

    app = Starlette(
        routes=routes,
        middleware=[*_below_base(settings, routes), *_middleware(settings, parts)],
        exception_handlers={
            Refusal: errors.refused,
            HTTPException: not_routed,
            ClientDisconnect: not_heard,
            Exception: errors.failed,
        },
        lifespan=lifespan,
    )
    # Starlette would lead `/healthz/` to `/healthz` of whatever host the request names.
    app.router.redirect_slashes = False
    app.state.counters = parts.effects_driver.counters
    app.state.exhausted_files = parts.exhausted_files
    app.state.readiness = parts.readiness
    app.state.certificate = certificate
    app.state.asgi_fallback = parts.endpoint.asgi_fallback
    app.state.drain = parts.drain
    app.state.request_limit = RequestLimit(parts.endpoint.quotas, parts.endpoint.addresses)
    return app


def _parts(settings: Settings, site: Site, worker: Worker) -> Parts:
    secrets, rate_counters = token_secrets(settings), RateCounters(settings.backplane_url)
    database = Database(chosen_url(settings))
    authenticator = _authenticator(settings, database, secrets, rate_counters)
    places: Places
    places = rooms = Rooms(settings.room_capacity, settings.connections_per_account)
    backplane = None
    if settings.backplane_url:
        places = spanning = SpanningRooms(rooms)
        backplane = Backplane(settings.backplane_url, spanning)
    effects_driver = EffectsDriver(places, settings.resume_grace, backplane.post if backplane else None)
    watch = LoginWatch(authenticator.logins, places, effects_driver, backplane.announce if backplane else None)
    endpoint = SignalingEndpoint(
        message_limit=settings.message_limit,
        addresses=ClientAddresses(settings.trusted_proxies),
        quotas=Quotas(_limits(settings)),
        authenticator=authenticator,
        open_logins=watch.open_logins,
        rooms=places,
        effects_driver=effects_driver,
        resume_tokens=ResumeTokens(*secrets),
        ice_servers=_ice_servers(settings),
        asgi_fallback=AsgiFallback(WEBSOCKET_MAX_BYTES),
    )
    limits = refresh_limit(settings, rate_counters), account_limit(settings, rate_counters)
    return Parts(
        database=database,
        authenticator=authenticator,
        accounts_api=AccountApi(authenticator, *limits, watch.changed),
        guests_api=GuestApi(
            authenticator, Invitations(database), _guest_limits(settings, rate_counters), settings.guests, watch.changed
        ),
        login_watch=watch,
        ice_servers=IceServersEndpoint(authenticator, endpoint.ice_servers, ice_servers_limit(settings, rate_counters)),
        endpoint=endpoint,
        effects_driver=effects_driver,
        backplane=backplane,
        site=site,
        readiness=Readiness(_checks(authenticator, backplane)),
        metrics=WorkerMetrics(registry(effects_driver.counters, _gauges(rooms, effects_driver)), worker),
        kept_limits=KeptLimits(
            settings.data_dir / f"limits-{worker.number}.json", rate_counters.memory, endpoint.quotas
        ),
        exhausted_files=ExhaustedFiles(effects_driver.counters),
    )


def _authenticator(
    settings: Settings, database: Database, secrets: Sequence[bytes], rate_counters: RateCounters
) -> Authenticator:
    secret, *others = secrets
    accounts = Accounts(database, with_demo=settings.is_development, with_guests=settings.guests != "off")
    return Authenticator(
        accounts,
        Passwords(settings.bcrypt_cost),
        Logins(database, accounts, AccessTokens(secret, settings.token_life, others)),
        DeviceMarks(secret, *others),
        LoginLimits(settings, rate_counters),
        registration_limit(settings, rate_counters),
    )


def _ice_servers(settings: Settings) -> IceServerList:
    return IceServerList(
        stun_urls=settings.stun_urls,
        turn_urls=settings.turn_urls,
        turn_secret=settings.turn_secret,
        turn_life=settings.turn_life,
    )


def _checks(authenticator: Authenticator, backplane: Backplane | None) -> dict[str, Check]:
    """Return what has to be well for the server to be ready, in the order in which it is told."""
    checks: dict[str, Check] = {"database": authenticator.accounts.check}
    if backplane is not None:
        checks["backplane"] = backplane.check
    return checks | {"files": check_files}


def _guest_limits(settings: Settings, counters: RateCounters) -> GuestLimits:
    return GuestLimits(
        guests=guest_limit(settings, counters),
        looks=invitation_look_limit(settings, counters),
        guests_by_inviter=guest_by_inviter_limit(settings, counters),
        invitations=invitation_limit(settings, counters),
        invitations_by_address=invitation_by_address_limit(settings, counters),
        account=account_limit(settings, counters),
    )


def _gauges(rooms: Rooms, effects_driver: EffectsDriver) -> Gauges:
    return Gauges(
        connections=lambda: effects_driver.open_connections,
        rooms=lambda: rooms.open_rooms,
        peers=lambda: rooms.connected_peers,
        peers_awaited=lambda: rooms.awaited_peers,
    )


def _limits(settings: Settings) -> QuotaLimits:
    return QuotaLimits(
        connections=min(settings.connections, files_for_connections()),
        connections_per_account=settings.connections_per_account,
        connections_per_address=settings.connections_per_address,
        opens_by_account=_rate(settings.connect_limit),
        handshakes_by_address=_rate(settings.connect_by_address_limit),
        requests_by_address=_rate(settings.request_limit),
        frames=frames_for(_rate(settings.message_limit)),
        buffered_bytes=settings.buffer_mib * 2**20,
    )


def _rate(limit: RateLimitItem) -> Rate:
    return Rate.of(limit.amount, limit.get_expiry())


@asynccontextmanager
async def _running(parts: Parts, settings: Settings) -> AsyncIterator[None]:
    await parts.database.open()
    try:
        await parts.authenticator.accounts.open()
        await parts.authenticator.logins.open()
        await parts.guests_api.invitations.open()
        await parts.authenticator.open()
        if settings.is_development:
            for name in await parts.authenticator.seed_demo():
                log("no_demo_account", level=logging.WARNING, account=name, reason="someone registered its name")
        if parts.backplane is not None:
            await parts.backplane.open(parts.effects_driver.carry_out, parts.login_watch.heard)
        await parts.metrics.open()
        watching = [
            _watching(keep_small()),
            _watching(watch_files(parts.exhausted_files)),
            _watching(parts.login_watch.run()),
        ]
        try:
            async with _keeping_limits(parts.kept_limits, settings):
                yield
        finally:
            for task in watching:
                task.cancel()
    finally:
        await parts.metrics.close()
        if parts.backplane is not None:
            await parts.backplane.close()
        parts.effects_driver.shut_down()
        parts.authenticator.logins.close()
        await parts.database.close()


@asynccontextmanager
async def _keeping_limits(limits: KeptLimits, settings: Settings) -> AsyncIterator[None]:
    """Keep the limits beyond this process, where it has a data folder."""
    if not settings.data_dir.is_dir():  # database and secret are elsewhere, and none was made
        yield
        return
    limits.load()
    saving = _watching(limits.run())
    try:
        yield
    finally:
        saving.cancel()
        limits.save()


def _watching(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Begin what goes on for as long as the server runs, and have the log say so if it does not."""
    task = asyncio.create_task(work, name=getattr(work, "__qualname__", None))
    task.add_done_callback(_log_failure)
    return task


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        LOGGER.error("%s has failed, and is missing until the next start.", task.get_name(), exc_info=error)


def _routes(parts: Parts, settings: Settings) -> list[BaseRoute]:
    api, guests = parts.accounts_api, parts.guests_api
    pages, health = Pages(parts.site), HealthEndpoint(settings.allowed_origins)
    routes: list[BaseRoute] = [
        # Routes are tried in this order, and all others are for HTTP.
        WebSocketRoute(SOCKET_PATH, parts.endpoint.serve),
        Route("/", pages.page),
        Route(ROOM_PATH_PREFIX + "{room:path}", pages.room),
        Route(SETTINGS_PATH, pages.page),
        Route(WORKER_PATH, pages.worker),
        Route("/" + MANIFEST, pages.manifest),
        Route(SHARE_PATH, pages.share, methods=["GET", "POST"]),
        Route("/assets/{digest}/{name:path}", pages.asset),
        Route("/pyodide/{version}/{name:path}", pages.runtime),
        Route("/favicon.ico", pages.favicon),
        Route("/robots.txt", pages.robots),
        Route(SECURITY_TXT_PATH, SecurityTxt(settings.security_contact).serve),
        Route(HEALTH_PATH, health.serve),
        Route(READY_PATH, ReadinessEndpoint(parts.readiness).serve),
        Route(METRICS_PATH, MetricsEndpoint(parts.metrics, settings.metrics_token).serve),
        Route(REGISTER_PATH, api.register, methods=["POST"]),
        Route(LOGIN_PATH, api.log_in, methods=["POST"]),
        Route(REFRESH_PATH, api.refresh, methods=["POST"]),
        Route(LOGOUT_PATH, api.log_out, methods=["POST"]),
        Route(LOGINS_PATH, api.list_logins),
        Route(END_LOGIN_PATH, api.end_login, methods=["POST"]),
        Route(END_OTHER_LOGINS_PATH, api.end_other_logins, methods=["POST"]),
        Route(PASSWORD_PATH, api.change_password, methods=["POST"]),
        Route(DELETE_ACCOUNT_PATH, api.delete_account, methods=["POST"]),
        Route(INVITATIONS_PATH, guests.invite, methods=["POST"]),
        Route(INVITATIONS_PATH, guests.list_invitations, methods=["GET"]),
        Route(REVOKE_INVITATION_PATH, guests.revoke, methods=["POST"]),
        Route(INVITATION_PATH, guests.look, methods=["POST"]),
        Route(GUESTS_PATH, guests.come, methods=["POST"]),
        Route(GUEST_ACCOUNT_PATH, guests.make_account, methods=["POST"]),
        Route(ICE_SERVERS_PATH, parts.ice_servers.serve),
    ]
    if settings.is_development:
        routes.append(Route(OPENAPI_PATH, OpenApi(routes).serve))
    return routes


def _below_base(settings: Settings, routes: Iterable[BaseRoute]) -> list[Middleware]:
    """Return what lets the app stand below a path, outside of all else, where it does."""
    if settings.base_path == TOP:
        return []
    paths = [route.path for route in routes if isinstance(route, Route | WebSocketRoute)]
    return [Middleware(BasePath, base=settings.base_path, tops={path.split("/")[1] for path in paths})]


def _middleware(settings: Settings, parts: Parts) -> list[Middleware]:
    """From the outside in."""
    site, counters = parts.site, parts.effects_driver.counters
    endpoint = parts.endpoint
    return [
        Middleware(
            HandshakeLimit,
            quotas=endpoint.quotas,
            addresses=endpoint.addresses,
            counters=counters,
            hold=Hold(most=most_held(files_for_connections())),
        ),
        Middleware(AccessLog, probes=PROBES),
        Middleware(RequestMetrics, counters=counters),
        Middleware(SecurityHeaders, headers=security_headers(site.inline_scripts, site.inline_styles)),
        Middleware(
            HostCheck,
            allowed=settings.allowed_hosts,
            probes=PROBES,
            counters=counters,
            only_here=settings.is_development,
        ),
        Middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=("GET", "POST"),
            allow_headers=("Authorization", "Content-Type"),
            expose_headers=("Retry-After", REQUEST_ID_HEADER),
        ),
        Middleware(OriginCheck, allowed=settings.allowed_origins, counters=counters),
        Middleware(BodyLimit, limit=MAX_BODY_BYTES),
    ]
