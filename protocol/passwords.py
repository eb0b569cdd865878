"""Decides which passwords an account may have, and which ways of typing are one: OpaqueString of RFC 8265 §4.2.

The page and the server check by the same rule; `signaling/accounts/passwords.py` has what is done with a hash.
"""

from __future__ import annotations

from enum import Enum, auto
from unicodedata import category, normalize

MIN_PASSWORD_CHARACTERS = 8
MAX_PASSWORD_BYTES = 72
"""bcrypt reads no more than 72 bytes; a longer password would be cut without a word."""
MAX_TYPED_PASSWORD = 512
"""Characters in any form: what is longer is too long composed, too, and the time that composing takes may grow with the
square of their number."""


def opaque_string(password: str) -> str:
    """Return the one form of a password that stands for all that look and are typed the same (RFC 8265 §4.2.2).

    By the keyboard, é is one character or two, and a space one of many. What the profile forbids beside that is taken:
    nobody but a hash reads a password, and emoji of several parts, or of a later Unicode than ours, would be among it.
    """
    return normalize("NFC", "".join(" " if category(character) == "Zs" else character for character in password))


class PasswordFault(Enum):
    """What can be wrong with a new password."""

    TOO_SHORT = auto()
    """It has fewer than `MIN_PASSWORD_CHARACTERS`."""
    TOO_LONG = auto()
    """It has more than `MAX_PASSWORD_BYTES`."""
    UNUSABLE = auto()
    """It has a character that bcrypt cannot take: of value zero, or half of a surrogate pair."""


def password_fault(password: str) -> PasswordFault | None:
    """Tell what is wrong with a new password, or None if nothing is; its form is that of `opaque_string`."""
    if len(password) > MAX_TYPED_PASSWORD:
        return PasswordFault.TOO_LONG
    password = opaque_string(password)
    if len(password) < MIN_PASSWORD_CHARACTERS:
        return PasswordFault.TOO_SHORT
    try:
        size = len(password.encode())
    except UnicodeEncodeError:
        return PasswordFault.UNUSABLE
    if "\0" in password:
        return PasswordFault.UNUSABLE
    return PasswordFault.TOO_LONG if size > MAX_PASSWORD_BYTES else None
