"""Makes and checks the tokens that say which account asks: JWTs (RFC 7519), by PyJWT."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from typing import get_args

import jwt

from protocol.fields import UnixTime
from signaling.errors import AuthenticationError

ALGORITHM = "HS256"
ISSUER = AUDIENCE = "p2p-chat"
REQUIRED_CLAIMS = ["iss", "aud", "exp", "iat", "jti", "sub"]
CLOCK_SKEW = 5
"""Seconds. A clock that is set back a little must not refuse the tokens that it has just dated."""
MAX_TOKEN_CHARACTERS = 1_024
"""Three times what one of ours has. Nothing of a longer one is decoded, nor compared with those that are known."""
HEADER = jwt.encode({}, bytes(32), ALGORITHM).partition(".")[0]
"""The one that PyJWT writes for us. Any other is refused unread: there is no algorithm, key or extension to choose."""
TOKEN = re.compile(re.escape(HEADER) + r"\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", re.ASCII)
"""A signature of 32 bytes has one spelling: base64url without padding (RFC 7515 §2), and zeros in the two bits that
are left over (RFC 4648 §3.5). PyJWT takes others, and each would be remembered as a token of its own."""
LAST_SECOND = get_args(UnixTime)[1].most
"""Clients are told when their tokens expire, and take no later time."""
KNOWN_TOKENS = 4096
"""Tokens whose signature is not checked again, since who has lost a connection comes back with the same one."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A JWT and when it expires, in Unix seconds, and how many seconds that is from when it was made."""

    text: str
    expires_at: int
    life: int


class AccessTokens:
    """JWTs for the accounts of this server, signed with one secret and good for `life` seconds."""

    def __init__(self, secret: bytes, life: int) -> None:
        self._secret = secret
        self._life = life
        self._known: dict[str, tuple[str, float]] = {}

    def issue(self, account_id: str) -> AccessToken:
        """Make a token that proves an account."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": account_id,
            "iat": now,
            "exp": now + self._life,
            "jti": secrets.token_urlsafe(12),
        }
        return AccessToken(jwt.encode(claims, self._secret, algorithm=ALGORITHM), now + self._life, self._life)

    def account_id(self, text: str) -> str:
        """Return the account that a token proves; AuthenticationError if it proves none."""
        return self._read(text)[0]

    def expires_at(self, text: str) -> int:
        """Return until when a token proves an account, in Unix seconds; AuthenticationError if it proves none."""
        return int(self._read(text)[1])

    def _read(self, text: str) -> tuple[str, float]:
        if len(text) > MAX_TOKEN_CHARACTERS:
            raise AuthenticationError
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = self._proven(text)
            if len(self._known) > KNOWN_TOKENS:
                del self._known[next(iter(self._known))]
        _, expires_at = known
        # As PyJWT compares it: what has been found good once changes in nothing but this.
        if expires_at <= time.time() - CLOCK_SKEW:
            del self._known[text]
            raise AuthenticationError
        return known

    def _proven(self, text: str) -> tuple[str, float]:
        """Check a token; give its account, and when it expires."""
        if TOKEN.fullmatch(text) is None:
            raise AuthenticationError
        try:
            claims = jwt.decode(
                text,
                self._secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                leeway=CLOCK_SKEW,
                options={"require": REQUIRED_CLAIMS},
            )
            return str(claims["sub"]), min(float(claims["exp"]), LAST_SECOND)
        # Somebody with our secret can sign what PyJWT does not expect; it lets these errors through, or once did.
        except (jwt.InvalidTokenError, ValueError, TypeError, ArithmeticError, RecursionError) as error:
            raise AuthenticationError from error
