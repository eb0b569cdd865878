"""The kinds of values that messages are made of: each a type, with the bounds that both ends check.

A bound is the one of the final consumer of the value, a browser or a database, and never wider.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any


@dataclass(frozen=True, slots=True)
class Text:
    """A bound on a string: its length in UTF-8 bytes, and the regular expression that it matches from end to end."""

    max_bytes: int
    pattern: str | None = None

    def admits(self, text: str) -> bool:
        """Tell whether a string keeps the bound; lone surrogates are in no string that does."""
        try:
            size = len(text.encode())
        except UnicodeEncodeError:
            return False
        return size <= self.max_bytes and (self.pattern is None or re.fullmatch(self.pattern, text) is not None)

    def __str__(self) -> str:
        return f"at most {self.max_bytes} bytes" + (f", matching `{self.pattern}`" if self.pattern else "")


@dataclass(frozen=True, slots=True)
class Range:
    """A bound on a number, both ends included."""

    least: float
    most: float

    def admits(self, number: float) -> bool:
        """Tell whether a number keeps the bound (no comparison holds for NaN, so it does not)."""
        return self.least <= number <= self.most

    def __str__(self) -> str:
        return f"{self.least} to {self.most}"


@dataclass(frozen=True, slots=True)
class Items:
    """A bound on a list: how many items it has, both ends included."""

    least: int
    most: int

    def admits(self, items: tuple[Any, ...]) -> bool:
        """Tell whether a list keeps the bound."""
        return self.least <= len(items) <= self.most

    def __str__(self) -> str:
        return f"a list of {self.least} to {self.most}"


ROOM_NAME = Text(64, r"[A-Za-z0-9_-]{1,64}")
_NAME = r"[A-Za-z0-9_.\-\u00b7-\u061b\u061d-\u1fff\u2c00-\ud7ff\uf900-\ufaff\U00010000-\U0003ffff]{2,32}"
ACCOUNT_USERNAME = Text(128, _NAME)
"""What every account's name holds to, and will in every Unicode to come: 32 characters of four bytes at most, without
spaces, the signs of ASCII, and what changes the direction of text. `usernames` says which of them are given out."""
GUEST_MARK = "~"
"""Stands before the suffix of a guest's name, and in no account's name."""
GUEST_SUFFIX_CHARACTERS, GUEST_SUFFIX_LENGTH = "23456789bcdfghjkmnpqrstvwxz", 6
"""Without vowels, so that no suffix is a word, and without characters that look alike: some 387 million suffixes."""
USERNAME = Text(135, rf"{_NAME}({GUEST_MARK}[2-9b-df-hjkmnp-tv-xz]{{{GUEST_SUFFIX_LENGTH}}})?")
"""What the name of anyone in a room holds to: an account's, or a guest's, which has a suffix."""
PEER_ID = Text(64, r"[A-Za-z0-9_-]{16,64}")

RoomName = Annotated[str, ROOM_NAME]
Username = Annotated[str, USERNAME]
PeerId = Annotated[str, PEER_ID]
AccessToken = Annotated[str, Text(4_096, r"[A-Za-z0-9_.-]+")]
"""A JWT: what a browser takes as a subprotocol (RFC 7230 §3.2.6), since it goes there."""
ResumeToken = Annotated[str, Text(256, r"[A-Za-z0-9_.-]+")]
LoginId = Annotated[str, Text(32, r"[0-9a-f]{32}")]
InvitationId = Annotated[str, Text(32, r"[0-9a-f]{32}")]
InvitationToken = Annotated[str, Text(22, r"[A-Za-z0-9_-]{22}")]
"""Anyone who has it can come as a guest: 128 random bits, in base64url without padding."""
DeviceLabel = Annotated[str, Text(64)]
"""What a person knows one of their devices by; no more than fits into a line of a list."""
Sdp = Annotated[str, Text(32_768)]
"""One session description; a data channel alone needs about 1 KiB, three media about 10."""
CandidateLine = Annotated[str, Text(2_048)]
SdpMid = Annotated[str, Text(64)]
UsernameFragment = Annotated[str, Text(256)]
"""RFC 8839 §5.4: an ice-ufrag has 4 to 256 characters."""
MLineIndex = Annotated[int, Range(0, 65_535)]
"""An unsigned short in RTCIceCandidateInit."""
IceUrl = Annotated[str, Text(512)]
Credential = Annotated[str, Text(512)]
Code = Annotated[str, Text(64, r"[a-z][a-z_]*")]
"""One of `codes.ErrorCode`, or one of a later release: what comes over the wire is text, and may be unknown."""
Sentence = Annotated[str, Text(512)]
"""One sentence for a person."""
Seconds = Annotated[float, Range(0, 86_400)]
"""Fits a timer of a browser, which takes 31 bits of milliseconds."""
Count = Annotated[int, Range(0, 2**31)]
UnixTime = Annotated[int, Range(0, 253_402_300_799)]
"""Seconds since the epoch, up to the end of the year 9999."""
