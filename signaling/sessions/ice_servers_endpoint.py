"""Answers `GET /api/ice-servers`: fresh TURN credentials for pages whose own are about to end."""

from __future__ import annotations

import time
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from protocol.http import ICE_SERVERS
from signaling.accounts.authenticator import Authenticator
from signaling.http.requests import bearer_token
from signaling.http.responses import NO_STORE
from signaling.rate_limits.rate_limit import RateLimit
from signaling.sessions.ice_servers import IceServerList


@dataclass(frozen=True, slots=True)
class IceServersEndpoint:
    """The endpoint of pages whose TURN credentials are about to end."""

    authenticator: Authenticator
    ice_servers: IceServerList
    limit: RateLimit

    async def serve(self, request: Request) -> Response:
        """`GET /api/ice-servers`: fresh credentials, for anyone with a good token."""
        account = await self.authenticator.account_of(bearer_token(request))
        await self.limit.spend(account.id)
        servers = self.ice_servers.of(account.id, time.time())
        return JSONResponse(ICE_SERVERS.to_json(servers), headers=NO_STORE)
