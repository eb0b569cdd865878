"""Answers `GET /ws`: lets a WebSocket in, and tells who it is."""

from __future__ import annotations

import contextlib
import logging
import secrets
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from limits import RateLimitItem
from starlette.types import Scope
from starlette.websockets import WebSocket, WebSocketDisconnect

from protocol.codes import CloseCode, ErrorCode
from protocol.events import Limits, Welcome
from protocol.http import PROBE_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX
from protocol.requests import MAX_REQUEST_BYTES
from protocol.versions import FIRST, SUBPROTOCOLS, version_of
from signaling.accounts.authenticator import Authenticator, ProvenAccount
from signaling.client_addresses import ClientAddresses, host_of
from signaling.errors import AuthenticationError, DatabaseUnavailable
from signaling.monitoring.logs import log
from signaling.monitoring.request_ids import request_id
from signaling.rate_limits.address_and_account_quotas import Quotas, Usage
from signaling.rate_limits.penalties import BAD_TOKEN, HASTE
from signaling.rooms.effects import Close, ConnectionId
from signaling.rooms.effects_driver import EffectsDriver
from signaling.rooms.registry import Places
from signaling.sessions.connection import ClientDetails, Connection
from signaling.sessions.ice_servers import IceServerList
from signaling.sessions.message_limit import MessageLimit
from signaling.sessions.open_logins import OpenedBy, OpenLogins
from signaling.sessions.resume_tokens import ResumeTokens
from signaling.sessions.session import Identity, Session
from signaling.sessions.token_expiry import TokenExpiry, TokenHolder
from signaling.sockets.accepted_websocket import AcceptedWebSocket, websocket_of
from signaling.sockets.asgi_websocket import AsgiFallback, AsgiWebSocket

PEER_ID_BYTES = 16
"""128 random bits: nobody guesses a peer id, and no two are the same."""


