"""Decides whether a browser has logged in to an account before: by marks that are computed, not stored. No I/O.

A mark lets nobody in: a password is needed as ever. It gives a browser attempts of its own, which others cannot use up
as they can those of its address or its name.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

KEY_LABEL = b"p2p-chat device mark v1"
LIFE_DAYS = 180
"""From the last login on: each one renews the mark."""
SKEW_DAYS = 1
"""A clock that was set back does not refuse the marks that it has just dated."""
DAY_SECONDS = 86_400
MARK = re.compile(r"(?P<device>[0-9a-f]{16})\.(?P<day>[0-9]{1,6})\.(?P<account>[0-9a-f]{64})\.[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class DeviceMark:
    """What a mark says."""

    device_id: str
    """Made up when a browser first logs in to an account, and kept from then on."""
    issued_on: int
    """Days since the epoch."""
    account_tag: str
    """A MAC of the account with its password, so that a mark ends with either."""


class DeviceMarks:
    """Marks for the browsers in which a name has logged in. They outlive a restart of the server.

    A mark is `<device>.<day>.<account tag>.<MAC>`, by HMAC-SHA256 (RFC 2104); its key comes from the JWT secret, and
    serves nothing else. The MAC is also over the name, which is not in the mark: a browser keeps it after logging out.
    Marks of the other secrets are taken too.
    """

    def __init__(self, secret: bytes, *others: bytes) -> None:
        self._keys = [hmac.digest(each, KEY_LABEL, hashlib.sha256) for each in (secret, *others)]

    def issue(self, name: str, account_id: str, password_hash: str, device_id: str, now: float) -> str:
        """Make the mark of a browser in which someone has just logged in; `now` in Unix seconds."""
        key = self._keys[0]
        tag = _account_tag(key, account_id, password_hash)
        return _written(key, name, DeviceMark(device_id, int(now // DAY_SECONDS), tag))

    def read(self, text: str, name: str, now: float) -> DeviceMark | None:
        """Return what a mark says, if it is ours, for this name, and not too old; `is_for` has to be asked as well."""
        match = MARK.fullmatch(text)
        if match is None:
            return None
        mark = DeviceMark(match["device"], int(match["day"]), match["account"])
        # All of it is compared, so that there is one spelling of each.
        written = (_written(key, name, mark).encode() for key in self._keys)
        is_ours = any(hmac.compare_digest(text.encode(), each) for each in written)
        age = int(now // DAY_SECONDS) - mark.issued_on
        return mark if is_ours and -SKEW_DAYS <= age <= LIFE_DAYS else None

    def is_for(self, mark: DeviceMark, account_id: str, password_hash: str) -> bool:
        """Tell whether the account of a mark is this one, and has the password that it had."""
        tags = (_account_tag(key, account_id, password_hash) for key in self._keys)
        return any(hmac.compare_digest(mark.account_tag, tag) for tag in tags)


def _account_tag(key: bytes, account_id: str, password_hash: str) -> str:
    return _mac(key, "account", account_id, password_hash)


def _written(key: bytes, name: str, mark: DeviceMark) -> str:
    said = f"{mark.device_id}.{mark.issued_on}.{mark.account_tag}"
    return f"{said}.{_mac(key, 'mark', name, said)}"


def _mac(key: bytes, *parts: str) -> str:
    return hmac.digest(key, "\n".join(parts).encode(), hashlib.sha256).hex()
