"""Decides by what a browser may connect: STUN, and TURN with credentials that run out, stored nowhere. No I/O."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from protocol.http import IceServers
from protocol.webrtc import IceServer


@dataclass(frozen=True, slots=True, kw_only=True)
class IceServerList:
    """What the settings say of STUN and TURN servers; where there are no TURN URLs, the secret is of no use."""

    stun_urls: tuple[str, ...]
    turn_urls: tuple[str, ...]
    turn_secret: str
    turn_life: int
    """Seconds."""

    def of(self, account_id: str, now: float) -> IceServers:
        """Return the servers for an account, with credentials of its own from now on; `now` in Unix seconds."""
        stun = (IceServer(self.stun_urls),) if self.stun_urls else ()
        if not self.turn_urls:
            return IceServers(stun)
        expires_at = int(now) + self.turn_life
        turn = turn_server(self.turn_urls, self.turn_secret, account_id, expires_at)
        return IceServers((*stun, turn), expires_at)


def turn_server(urls: Sequence[str], secret: str, account_id: str, expires_at: int) -> IceServer:
    """Return TURN servers with credentials for an account; Unix seconds, and the secret as the TURN servers have it.

    draft-uberti-behave-turn-rest-00 §2.2: the username says until when, and the password proves that we said so.
    """
    username = f"{expires_at}:{account_id}"
    mac = hmac.digest(secret.encode(errors="surrogateescape"), username.encode(), hashlib.sha1)
    return IceServer(tuple(urls), username, base64.b64encode(mac).decode())
