"""Decides by what a browser may use the TURN servers: credentials that run out, computed and not stored. No I/O."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from protocol.webrtc import IceServer

LIFE_SECONDS = 24 * 60 * 60
"""A relayed connection renews its allocation with the credentials that it began with (RFC 8656 §3.2), so they have to
outlast a long conversation; and whoever copies them out of a page does not relay at our expense for longer."""


def turn_server(urls: Sequence[str], secret: str, account_id: str, now: float) -> IceServer:
    """Give TURN servers with credentials for an account; `now` in Unix seconds, `secret` as the TURN servers have it.

    draft-uberti-behave-turn-rest-00 §2.2: the username says until when, and the password proves that we said so.
    """
    username = f"{int(now) + LIFE_SECONDS}:{account_id}"
    mac = hmac.digest(secret.encode(errors="surrogateescape"), username.encode(), hashlib.sha1)
    return IceServer(tuple(urls), username, base64.b64encode(mac).decode())
