"""Decides which peer a client may be again: proofs that are computed, not stored. No I/O."""

from __future__ import annotations

import base64
import hashlib
import hmac

KEY_LABEL = b"p2p-chat resume v1"


class ResumeTokens:
    """Proofs that an account was a peer. Nothing is stored, so they outlive a restart of the server.

    A token is `<peer id>.<MAC>`, by HMAC-SHA256 (RFC 2104); its key comes from the JWT secret, and serves nothing else.
    Those of the other secrets are taken too.
    """

    def __init__(self, secret: bytes, *others: bytes) -> None:
        self._keys = [hmac.digest(each, KEY_LABEL, hashlib.sha256) for each in (secret, *others)]

    def issue(self, peer_id: str, account_id: str) -> str:
        """Make the token by which an account can be this peer again."""
        return _written(self._keys[0], peer_id, account_id)

    def peer_id(self, token: str, account_id: str) -> str | None:
        """Return the peer that a token makes of an account; None if it is not for this account, or not ours."""
        peer_id = token.partition(".")[0]
        written = (_written(key, peer_id, account_id).encode() for key in self._keys)
        return peer_id if any(hmac.compare_digest(token.encode(), each) for each in written) else None


def _written(key: bytes, peer_id: str, account_id: str) -> str:
    mac = hmac.digest(key, f"{peer_id}\n{account_id}".encode(), hashlib.sha256)
    return f"{peer_id}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