@dataclass(frozen=True, kw_only=True)
class SignalingEndpoint:
    """What every connection needs, and `serve`, the endpoint of `GET /ws`."""

    message_limit: RateLimitItem
    addresses: ClientAddresses
    quotas: Quotas
    authenticator: Authenticator
    open_logins: OpenLogins
    rooms: Places
    effects_driver: EffectsDriver
    resume_tokens: ResumeTokens
    ice_servers: IceServerList
    asgi_fallback: AsgiFallback

    @cached_property
    def token_expiry(self) -> TokenExpiry:
        """What every connection is watched by."""
        return TokenExpiry(self.authenticator.proof_of, proved=self._token_shown)

    @cached_property
    def limits(self) -> Limits:
        """What every connection is told in its welcome."""
        rate = self.message_limit
        return Limits(MAX_REQUEST_BYTES, max(1, rate.amount // rate.get_expiry()))

    async def serve(self, websocket: WebSocket) -> None:
        """Answer a handshake. What a client says later does not come through here, unless through ASGI."""
        with contextlib.suppress(WebSocketDisconnect):  # who does not wait is not served
            await self._serve(websocket)

    async def _serve(self, websocket: WebSocket) -> None:
        scope = websocket.scope
        offered = scope["subprotocols"]
        if offered == [PROBE_SUBPROTOCOL]:
            log("probe", level=logging.DEBUG, source=self._source(scope), address=host_of(scope))
            await websocket.accept(PROBE_SUBPROTOCOL)
            await websocket.close(CloseCode.NORMAL)
            return
        # Accepted before its token is looked at: a page can read a close code, and not the status of a handshake.
        version = version_of(offered)
        await websocket.accept(SUBPROTOCOLS[version] if version else None)
        usage = self.quotas.connect(self.addresses.of(host_of(scope)), time.monotonic())
        if usage is None:
            await self._turn_away(websocket, self._source(scope), address=host_of(scope))
            return
        if (accepted := websocket_of(scope)) is not None:
            accepted.count_against(usage)
            await self._let_in(websocket, accepted, usage, version)
            return
        self.asgi_fallback.tell("the server that runs the app does not hand connections over")
        slow = AsgiWebSocket(websocket, self.asgi_fallback)
        slow.count_against(usage)
        try:
            await self._let_in(websocket, slow, usage, version)
        finally:
            await slow.carry()

    async def _let_in(
        self, websocket: WebSocket, accepted: AcceptedWebSocket, usage: Usage, version: int | None
    ) -> None:
        """Begin a connection for the account that the token is of, or close."""
        scope = websocket.scope
        try:
            proof = await self.authenticator.proof_of(_token(websocket))
        except AuthenticationError:
            self.effects_driver.counters.refusals[ErrorCode.UNAUTHENTICATED] += 1
            self.effects_driver.counters.closed(CloseCode.UNAUTHENTICATED)
            log("unauthenticated", source=self._source(scope), address=host_of(scope))
            usage.offend(time.monotonic(), BAD_TOKEN)
            await websocket.close(CloseCode.UNAUTHENTICATED)
            return
        except DatabaseUnavailable:
            self.effects_driver.counters.refusals[ErrorCode.DATABASE_UNAVAILABLE] += 1
            self.effects_driver.counters.closed(CloseCode.TRY_AGAIN_LATER)
            await websocket.close(CloseCode.TRY_AGAIN_LATER)
            return
        account = proof.account
        if not self.quotas.log_in(usage, account.id, time.monotonic()):
            usage.offend(time.monotonic(), HASTE)
            await self._turn_away(websocket, account.username, account=account.username, address=host_of(scope))
            return
        number = self.effects_driver.next_number()
        about = ClientDetails(account.username, host_of(scope), request_id.get(), version or FIRST)
        limit = MessageLimit(self.message_limit)
        session = self._session(number, proof)
        self.open_logins.opened(number, _opened_by(proof))
        Connection(accepted, session, self.effects_driver, limit, about, self.token_expiry).open()

    async def _turn_away(self, websocket: WebSocket, source: str | None, **about: Any) -> None:
        """Close one WebSocket of a client that has too many already; the newest has to come back later."""
        self.effects_driver.counters.refusals[ErrorCode.RATE_LIMITED] += 1
        self.effects_driver.counters.closed(CloseCode.RATE_LIMITED)
        log("too_many_connections", source=source, **about)
        await websocket.close(CloseCode.RATE_LIMITED)

    def _token_shown(self, holder: TokenHolder, proof: ProvenAccount) -> None:
        if not isinstance(holder, Connection) or not self.open_logins.renewed(holder.number, _opened_by(proof)):
            return
        if holder.source != proof.account.username:  # it was opened by a guest, who has an account by now
            self.effects_driver.carry_out([Close(holder.number, CloseCode.SERVICE_RESTART)])

    def _source(self, scope: Scope) -> str | None:
        client = self.addresses.of(host_of(scope))
        return client.site if client else host_of(scope)

    def _session(self, connection: ConnectionId, proof: ProvenAccount) -> Session:
        account = proof.account
        identity = Identity(account.id, account.username, account.is_guest, account.room, account.formerly)
        return Session(connection, identity, self._welcome(proof), self.rooms, self.resume_tokens)

    def _welcome(self, proof: ProvenAccount) -> Welcome:
        account = proof.account
        peer_id = secrets.token_urlsafe(PEER_ID_BYTES)
        servers = self.ice_servers.of(account.id, time.time())
        return Welcome(
            peer_id=peer_id,
            resume_token=self.resume_tokens.issue(peer_id, account.id),
            ice_servers=servers.ice_servers,
            limits=self.limits,
            ice_servers_expire_at=servers.expires_at,
            token_expires_at=proof.expires_at,
        )


def _opened_by(proof: ProvenAccount) -> OpenedBy:
    return OpenedBy(proof.account.id, proof.login_id, proof.version)


def _token(websocket: WebSocket) -> str:
    """Return the token that a handshake carries, in a subprotocol or in the query."""
    for offer in websocket.scope["subprotocols"]:
        if offer.startswith(TOKEN_SUBPROTOCOL_PREFIX):
            return str(offer.removeprefix(TOKEN_SUBPROTOCOL_PREFIX))
    return websocket.query_params.get("token", "")
