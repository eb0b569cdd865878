"""Makes and checks the tokens that say which account asks: JWTs (RFC 7519), by PyJWT."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import jwt

from protocol.fields import Range, Text, UnixTime
from signaling.errors import AuthenticationError

ALGORITHM = "HS256"
ISSUER = AUDIENCE = "p2p-chat"
REQUIRED_CLAIMS = ["iss", "aud", "exp", "iat", "jti", "sub"]
CLOCK_SKEW = 5
"""Seconds. A clock that is set back a little must not refuse the tokens that it has just dated."""
MAX_TOKEN_CHARACTERS = 1_024
"""Twice what one of ours has. Nothing of a longer one is decoded, nor compared with those that are known."""
HEADER = jwt.encode({}, bytes(32), ALGORITHM).partition(".")[0]
"""The one that PyJWT writes for us. Any other is refused unread, except those that name one of our keys: there is no
algorithm, key or extension to choose."""
REST = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
"""What follows the header. A signature of 32 bytes has one spelling: base64url without padding (RFC 7515 §2), and zeros
in the two bits that are left over (RFC 4648 §3.5). PyJWT takes others, and each would be remembered as a token of its
own."""
KEY_ID_LABEL = b"p2p-chat key id v1"
KEY_ID_BYTES = 6
"""Keys are told apart only among the few of one server."""
LAST_SECOND = get_args(UnixTime)[1].most
"""Clients are told when their tokens expire, and take no later time."""
COUNT = Range(0, 2**31 - 2)
"""What the database takes, and one less, since the next one is written there."""
ROW_ID = Text(36, r"[0-9A-Za-z-]*")
"""What the database is asked for: without NUL, which PostgreSQL refuses, and half characters, which all refuse."""
KNOWN_TOKENS = 4096
"""Tokens whose signature is not checked again, since who has lost a connection comes back with the same one."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A JWT and when it expires, in Unix seconds, and how many seconds that is from when it was made."""

    text: str
    expires_at: int
    life: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What a token says: whose it is, and of which login."""

    account_id: str
    login_id: str = ""
    """Nothing in a token of a release that had no list of logins."""
    generation: int = 0
    """How many times the login had been renewed."""
    version: int = 0
    """The account's `token_version` when it was issued."""
    expires_at: int = 0
    """Unix seconds."""


class AccessTokens:
    """JWTs for the accounts of this server, good for `life` seconds.

    They are signed with `secret`, and those that were signed with one of the `others` are as good: while the secret is
    changed, tokens of both are about. Then each names its key (`kid`, RFC 7515 §4.1.4). A server with one secret names
    none, and its tokens are those of every release.
    """

    def __init__(self, secret: bytes, life: int, others: Sequence[bytes] = ()) -> None:
        self.life = life
        """Seconds."""
        self._secret = secret
        self._headers = {"kid": key_id(secret)} if others else None
        # By header: all there are. One without a key can be of any.
        self._keys = {_header(key): (key,) for key in (secret, *others)} | {HEADER: (secret, *others)}
        self._known: dict[str, Proof] = {}

    def issue(
        self, account_id: str, login_id: str = "", generation: int = 0, version: int = 0, life: int | None = None
    ) -> AccessToken:
        """Make a token that proves an account, and by which login; `life` in place of that of others, in seconds."""
        now, life = int(time.time()), life or self.life
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": account_id,
            "iat": now,
            "exp": now + life,
            "jti": secrets.token_urlsafe(12),
            "sid": login_id,
            "gen": generation,
            "ver": version,
        }
        text = jwt.encode(claims, self._secret, ALGORITHM, self._headers)
        return AccessToken(text, now + life, life)

    def proof(self, text: str) -> Proof:
        """Return what a token proves; AuthenticationError if it proves nothing."""
        if len(text) > MAX_TOKEN_CHARACTERS:
            raise AuthenticationError
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._read(text)
            if len(self._known) > KNOWN_TOKENS:
                del self._known[next(iter(self._known))]
        # As PyJWT compares it: what has been found good once changes in nothing but this.
        if known.expires_at <= time.time() - CLOCK_SKEW:
            del self._known[text]
            raise AuthenticationError
        return known

    def _read(self, text: str) -> Proof:
        header, _, rest = text.partition(".")
        if REST.fullmatch(rest) is not None:
            for key in self._keys.get(header, ()):
                if (proof := _proof(text, key)) is not None:
                    return proof
        raise AuthenticationError


def key_id(secret: bytes) -> str:
    """Return what names a secret and does not give it away."""
    digest = hmac.digest(secret, KEY_ID_LABEL, hashlib.sha256)[:KEY_ID_BYTES]
    return base64.urlsafe_b64encode(digest).decode()


def _header(secret: bytes) -> str:
    return jwt.encode({}, secret, ALGORITHM, {"kid": key_id(secret)}).partition(".")[0]


def _proof(text: str, key: bytes) -> Proof | None:
    """Check a token by one key, and return what it says; None if it was signed with another."""
    try:
        claims = jwt.decode(
            text,
            key,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=CLOCK_SKEW,
            options={"require": REQUIRED_CLAIMS},
        )
        return _said(claims)
    except jwt.InvalidSignatureError:
        return None
    # Somebody with our secret can sign what PyJWT does not expect; it lets these errors through, or once did.
    except (jwt.InvalidTokenError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
        raise AuthenticationError from error


def _said(claims: dict[str, Any]) -> Proof:
    """Return what claims mean that PyJWT has let through; somebody with our secret can sign any."""
    match claims["sub"], claims["exp"], claims.get("sid", ""), claims.get("gen", 0), claims.get("ver", 0):
        case str(account_id), int() | float() as expires_at, str(login_id), int(generation), int(version) if (
            ROW_ID.admits(account_id) and ROW_ID.admits(login_id) and COUNT.admits(generation) and COUNT.admits(version)
        ):
            return Proof(account_id, login_id, generation, version, int(min(expires_at, LAST_SECOND)))
    raise AuthenticationError
