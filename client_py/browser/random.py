"""Chance by crypto.getRandomValues(), which a page has in every context, secure or not."""

from __future__ import annotations

import base64

import js


class BrowserRandom:
    """Implements `ports.Random`."""

    def random(self) -> float:
        """Return a number from 0 (included) to 1 (excluded)."""
        # 53 bits, since that is what a float holds.
        return (int.from_bytes(_random_bytes(7), "big") >> 3) / 2**53

    def token(self) -> str:
        """Return 128 random bits as 22 characters of base64url."""
        return base64.urlsafe_b64encode(_random_bytes(16)).decode().rstrip("=")


def _random_bytes(count: int) -> bytes:
    array = js.Uint8Array.new(count)
    js.crypto.getRandomValues(array)
    return bytes(array.to_py())
