"""Logins as a browser keeps them: good ones, and ones that have gone bad."""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
from playwright.async_api import StorageState

from e2e.server import JWT_SECRET

LOGIN_KEY = "p2pchat.login"
ANOTHER_SECRET = "what another server may have signed its tokens with"
HOUR = 3600


def expired(login: dict[str, Any]) -> dict[str, Any]:
    """Return a login whose token was good until an hour ago."""
    return _signed_again(login, time.time() - HOUR, JWT_SECRET)


def forged(login: dict[str, Any]) -> dict[str, Any]:
    """Return a login whose token looks good, and was signed by someone else."""
    return _signed_again(login, time.time() + HOUR, ANOTHER_SECRET)


def storage(url: str, login: dict[str, Any], suffix: str = "") -> StorageState:
    """Return what a browser that has kept this login holds for the site; `suffix` names a server elsewhere."""
    kept = json.dumps(login)
    return {"cookies": [], "origins": [{"origin": url, "localStorage": [{"name": LOGIN_KEY + suffix, "value": kept}]}]}


def _signed_again(login: dict[str, Any], expires_at: float, secret: str) -> dict[str, Any]:
    claims = jwt.decode(login["token"], options={"verify_signature": False})
    claims |= {"exp": int(expires_at), "iat": int(expires_at) - HOUR}
    return login | {"token": jwt.encode(claims, secret, algorithm="HS256"), "expires_at": int(expires_at)}
