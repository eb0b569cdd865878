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
        keys = (hmac.digest(each, KEY_LABEL, hashlib.sha256) for each in (secret, *others))
        # Copied for each token: to begin one takes OpenSSL longer than all that follows.
        self._begun = [hmac.new(key, digestmod=hashlib.sha256) for key in keys]

    def issue(self, peer_id: str, account_id: str) -> str:
        """Make the token by which an account can be this peer again."""
        return _written(self._begun[0], peer_id, account_id)

    def peer_id(self, token: str, account_id: str) -> str | None:
        """Return the peer that a token makes of an account; None if it is not for this account, or not ours."""
        peer_id = token.partition(".")[0]
        written = (_written(each, peer_id, account_id).encode() for each in self._begun)
        return peer_id if any(hmac.compare_digest(token.encode(), each) for each in written) else None


def _written(begun: hmac.HMAC, peer_id: str, account_id: str) -> str:
    mac = begun.copy()
    mac.update(f"{peer_id}\n{account_id}".encode())
    return f"{peer_id}.{base64.urlsafe_b64encode(mac.digest()).rstrip(b'=').decode()}"
